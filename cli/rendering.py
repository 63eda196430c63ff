"""How commands write numbers, times and tables for people."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.bar import Bar
from rich.console import RenderableType
from rich.filesize import decimal
from rich.table import Table
from rich.text import Text

STATUS_COLOURS = {
    "succeeded": "green",
    "partial": "yellow",
    "failed": "red",
    "canceled": "magenta",
    "ok": "green",
    "ready": "green",
    "degraded": "yellow",
    "down": "red",
    "not_ready": "red",
}
NOTHING = "–"
_CHART_COLUMNS = 40


def table(*headings: str, whole: Iterable[str] = (), right: Iterable[str] = ()) -> Table:
    """Begin a table.

    Args:
        headings: Of its columns.
        whole: Columns whose values are never broken: IDs, which people copy.
        right: Columns of numbers, which are not broken either, and set to the right.
    """
    made = Table(box=None, pad_edge=False, header_style="bold")
    numbers = set(right)
    unbroken = numbers.union(whole)
    for heading in headings:
        made.add_column(
            heading,
            justify="right" if heading in numbers else "left",
            overflow="fold",
            no_wrap=heading in unbroken,
        )
    return made


def facts(rows: Iterable[tuple[str, object]]) -> Text:
    """Write names and values, a line each; values stay on one line, to be copied.

    Args:
        rows: Name and value; a value that is already drawn keeps its colours.
    """
    pairs = [(name, value if isinstance(value, Text) else text(value)) for name, value in rows]
    width = max(len(name) for name, _ in pairs)
    lines = [Text.assemble((f"{name:<{width}}  ", "bold"), value) for name, value in pairs]
    return Text("\n").join(lines)


def status(name: str) -> Text:
    """Write a status in its colour."""
    return Text(name, style=STATUS_COLOURS.get(name, "cyan"))


def text(value: object) -> Text:
    """Write a value as it is; nothing as a dash."""
    return Text(NOTHING if value is None else str(value))


def size(byte_count: int) -> str:
    """Write a number of bytes, as in `1.2 MB`."""
    return decimal(byte_count)


def when(time: datetime | None) -> str:
    """Write a time, in the zone of this machine."""
    return NOTHING if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def chart(heading: str, rows: Sequence[tuple[str, int]]) -> RenderableType:
    """Draw a bar for each of some numbers.

    Args:
        heading: What they are.
        rows: Label and number, from top to bottom; numbers of 0 or more.
    """
    drawn = Table(box=None, pad_edge=False, title=heading, title_justify="left", title_style="bold")
    for column in ("label", "bar", "number"):
        drawn.add_column(column, justify="right" if column == "number" else "left", no_wrap=True)
    drawn.show_header = False
    most = max((number for _, number in rows), default=0) or 1
    for label, number in rows:
        bar = Bar(most, 0, number, width=_CHART_COLUMNS, color="cyan")
        drawn.add_row(Text(label), bar, f"{number:,}")
    return drawn
