"""The table of a run: on the terminal, as JSON, and in docs/faults.md."""

import argparse
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from chaos.outcome import Line

PAGE = Path(__file__).parent.parent / "docs" / "faults.md"
_KEPT = {True: "yes", False: "NO", None: ""}
_STYLE = {True: "green", False: "bold red", None: ""}
_COLUMNS = 120


class Report(msgspec.Struct, frozen=True):
    """The table of a run.

    Attributes:
        part: The part of docs/faults.md that the table belongs to.
        title: Title of the table.
        command: The command that ran.
        lines: The rows.
        machine: A description of the machine.
    """

    part: str
    title: str
    command: str
    lines: Sequence[Line]
    machine: Mapping[str, str]

    def show(self, console: Console, options: argparse.Namespace, run: object) -> None:
        """Print the table, and write it where the options of :func:`report_parser` ask for it."""
        console.print(self._terminal_table())
        if options.json:
            found = msgspec.json.format(msgspec.json.encode(run), indent=2)
            options.json.write_bytes(found + b"\n")
        if options.write:
            self._write_part()

    def _terminal_table(self) -> Table:
        table = Table("what", "found", "as promised", title=self.title)
        table.columns[1].justify = "right"
        for line in self.lines:
            style = "dim" if line.detail else _STYLE[line.kept]
            table.add_row("  " * line.detail + line.name, line.value, _KEPT[line.kept], style=style)
        return table

    def _write_part(self) -> None:
        """Replace the part's table in the page."""
        begin, end = f"<!-- {self.part}: begin -->\n", f"<!-- {self.part}: end -->\n"
        page = PAGE.read_text(encoding="utf-8")
        above, rest = page.split(begin)
        below = rest.split(end)[1]
        on = ", ".join(f"{name}: {value}" for name, value in self.machine.items())
        ran = f"`{self.command}`, on {datetime.now(UTC):%Y-%m-%d} ({on}):"
        written = f"\n{ran}\n\n{self._markdown_table()}\n\n"
        PAGE.write_text(f"{above}{begin}{written}{end}{below}", encoding="utf-8")

    def _markdown_table(self) -> str:
        rows = [("what", "found", "as promised"), ("---", "---:", "---")]
        rows += [
            ("· " * line.detail + line.name, line.value, _KEPT[line.kept]) for line in self.lines
        ]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def open_console() -> Console:
    """Make a console; without a terminal, one that is wide enough for the table."""
    return Console(width=None if Console().is_terminal else _COLUMNS)


def report_parser(program: str, description: str | None) -> argparse.ArgumentParser:
    """Make a parser with the options that :meth:`Report.show` reads."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything to a file")
    parser.add_argument("--write", action="store_true", help="write the table to docs/faults.md")
    return parser
