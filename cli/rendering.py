"""Tables, numbers, times and charts for people."""

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
_RANGE = 16


def table(*headings: str, whole: Iterable[str] = (), right: Iterable[str] = ()) -> Table:
    """Make an empty table.

    Args:
        headings: Headings of the columns.
        whole: Columns whose values are never wrapped, such as IDs, so that people can copy them.
        right: Columns of numbers, aligned to the right and never wrapped.
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
    """Write names and values, one pair a line, so that people can copy the values."""
    pairs = [(name, text(value)) for name, value in rows]
    width = max(len(name) for name, _ in pairs)
    lines = [Text.assemble((f"{name:<{width}}  ", "bold"), value) for name, value in pairs]
    return Text("\n").join(lines)


def status(name: str) -> Text:
    """Style a status with its colour."""
    return Text(name, style=STATUS_COLOURS.get(name, "cyan"))


def text(value: object) -> Text:
    """Write a value as it is, and None as a dash."""
    if isinstance(value, Text):
        return value
    return Text(NOTHING if value is None else str(value))


def count(number: int, noun: str) -> str:
    """Write a number of things: `1 picture`, `3 pictures`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def size(number: int | None) -> str:
    """Write a number of bytes with a decimal unit, as in `12.3 MB`."""
    return NOTHING if number is None else decimal(number)


def day(time: datetime | None) -> str:
    """Write a time in the time zone of this machine, to the minute."""
    return NOTHING if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M")


def when(time: datetime | None) -> str:
    """Write a time in the time zone of this machine."""
    return NOTHING if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def histogram_chart(heading: str, bins: Sequence[float]) -> RenderableType:
    """Draw a histogram of 256 gray levels as a bar chart of 16 ranges, in thousandths of all."""
    most = sum(bins) or 1
    rows = [
        (
            f"{first:3}–{first + _RANGE - 1:3}",
            round(1000 * sum(bins[first : first + _RANGE]) / most),
        )
        for first in range(0, len(bins), _RANGE)
    ]
    return chart(f"{heading}: gray levels, ‰", rows)


def chart(heading: str, rows: Sequence[tuple[str, int]]) -> RenderableType:
    """Draw a bar chart: a label and a number for each bar, at least 0."""
    drawn = Table(box=None, pad_edge=False, title=heading, title_justify="left", title_style="bold")
    for column in ("label", "bar", "number"):
        drawn.add_column(column, justify="right" if column == "number" else "left", no_wrap=True)
    drawn.show_header = False
    most = max((number for _, number in rows), default=0) or 1
    for label, number in rows:
        bar = Bar(most, 0, number, width=_CHART_COLUMNS, color="cyan")
        drawn.add_row(Text(label), bar, f"{number:,}")
    return drawn
