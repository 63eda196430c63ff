"""Shows lists: as many entries as are wanted, or all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple

from cli.rendering import table, text
from cli.session import Document, Session

PAGE_ITEMS = 100


class Column(NamedTuple):
    """A column of a list.

    Attributes:
        heading: Its heading.
        value: The value of an entry, for people.
        is_whole: Whether values are never wrapped, such as IDs, so that people can copy them.
        is_number: Whether values are aligned to the right.
    """

    heading: str
    value: Callable[[Any], object]
    is_whole: bool = False
    is_number: bool = False


def show_list(
    session: Session,
    iterate: Callable[..., Iterable[Document]],
    columns: Sequence[Column],
    *,
    most: int | None,
) -> None:
    """Print a list: a JSON document with all entries, or a table for people.

    Args:
        session: The session.
        iterate: Yields the entries page by page; takes the size of a page as `limit`.
        columns: What a table shows of them.
        most: Number of entries to show; None: all.
    """
    # One more tells whether there are more.
    wanted = None if most is None else most + 1
    found = list(islice(iterate(limit=min(PAGE_ITEMS, wanted or PAGE_ITEMS)), wanted))
    has_more = most is not None and len(found) > most
    found = found[:most]
    if session.json_wanted:
        items = [item.to_dict() for item in found]
        session.print_json({"items": items, "has_more": has_more})
        return
    if not found:
        session.note("There are none.")
        return
    session.print(tabulate(found, columns))
    if has_more:
        session.note(f"There are more than these {len(found)}: use --limit or --all.")


def tabulate(entries: Sequence[object], columns: Sequence[Column]) -> Any:
    """Make a table with a row for each entry."""
    rows = table(
        *(column.heading for column in columns),
        whole=[column.heading for column in columns if column.is_whole],
        right=[column.heading for column in columns if column.is_number],
    )
    for entry in entries:
        rows.add_row(*(text(column.value(entry)) for column in columns))
    return rows
