"""HEAD: answered as GET is, without the body (RFC 9110, section 9.3.2).

Resumable uploads have routes for HEAD, and none for GET.
"""

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from api.http.tus_headers import is_tus

HEADERS_ONLY = "minilab.headers_only"


class _HeadersSentError(BaseException):
    """Ends the work on a request whose headers are sent; only :class:`HeadRequests` catches it."""


class HeadRequests:
    """Wraps an application that answers GET.

    The application sees a GET. It is left as soon as its headers are sent, so a stream is not
    opened and a file is not read.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if (
            scope["type"] != ScopeType.HTTP
            or scope["method"] != HttpMethod.HEAD
            or is_tus(scope["path"])
        ):
            await self._app(scope, receive, send)
            return

        async def send_headers(message: Message) -> None:
            scope["method"] = HttpMethod.HEAD  # The server leaves the body of a HEAD out.
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            raise _HeadersSentError

        scope["method"] = HttpMethod.GET
        scope[HEADERS_ONLY] = True  # type: ignore[literal-required]
        try:
            await self._app(scope, receive, send_headers)
        except _HeadersSentError:
            pass
        finally:
            scope["method"] = HttpMethod.HEAD


def wants_headers_only(scope: Scope) -> bool:
    """Say whether the GET of a handler was a HEAD."""
    return HEADERS_ONLY in scope
