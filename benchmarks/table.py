"""The tables of all sections: for the terminal, as Markdown, as JSON."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec
from rich.table import Table

from benchmarks.rows import Row, Section

Columns = Mapping[str, Callable[[Row], str]]
"""What each column shows of a row, by its heading."""

_TEXTS = {"what", "target", "met", "the limit is"}
_OF = {"ratio": "", "peer_ratio": " of the peer"}
_MET = {True: "yes", False: "NO", None: ""}
_STYLE = {True: "green", False: "bold red", None: ""}


def _name(row: Row) -> str:
    return ("· " if row.detail else "") + row.name


def _measured(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def _ratio(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if value >= 10 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def _target(row: Row) -> str:
    if row.target is None:
        return ""
    sign = "≤" if row.target.at_most else "≥"
    of = f" {row.unit}" if row.target.of == "figure" else _OF[row.target.of]
    return f"{sign} {row.target.bound:g}{of}"


BESIDE_LIMITS: Columns = {
    "what": _name,
    "figure": lambda row: _measured(row.figure, row.unit),
    "limit": lambda row: _measured(row.limit, row.unit),
    "ratio": lambda row: _ratio(row.ratio),
    "target": _target,
    "met": lambda row: _MET[row.met],
    "the limit is": lambda row: row.limit_name,
}
IN_SHORT: Columns = {
    "what": _name,
    "limit": BESIDE_LIMITS["limit"],
    "peer": lambda row: _measured(row.peer, row.unit),
    "ours": BESIDE_LIMITS["figure"],
    "ours ÷ peer": lambda row: _ratio(row.peer_ratio),
}
BESIDE_PEER: Columns = {
    **IN_SHORT,
    "ours ÷ limit": BESIDE_LIMITS["ratio"],
    **{heading: BESIDE_LIMITS[heading] for heading in ("target", "met", "the limit is")},
}


def split_sections(sections: Sequence[Section]) -> tuple[list[Section], list[Section]]:
    """Split sections into those that compare with the peer, and the others."""
    compared = [one for one in sections if any(row.peer is not None for row in one.rows)]
    return compared, [one for one in sections if one not in compared]


def terminal_table(sections: Sequence[Section], columns: Columns) -> Table:
    """Make a table for the terminal."""
    table = Table(title="Minilab, measured on this machine")
    for heading in columns:
        table.add_column(heading, justify="left" if heading in _TEXTS else "right")
    for section in sections:
        table.add_section()
        table.add_row(f"[bold]{section.title}[/bold]")
        for row in section.rows:
            cells = [cell(row) for cell in columns.values()]
            table.add_row(*cells, style=_STYLE[row.met] or ("dim" if row.detail else ""))
    return table


def markdown_table(sections: Sequence[Section], columns: Columns) -> str:
    """Format a table as Markdown; a single section goes without its title."""
    lines = [list(columns), ["---" if heading in _TEXTS else "---:" for heading in columns]]
    for section in sections:
        if len(sections) > 1:
            day = f" ({section.measured_on})" if section.measured_on else ""
            lines.append([f"**{section.title}**{day}", *("" for _ in range(len(columns) - 1))])
        lines += [[cell(row) for cell in columns.values()] for row in section.rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def plain(lines: Mapping[str, Section], machine: Mapping[str, str]) -> dict[str, Any]:
    """Convert everything to values for JSON, ratios included.

    Args:
        lines: The sections by the name of their line.
        machine: A description of the machine.
    """
    found = [
        msgspec.to_builtins(section)
        | {"line": name, "rows": [_plain_row(row) for row in section.rows]}
        for name, section in lines.items()
    ]
    return {"machine": machine, "sections": found}


def _plain_row(row: Row) -> dict[str, Any]:
    computed = {"ratio": row.ratio, "peer_ratio": row.peer_ratio, "met": row.met}
    values: dict[str, Any] = msgspec.to_builtins(row)
    return values | computed


def missed(sections: Sequence[Section]) -> list[Row]:
    """List the rows that miss their targets."""
    rows = chain.from_iterable(section.rows for section in sections)
    return [row for row in rows if row.met is False]
