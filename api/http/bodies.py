"""JSON bodies: what their values must be, beyond the types of their fields."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from domain.addresses import TargetRules
from domain.errors.faults import without_name
from domain.errors.requests import InvalidValue

UNUSABLE = (msgspec.ValidationError, ValueError, TypeError, OverflowError)
"""What a conversion raises for a value that does not fit a type."""

BodyT = TypeVar("BodyT", bound=msgspec.Struct)


class Rules(msgspec.Struct, frozen=True):
    """What the values of a body are compared with.

    Attributes:
        now: UTC.
        targets: The receivers of webhooks that the settings allow.
        unusable: Fields that are absent or do not fit their types, if the body is refused anyway.
            Those have their defaults; a required one is None.
    """

    now: datetime
    targets: TargetRules = TargetRules()
    unusable: frozenset[str] = frozenset()


class JsonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The JSON body of a request."""

    def check(self, rules: Rules) -> None:
        """Check the values, and how they go together.

        Use cases call it for a body that fits its type, the refusal for the rest of one that does
        not: so a client learns of everything at once.

        Raises:
            InvalidValue: Values cannot be used; it names all of them.
        """


def find_broken_rules(
    sent: object, kind: object, now: datetime, targets: TargetRules
) -> dict[str, str]:
    """Find what is wrong with the fields of a body that fit their types, by their names."""
    if not isinstance(sent, dict) or not isinstance(kind, type) or not issubclass(kind, JsonBody):
        return {}
    body, unusable = keep_usable(sent, kind)
    try:
        body.check(Rules(now, targets, unusable))
    except InvalidValue as error:
        return {
            name: without_name(name, detail)
            for name, detail in error.faults.items()
            if name.partition("/")[0] not in unusable
        }
    return {}


def keep_usable(sent: Mapping[str, Any], kind: type[BodyT]) -> tuple[BodyT, frozenset[str]]:
    """Build a body of those fields that fit their types; also return the names of the others.

    A required field without a usable value is None.
    """
    values: dict[str, Any] = {}
    unusable = set()
    for field in msgspec.structs.fields(kind):
        if field.required:
            values[field.name] = None
        if field.encode_name in sent:
            try:
                values[field.name] = msgspec.convert(
                    sent[field.encode_name], field.type, strict=False, str_keys=True
                )
            except UNUSABLE:
                unusable.add(field.encode_name)
        elif field.required:
            unusable.add(field.encode_name)
    return kind(**values), frozenset(unusable)
