"""Headers: Prefer (RFC 7240), conditional requests and ranges (RFC 9110), media types, caching."""

from hashlib import sha256
from typing import Any

from litestar import Response
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import HttpMethod
from litestar.status_codes import HTTP_304_NOT_MODIFIED
from litestar.types import Message, Scope
from werkzeug.http import parse_dict_header, parse_etags, parse_range_header

from api.settings import MAX_WAIT_SECONDS
from domain.errors.requests import RangeNotSatisfiable

SVG = "image/svg+xml"
SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
ARROW = "application/vnd.apache.arrow.stream"
NPY = "application/x-npy"

PUBLIC = "public"
"""Option of routes whose answers are the same for all and may be cached."""
KEPT = "kept"
"""Option of routes whose answers may say themselves how long a client keeps them."""
TOKEN_PATHS = ("/v1/uploads", "/v1/upload-links", "/v1/content", "/v1/events", "/v1/results")


def page_headers(img_src: str, form_action: str = "'none'") -> dict[str, str]:
    """Make the headers of a page that loads everything from this host, and runs nothing inline.

    Args:
        img_src: Sources of images, as in ``'self' blob:``.
        form_action: Where forms may be sent.
    """
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src {img_src}",
        "connect-src 'self'",
        "base-uri 'none'",
        f"form-action {form_action}",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def wait_seconds(prefer: str | None) -> int | None:
    """Read how long a client prefers to wait, from a Prefer header such as ``wait=30``.

    Returns:
        Seconds, 0 to 30; None if the header has no usable preference, which is not an error.
    """
    if not prefer:
        return None
    # Names of preferences are case-insensitive (RFC 7240, section 2).
    named = parse_dict_header(prefer.replace(";", ","))
    text = next((value for name, value in named.items() if name.casefold() == "wait"), None)
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return min(int(text[:6]), MAX_WAIT_SECONDS)


def is_known(if_none_match: str | None, etag: str) -> bool:
    """Say whether an If-None-Match header lists a version, whose ETag is given without quotes."""
    return bool(if_none_match) and parse_etags(if_none_match).contains_weak(etag)


def requested_range(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """Read the byte range of a Range header, for content of this size.

    Returns:
        First byte and one past the last; None to send the whole content: the header has no
        range, one that cannot be read, or several.

    Raises:
        RangeNotSatisfiable: The range begins past the end.
    """
    parsed = parse_range_header(header) if header else None
    if parsed is None or parsed.units != "bytes" or len(parsed.ranges) != 1:
        return None
    start, stop = parsed.ranges[0]
    if start < 0:  # The last bytes; all of them if there are fewer.
        start, stop = max(0, size_bytes + start), None
    if start >= size_bytes:
        raise RangeNotSatisfiable(f"The content has {size_bytes} bytes.")
    return start, min(stop or size_bytes, size_bytes)


def content_etag(body: bytes) -> str:
    """Return the first 128 bits of the hash of a body, as 32 hex digits."""
    return sha256(body).hexdigest()[:32]


def conditional(if_none_match: str | None, etag: str, response: Response[Any]) -> Response[Any]:
    """Answer with a response, or with 304 if the client has this version.

    The headers of the response go with the 304 too, without the length of a body that is not sent.
    """
    headers = response.headers | {"ETag": f'"{etag}"'}
    if is_known(if_none_match, etag):
        headers.pop("Content-Length", None)
        return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    response.headers = headers
    return response


async def protect_answer(message: Message, scope: Scope) -> None:
    """Forbid caches to store private answers, and browsers to guess the type of any.

    URLs of links and signed URLs contain tokens, which referrers would pass on.
    """
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    headers["X-Content-Type-Options"] = "nosniff"
    route: Any = scope.get("route_handler")
    if route and route.opt.get(KEPT):
        headers.setdefault("Cache-Control", "no-store")
    elif not (route and route.opt.get(PUBLIC)):
        headers["Cache-Control"] = "no-store"
    if scope["path"].startswith(TOKEN_PATHS):
        headers["Referrer-Policy"] = "no-referrer"
    allowed = headers.get("Allow", "").split(", ")
    if HttpMethod.GET in allowed:
        headers["Allow"] = ", ".join(sorted({*allowed, HttpMethod.HEAD.value}))
