"""The results of the programs that try clients, as a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

COLUMNS = ("compiles", "uploads", "polls", "fetches", "unknown", "follows", "problems")
TITLES = (
    *("client", "compiles", "uploads", "polls", "downloads"),
    *("unknown enum", "events", "problems"),
)


class MissingToolError(Exception):
    """A compiler is not on this machine."""


@dataclass
class Shown:
    """One client: for each column a word such as ``yes``; nothing means that it was not tried."""

    client: str
    cells: dict[str, str] = field(default_factory=dict)
    failure: str = ""

    def __post_init__(self) -> None:
        """Refuse cells without a column."""
        if unknown := self.cells.keys() - set(COLUMNS):
            raise ValueError(f"there is no column {', '.join(sorted(unknown))}")


def said(output: str) -> dict[str, str]:
    """Read what a program says to work: a word of the columns on each line."""
    return {line: "yes" for line in output.split() if line in COLUMNS}


def table(rows: Iterable[Shown]) -> str:
    """Draw a table in Markdown."""
    lines: list[Sequence[str]] = [TITLES]
    lines += [(row.client, *(row.cells.get(name, "–") for name in COLUMNS)) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(TITLES))]
    padded = [
        [cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines
    ]
    drawn = [f"| {' | '.join(line)} |" for line in padded]
    drawn.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(drawn)
