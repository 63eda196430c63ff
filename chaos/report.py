"""Shows rows as a table: on the terminal, and in docs/faults.md, where each run has its part."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from chaos.outcome import Line

PAGE = Path(__file__).parent.parent / "docs" / "faults.md"
_KEPT = {True: "yes", False: "NO", None: ""}
_STYLE = {True: "green", False: "bold red", None: ""}


def terminal_table(title: str, lines: Sequence[Line]) -> Table:
    """Make the one table that is printed."""
    table = Table("what", "found", "as promised", title=title)
    table.columns[1].justify = "right"
    for line in lines:
        style = "dim" if line.detail else _STYLE[line.kept]
        table.add_row("  " * line.detail + line.name, line.value, _KEPT[line.kept], style=style)
    return table


def write_part(part: str, command: str, lines: Sequence[Line], machine: Mapping[str, str]) -> None:
    """Put a run's table into the page, in place of the last one of its kind.

    Args:
        part: Which marks of the page it goes between.
        command: What was run.
        lines: Its table.
        machine: What it was run on.
    """
    begin, end = f"<!-- {part}: begin -->\n", f"<!-- {part}: end -->\n"
    page = PAGE.read_text(encoding="utf-8")
    above, rest = page.split(begin)
    below = rest.split(end)[1]
    on = ", ".join(f"{name}: {value}" for name, value in machine.items())
    written = (
        f"\n`{command}`, on {datetime.now(UTC):%Y-%m-%d} ({on}):\n\n{_markdown_table(lines)}\n\n"
    )
    PAGE.write_text(f"{above}{begin}{written}{end}{below}", encoding="utf-8")


def _markdown_table(lines: Sequence[Line]) -> str:
    rows = [("what", "found", "as promised"), ("---", "---:", "---")]
    rows += [("· " * line.detail + line.name, line.value, _KEPT[line.kept]) for line in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
