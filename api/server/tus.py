"""Rules of tus for every request below one path, whatever its answer is."""

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from api.http.tus_headers import TUS_ROUTE, VERSION, is_tus, service_headers, unsupported
from api.server.problems import send_problem
from domain.errors.requests import WrongTusVersion

OVERRIDE = b"x-http-method-override"
RESUMABLE = b"tus-resumable"
# Clients behind a proxy or in a system that knows no PATCH send POST with the header.
OVERRIDABLE = frozenset({"PATCH", "DELETE", "HEAD"})
# After another refusal of a HEAD, tus-js-client takes the upload for gone, and creates a new one.
FOR_NOW = frozenset({429, 503})
LOCKED = 423
_OF_ANSWERS = [(RESUMABLE, VERSION.encode())]
_OF_VERSIONS = [*_OF_ANSWERS, (b"tus-version", VERSION.encode())]


class TusProtocol:
    """Wraps an application: checks the version, and reads the method that a client means.

    It also answers OPTIONS: the framework has an answer of its own, and no key is needed.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._described = service_headers(max_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] != ScopeType.HTTP or not is_tus(scope["path"]):
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        _override_method(scope, given.get(OVERRIDE, b""))
        is_wrong = given.get(RESUMABLE, b"").strip() != VERSION.encode()
        is_refused = is_wrong and scope["method"] != HttpMethod.OPTIONS
        more = _OF_VERSIONS if is_refused else _OF_ANSWERS

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more]
                if scope["method"] == HttpMethod.HEAD and message["status"] in FOR_NOW:
                    message["status"] = LOCKED
            await send(message)

        if scope["method"] == HttpMethod.OPTIONS:
            scope["path_template"] = TUS_ROUTE
            await send_with_version(
                {"type": "http.response.start", "status": 204, "headers": self._described}
            )
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        elif is_refused:
            detail = f"Send the header Tus-Resumable: {VERSION}."
            await send_problem(WrongTusVersion(detail), send_with_version)
        # A client of these extensions may send no Upload-Length: this says why it needs one.
        elif scope["method"] == HttpMethod.POST and (refusal := unsupported(given)):
            await send_problem(refusal, send_with_version)
        else:
            await self._app(scope, receive, send_with_version)


def _override_method(scope: HTTPScope, wanted: bytes) -> None:
    method = wanted.decode("latin-1").strip().upper()
    if scope["method"] == HttpMethod.POST and method in OVERRIDABLE:
        scope["method"] = HttpMethod(method)
