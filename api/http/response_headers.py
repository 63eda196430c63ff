"""Headers of responses: media types, caching, and 304 for a client that has the content already.

Source: RFC 9110, section 13.1.2 (If-None-Match).
"""

from typing import Any

from litestar import Response
from litestar.datastructures import MutableScopeHeaders
from litestar.status_codes import HTTP_304_NOT_MODIFIED
from litestar.types import Message, Scope

from api.http.request_headers import is_known

SVG = "image/svg+xml"
SVG_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
ARROW = "application/vnd.apache.arrow.stream"
NPY = "application/x-npy"

NO_STORE = {"Cache-Control": "no-store"}
REVALIDATE = {"Cache-Control": "private, no-cache"}
LINK_PATHS = ("/v1/uploads", "/v1/upload-links")


def conditional(if_none_match: str | None, etag: str, response: Response[Any]) -> Response[Any]:
    """Answer with a response, or with 304 if the client has this version.

    The headers of the response go with the 304 too; a Cache-Control of its own stays.
    """
    headers = REVALIDATE | response.headers | {"ETag": f'"{etag}"'}
    if is_known(if_none_match, etag):
        return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    response.headers = headers
    return response


async def protect_tokens(message: Message, scope: Scope) -> None:
    """Forbid caches and referrers on the routes of links: their URLs can contain tokens."""
    if message["type"] == "http.response.start" and scope["path"].startswith(LINK_PATHS):
        headers = MutableScopeHeaders.from_message(message)
        headers["Cache-Control"] = "no-store"
        headers["Referrer-Policy"] = "no-referrer"
