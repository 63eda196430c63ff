"""Parts that schemas share: views of records, and pages of lists with their parameters."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter
from msgspec import UNSET, UnsetType

from api.http.parameters import EXAMPLE_ID, example
from domain.tenants import split_owner

ItemT = TypeVar("ItemT")
ViewT = TypeVar("ViewT", bound=msgspec.Struct)

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""The pattern of an ID, without its ends."""

Limit = Annotated[
    int,
    QueryParameter(
        ge=1,
        le=100,
        description="Maximum number of items of a page: 1 to 100, 20 by default.",
        examples=example(50),
    ),
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        pattern=rf"^{UUID}\Z",
        description="`next_cursor` of the previous page; without it, the first page.",
        required=False,
        examples=example(EXAMPLE_ID),
    ),
]


MAX_COUNTED = 10_000
"""Objects that are counted for a total."""


def owner_fields(owner: str) -> dict[str, Any]:
    """Return the fields that show a user: ``user_id``, and ``tenant`` if there is one."""
    tenant, user_id = split_owner(owner)
    return {"user_id": user_id, "tenant": UNSET if tenant is None else tenant}


def view_of(kind: type[ViewT], record: object, **fields: Any) -> ViewT:
    """Copy fields of the same name from a record to its view; the given fields differ."""
    for name in kind.__struct_fields__:
        if name not in fields:
            fields[name] = getattr(record, name)
    return kind(**fields)


class Page(msgspec.Struct, Generic[ItemT], frozen=True):
    """A page of a list, newest first."""

    items: list[ItemT]
    next_cursor: str | UnsetType = UNSET
    """Pass this as `cursor` to get the next page; absent on the last page."""


class CountedPage(Page[ItemT], frozen=True, kw_only=True):
    """A page of a list, newest first, and how long the list is."""

    total: int | UnsetType = UNSET
    """Number of all objects of the list; absent if there are more than 10,000."""


def count_page(page: Page[ItemT], total: int) -> CountedPage[ItemT]:
    """Add the length of the list to a page, if it was counted to the end."""
    counted = UNSET if total > MAX_COUNTED else total
    return CountedPage(page.items, page.next_cursor, total=counted)


def cut_page(found: Sequence[ItemT], limit: int, ids: Sequence[str]) -> Page[ItemT]:
    """Make a page of items, which are one more than the limit if there is a next page."""
    if len(found) <= limit:
        return Page(list(found))
    return Page(list(found[:limit]), next_cursor=ids[limit - 1])
