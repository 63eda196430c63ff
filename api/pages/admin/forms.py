"""Forms of the admin pages: read into the bodies of the API's use cases."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from api.access.create_once import RequestKey
from api.http.bodies import UNUSABLE
from api.state import ApiRequest
from domain.errors.requests import InvalidValue

PAGE_ITEMS = 20
MB = 1_000_000
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


def with_api_fields(form: Form, size: str) -> dict[str, Any]:
    """Replace a size in MB (``max_mb``) and a local time (``until``) by the fields of the API.

    Args:
        form: The form.
        size: Name of the field of the size.
    """
    fields: dict[str, Any] = dict(form)
    fields[size] = as_bytes(fields.pop("max_mb", ""))
    if until := as_utc(fields.pop("until", "")):
        fields |= {"expires_in": "", "expires_at": until}
    return fields


def as_bytes(megabytes: str) -> str:
    """Return a number of bytes for one of megabytes; what is no number stays, and is refused."""
    return str(int(megabytes) * MB) if megabytes.isdecimal() else megabytes


def as_utc(local: str) -> str:
    """Complete the time of a ``datetime-local`` field, which has no zone; forms say it is UTC."""
    return f"{local}Z" if local else ""


def source_of(request: ApiRequest) -> RequestKey:
    """Return the source of a request that creates something anew each time that it is sent."""
    return RequestKey(request.user, request.scope["path"], "", None)
