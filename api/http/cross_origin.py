"""Cross-origin requests (CORS): what pages of other origins may send, and may read of answers.

Keys travel in the Authorization header, which a page sets itself. So no answer allows credentials
(cookies), and a page without a key can do nothing.
Source: Fetch Living Standard, section 3.2 (CORS protocol).
"""

from collections.abc import Iterable

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api.http.signed_urls import PATHS
from domain.origins import ANY
from domain.signed_urls import Purpose

Headers = list[tuple[bytes, bytes]]

REQUEST_HEADERS = (
    "Accept",
    "Authorization",
    "Content-Disposition",
    "Content-Type",
    "Idempotency-Key",
    "If-None-Match",
    "If-Range",
    "Last-Event-ID",
    "Prefer",
    "Range",
    "Traceparent",
    "Tus-Resumable",
    "Upload-Checksum",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "X-HTTP-Method-Override",
    "X-Request-ID",
)
"""All that the API reads."""
RESPONSE_HEADERS = (
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Stored-Bytes",
    "Tus-Checksum-Algorithm",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Resumable",
    "Tus-Version",
    "Upload-Expires",
    "Upload-Length",
    "Upload-Metadata",
    "Upload-Offset",
    "WWW-Authenticate",
    "X-Request-ID",
)
"""All that the API sends and that browsers hide otherwise."""
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
# The longest that Chromium keeps the answer to a preflight.
MAX_AGE_SECONDS = 7200
PREFLIGHT_ROUTE = "preflight"
NO_CONTENT = 204

_ALLOWED: Headers = [
    (b"access-control-allow-methods", METHODS.encode()),
    (b"access-control-allow-headers", ", ".join(REQUEST_HEADERS).encode()),
    (b"access-control-max-age", b"%d" % MAX_AGE_SECONDS),
]
_EXPOSED = (b"access-control-expose-headers", ", ".join(RESPONSE_HEADERS).encode())
FOR_ALL: Headers = [(b"access-control-allow-origin", b"*"), _EXPOSED]
_VARY = (b"vary", b"Origin")


class AllowedOrigins:
    """The origins whose pages may read answers; :data:`domain.origins.ANY` for all; or none."""

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._is_any = ANY in origins

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._origins)

    def admits(self, origin: bytes) -> bool:
        """Return whether the pages of an origin may read answers."""
        return self._is_any or origin in self._origins

    def headers_for(self, request: Iterable[tuple[bytes, bytes]]) -> Headers:
        """Write the headers of the answer to a request, given the headers of the request."""
        if self._is_any:
            return FOR_ALL
        if not self._origins:
            return []
        origin = _find(b"origin", request)
        if origin is None or not self.admits(origin):
            return [_VARY]
        return [_VARY, (b"access-control-allow-origin", origin), _EXPOSED]


class CrossOrigin:
    """Wraps an application: answers preflights, and adds its headers to every answer."""

    def __init__(self, app: ASGIApp, origins: AllowedOrigins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        # A signed URL shows its picture to all who have it. A browser would fetch a picture that
        # varied by Origin twice: for `<img>`, which sends none, and for a script.
        is_signed = scope["path"].startswith(f"{PATHS[Purpose.CONTENT]}/")
        headers = FOR_ALL if is_signed else self._origins.headers_for(scope["headers"])
        if self._is_preflight(scope):
            scope["path_template"] = PREFLIGHT_ROUTE
            allowed = [*headers, *_ALLOWED]
            await send({"type": "http.response.start", "status": NO_CONTENT, "headers": allowed})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await self._app(scope, receive, send_with_headers)

    def _is_preflight(self, scope: HTTPScope) -> bool:
        """Say whether a browser asks, for a page of an allowed origin, what it may send."""
        if scope["method"] != HttpMethod.OPTIONS:
            return False
        origin = _find(b"origin", scope["headers"])
        is_asked = _find(b"access-control-request-method", scope["headers"]) is not None
        return is_asked and origin is not None and self._origins.admits(origin)


def _find(name: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    return next((value for known, value in headers if known == name), None)
