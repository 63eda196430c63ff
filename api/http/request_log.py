"""Observes each request: its ID, one log line, metrics, and a span of a trace.

This is the outermost layer, so that it also observes requests that are refused before a handler.
"""

import re
import secrets
import time
from collections.abc import Iterable

import structlog
from litestar.enums import ScopeType
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from api.http.leaving import CLIENT_LEFT
from domain.keys import Caller
from telemetry.spans import Attributes

REQUEST_ID = b"x-request-id"
TRACEPARENT = b"traceparent"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET_ROUTES = {"/healthz", "/readyz", "/metrics"}
"""Machines poll these: their lines are only written at the level debug."""

_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=@+/-]{0,127}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")

_log = structlog.get_logger(__name__)


class Observation:
    """Wraps an application, and observes its requests."""

    def __init__(self, app: ASGIApp, *, log_requests: bool) -> None:
        self._app = app
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == ScopeType.HTTP:
            await self._answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        traceparent, request_id = identify(scope["headers"])
        bind_contextvars(request_id=request_id)
        state = scope["litestar_app"].state
        exchange = _Exchange(receive, send, request_id)
        state.metrics.in_progress.inc()
        began = time.perf_counter()
        try:
            with state.tracing.span("request", parent=traceparent, is_request=True) as span:
                try:
                    await self._app(scope, exchange.receive, exchange.send)
                finally:
                    method, route = _name(scope)
                    facts: Attributes = {
                        "http.request.method": method,
                        "http.route": route,
                        "http.response.status_code": exchange.status,
                        "minilab.request_id": request_id,
                    }
                    failed = exchange.status >= HTTP_500_INTERNAL_SERVER_ERROR
                    span.describe(f"{method} {route}", facts, failed=failed)
        finally:
            seconds = time.perf_counter() - began
            state.metrics.in_progress.dec()
            state.metrics.answered(method, route, exchange.status, seconds)
            if self._log_requests:
                _write_line(scope.get("user"), method, route, exchange, seconds)


class _Exchange:
    """Counts the bytes of one request, and adds its ID to the response."""

    def __init__(self, receive: Receive, send: Send, request_id: str) -> None:
        self.status = CLIENT_LEFT
        self.bytes_in = self.bytes_out = 0
        self._receive = receive
        self._send = send
        self._request_id = request_id.encode()

    async def receive(self) -> HTTPReceiveMessage:
        message = await self._receive()
        if message["type"] == "http.request":
            self.bytes_in += len(message.get("body", b""))
        return message  # type: ignore[return-value]  # WebSockets do not come this way

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (REQUEST_ID, self._request_id)]
        elif message["type"] == "http.response.body":
            self.bytes_out += len(message.get("body", b""))
        await self._send(message)


def identify(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str | None, str]:
    """Read the client's trace, and the ID of the request: the client's, or a new one."""
    traceparent = request_id = None
    for name, value in headers:
        if name == REQUEST_ID:
            text = value.decode("latin-1")
            request_id = text if _SANE_ID.fullmatch(text) else None
        elif name == TRACEPARENT:
            text = value.decode("latin-1")
            traceparent = text if _TRACEPARENT.fullmatch(text) else None
    if request_id is None:
        request_id = traceparent.split("-")[1] if traceparent else secrets.token_hex(16)
    return traceparent, request_id


def _write_line(
    caller: Caller | None, method: str, route: str, exchange: _Exchange, seconds: float
) -> None:
    """Write a line, without the URL: paths and queries may contain secrets."""
    write = _log.debug if route in QUIET_ROUTES else _log.info
    write(
        "request",
        method=method,
        route=route,
        status=exchange.status,
        ms=round(1000 * seconds, 2),
        bytes_in=exchange.bytes_in,
        bytes_out=exchange.bytes_out,
        key_id=caller.key_id if caller else None,
    )


def _name(scope: HTTPScope) -> tuple[str, str]:
    """Give method and route, each of a small set of values."""
    method = scope["method"] if scope["method"] in METHODS else "other"
    return method, scope.get("path_template") or "unmatched"
