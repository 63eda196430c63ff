"""Lingering close: after an early answer, reads on briefly so that the client receives it.

A server that leaves such a connection open is read to by a client without end. One that closes it
at once answers further bytes with a reset, which destroys the answer of a client that sends first
and reads afterwards. So a short body is read and dropped, and the connection stays open; before a
longer one the answer is sent with ``Connection: close``, and the body is dropped for a while
before the connection is closed, as nginx does (``lingering_close``).
Source: RFC 9112, section 9.6.
"""

import asyncio
from contextlib import suppress

from litestar.enums import ScopeType
from litestar.types import (
    ASGIApp,
    HTTPReceiveMessage,
    HTTPResponseBodyEvent,
    Message,
    Receive,
    Scope,
    Send,
)

SHORT_BODY_BYTES = 64 * 1024
SHORT_BODY_SECONDS = 1.0
LINGER_SECONDS = 30.0
IDLE_SECONDS = 5.0
LINGER_BYTES = 128 * 1024 * 1024
CLOSE = (b"connection", b"close")


class LingeringClose:
    """Wraps an application that may answer before it has read the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        announced = _announced_bytes(scope) if scope["type"] == ScopeType.HTTP else 0
        if announced == 0:
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, announced)
        await self._app(scope, exchange.receive, exchange.send)


class _Exchange:
    """One request with a body, and its answer."""

    def __init__(self, receive: Receive, send: Send, announced: int | None) -> None:
        self._receive = receive
        self._send = send
        self._is_short = announced is not None and announced <= SHORT_BODY_BYTES
        self._has_ended = False
        self._closes = False

    async def receive(self) -> HTTPReceiveMessage:
        message = await self._receive()
        if not message.get("more_body"):  # Also where the client has gone.
            self._has_ended = True
        return message  # type: ignore[return-value]  # WebSockets do not come this way

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and not self._has_ended:
            if self._is_short:
                await self._drop_body(SHORT_BODY_SECONDS)
            if not self._has_ended:
                self._closes = True
                message = {**message, "headers": [*message["headers"], CLOSE]}
        elif message["type"] == "http.response.body" and self._is_last(message):
            # The client has the whole answer; the connection ends with the next message.
            await self._send({**message, "more_body": True})
            await self._drop_body(LINGER_SECONDS)
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    def _is_last(self, message: HTTPResponseBodyEvent) -> bool:
        return self._closes and not message["more_body"]

    async def _drop_body(self, seconds: float) -> None:
        dropped = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._has_ended and dropped < LINGER_BYTES:
                    async with asyncio.timeout(IDLE_SECONDS):
                        message = await self.receive()
                    if message["type"] == "http.request":
                        dropped += len(message["body"])


def _announced_bytes(scope: Scope) -> int | None:
    """Read the length of the body; None if unknown, or if the client waits for a 100."""
    announced: int | None = 0
    for name, value in scope["headers"]:
        if name == b"content-length":
            announced = int(value)
        elif name in {b"transfer-encoding", b"expect"}:
            return None
    return announced
