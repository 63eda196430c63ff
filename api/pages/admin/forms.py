"""Forms of the admin pages: their fields as those of the API."""

from datetime import UTC, datetime
from typing import Any

from api.access.create_once import RequestKey
from api.pages.forms import Form
from api.state import ApiRequest

PAGE_ITEMS = 20
MB = 1_000_000


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
