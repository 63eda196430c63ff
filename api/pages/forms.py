"""Forms of pages: read into the bodies of the API's use cases."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from api.http.bodies import UNUSABLE
from domain.errors.requests import InvalidValue

Form = dict[str, str | list[str]]

BodyT = TypeVar("BodyT", bound=msgspec.Struct)


def read_form(kind: type[BodyT], form: Mapping[str, Any]) -> BodyT:
    """Convert a form; fields that were left empty count as not sent.

    Raises:
        InvalidValue: A field does not fit its type.
    """
    sent = {name: value for name, value in form.items() if value}
    try:
        return msgspec.convert(sent, kind, strict=False)
    except UNUSABLE as error:
        raise InvalidValue(str(error)) from None


def as_list(value: str | list[str] | None) -> list[str] | None:
    """Return the chosen values of a field that can be chosen several times; None without any."""
    if not value:
        return None
    return [value] if isinstance(value, str) else value
