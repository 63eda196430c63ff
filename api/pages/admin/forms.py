"""Forms of the admin pages: their fields as those of the API."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from api.access.create_once import RequestKey
from api.pages.forms import Form, read_form
from api.schemas.upload_links import MAX_COUNT
from api.state import ApiRequest

PAGE_ITEMS = 20
MB = 1_000_000


class PlainFields(msgspec.Struct, frozen=True):
    """Fields that forms have in other units than the API."""

    max_mb: Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT // MB)] | None = None
    until: str = ""


def with_api_fields(form: Form, size: str, page: str) -> dict[str, Any]:
    """Replace a size in MB (``max_mb``) and a local time (``until``) by the fields of the API.

    Args:
        form: The form.
        size: Name of the field of the size.
        page: The texts of the page.

    Raises:
        InvalidValue: The size is no number, too large, or was sent twice as the time may be.
    """
    fields: dict[str, Any] = dict(form)
    plain = {name: fields.pop(name, "") for name in PlainFields.__struct_fields__}
    read = read_form(PlainFields, plain, page)
    if read.max_mb is not None:
        fields[size] = read.max_mb * MB
    if read.until:
        fields |= {"expires_in": "", "expires_at": as_utc(read.until)}
    return fields


def as_utc(local: str) -> str:
    """Complete the time of a ``datetime-local`` field; what is no time stays, and is refused.

    It has no zone, and forms say that it is UTC. Browsers leave seconds out that are 0.
    """
    try:
        return datetime.fromisoformat(local).replace(tzinfo=UTC).isoformat()
    except ValueError:
        return local


def source_of(request: ApiRequest) -> RequestKey:
    """Return the source of a request that creates something anew each time that it is sent."""
    return RequestKey(request.user, request.scope["path"], "", None)
