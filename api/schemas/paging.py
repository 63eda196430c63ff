"""Lists: a page, and where the next one begins."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

ItemT = TypeVar("ItemT")

Limit = Annotated[int, QueryParameter(ge=1, le=100, description="Most items on the page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        description="`next_cursor` of the page before.",
        required=False,
    ),
]


class Page(msgspec.Struct, Generic[ItemT], frozen=True):
    """A page of a list, newest first."""

    items: list[ItemT]
    next_cursor: str | UnsetType = UNSET
    """Ask for the next page with this; absent on the last page."""


def cut_page(found: Sequence[ItemT], limit: int, ids: Sequence[str]) -> Page[ItemT]:
    """Make a page of what was found.

    Args:
        found: Up to one item more than fits, which shows that there is a next page.
        limit: Most items on a page.
        ids: The ID of each item found.
    """
    if len(found) <= limit:
        return Page(list(found))
    return Page(list(found[:limit]), next_cursor=ids[limit - 1])
