"""The table of all sections: for the terminal, as Markdown, as JSON."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
from rich.table import Table

from benchmarks.rows import Row, Section

HEADINGS = ("what", "figure", "limit", "ratio", "target", "met", "the limit is")
_MET = {True: "yes", False: "NO", None: ""}
_STYLE = {True: "green", False: "bold red", None: ""}


def cells_of(row: Row) -> tuple[str, ...]:
    """Format the cells of a row, in the order of :data:`HEADINGS`."""
    target = ""
    if row.target is not None:
        sign = "≤" if row.target.at_most else "≥"
        target = f"{sign} {row.target.bound:g}"
        target += f" {row.unit}" if row.target.of == "figure" else ""
    return (
        ("· " if row.detail else "") + row.name,
        f"{_number(row.figure)} {row.unit}",
        f"{_number(row.limit)} {row.unit}" if row.limit is not None else "",
        _ratio(row.ratio),
        target,
        _MET[row.met],
        row.limit_name,
    )


def terminal_table(sections: Sequence[Section]) -> Table:
    """Make the table for the terminal."""
    table = Table(*HEADINGS, title="Minilab, measured beside its limits")
    for column in table.columns[1:4]:
        column.justify = "right"
    for section in sections:
        table.add_section()
        table.add_row(f"[bold]{section.title}[/bold]")
        for row in section.rows:
            table.add_row(*cells_of(row), style=_STYLE[row.met] or ("dim" if row.detail else ""))
    return table


def markdown_table(sections: Sequence[Section]) -> str:
    """Format the table as Markdown."""
    lines: list[tuple[str, ...]] = [HEADINGS, ("---", "---:", "---:", "---:", "---", "---", "---")]
    blank = ("",) * (len(HEADINGS) - 1)
    for section in sections:
        lines.append((f"**{section.title}**", *blank))
        lines += [cells_of(row) for row in section.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plain(sections: Sequence[Section], machine: dict[str, str]) -> dict[str, Any]:
    """Convert everything to values for JSON, ratios included."""
    found = [
        msgspec.to_builtins(section)
        | {
            "rows": [
                msgspec.to_builtins(row) | {"ratio": row.ratio, "met": row.met}
                for row in section.rows
            ]
        }
        for section in sections
    ]
    return {"machine": machine, "sections": found}


def missed(sections: Sequence[Section]) -> list[Row]:
    """List the rows that miss their targets."""
    rows = chain.from_iterable(section.rows for section in sections)
    return [row for row in rows if row.met is False]


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
