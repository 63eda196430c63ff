"""Schemas of marks: what clients attach to jobs and images."""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from api.http.bodies import JsonBody, Rules
from domain.marks import (
    MAX_ATTRIBUTES,
    MAX_EXTERNAL_ID_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_VALUE_CHARS,
    Marks,
    MarksChange,
    change_marks,
    read_marks,
)

ExternalIdText = Annotated[str, msgspec.Meta(max_length=MAX_EXTERNAL_ID_CHARS)]
TagText = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_TAG_CHARS)]
TagList = Annotated[list[TagText], msgspec.Meta(max_length=MAX_TAGS)]
ValueText = Annotated[str, msgspec.Meta(max_length=MAX_VALUE_CHARS)]
Attributes = Annotated[dict[str, ValueText], msgspec.Meta(max_length=MAX_ATTRIBUTES)]


class MarkChanges(JsonBody, frozen=True, omit_defaults=True):
    """Changes of external ID, tags and attributes. Omitted fields stay as they are."""

    external_id: ExternalIdText | UnsetType = UNSET
    """ID in your own system; an empty string removes it."""
    tags: TagList | UnsetType = UNSET
    """Replaces all tags; an empty list removes them."""
    add_tags: TagList | UnsetType = UNSET
    """Tags to add, after `tags` is applied."""
    remove_tags: TagList | UnsetType = UNSET
    """Tags to remove, after `add_tags` is applied."""
    attributes: Attributes | UnsetType = UNSET
    """Attributes to set, by key; an empty string removes a key, and other keys stay."""

    def check(self, rules: Rules) -> None:
        """Check the values; how many there would be is known with the marks that they change.

        Raises:
            InvalidValue: Values are not well formed, or there are too many.
        """
        change_marks(Marks(), read_changes(self))


def read_changes(changes: MarkChanges) -> MarksChange:
    """Convert changes."""
    return msgspec.convert(msgspec.to_builtins(changes), MarksChange)


def mark_fields(stored: Iterable[str]) -> dict[str, Any]:
    """Return the fields that show marks as they are stored."""
    marks = read_marks(stored)
    return {
        "external_id": marks.external_id,
        "tags": list(marks.tags),
        "attributes": marks.attributes,
    }
