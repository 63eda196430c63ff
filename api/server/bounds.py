"""Bounds of every request: the rate of its body, and the number of requests of its address.

A client may be slow, and may be silent for a while. The time that is spent waiting for its body is
taken from a credit, which each piece of the body refills by its size; the time that the service
takes itself does not count.
Source: Apache HTTP Server, mod_reqtimeout (MinRate), with a limit of the credit.
"""

import asyncio
from contextlib import suppress
from typing import cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from api.server.connections import Connections
from api.server.problems import send_problem
from domain.errors.capacity import TooManyConnections, Unavailable
from domain.errors.requests import BodyTooSlow
from domain.limits import ConnectionLimits
from storage.errors import short_patience

PEER = "minilab.peer"
"""Extension of the scope: the address of the other end, which may be a proxy."""
# After a pause of the whole process, what has arrived meanwhile is still read.
PAUSE_SECONDS = 1.0


class Bounds:
    """Wraps an application."""

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self._app = app
        self._connections = connections

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; with 503 if it is cancelled because the process ends."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, self._connections.limits)
        address = (scope.get("client") or ("", 0))[0]
        peer = cast("dict[str, str]", scope.get("extensions") or {}).get(PEER, address)
        try:
            with self._connections.request_of(address, peer), short_patience():
                await self._app(scope, exchange.receive, exchange.send)
        except TooManyConnections as refusal:
            await send_problem(refusal, send)
        except asyncio.CancelledError:
            if exchange.has_answered:
                raise
            await send_problem(Unavailable("This process ends. Send the same request again."), send)


class _Exchange:
    def __init__(self, receive: Receive, send: Send, limits: ConnectionLimits) -> None:
        self.has_answered = False
        self._receive = receive
        self._send = send
        self._limits = limits
        self._credit_seconds = limits.max_body_stall_seconds
        self._has_ended = not limits.min_body_bytes_per_second

    async def receive(self) -> HTTPReceiveMessage:
        """Give a part of the body.

        Raises:
            BodyTooSlow: It does not arrive in time.
        """
        if self._has_ended:  # The application waits for the end of the connection.
            return await self._receive()  # type: ignore[return-value]
        loop = asyncio.get_running_loop()
        began = loop.time()
        message = await self._receive_within(self._credit_seconds)
        if message["type"] != "http.request" or not message.get("more_body"):
            self._has_ended = True
        else:
            gained = len(message["body"]) / self._limits.min_body_bytes_per_second
            left = self._credit_seconds - (loop.time() - began) + gained
            self._credit_seconds = min(self._limits.max_body_stall_seconds, left)
        return message

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        self.has_answered = True
        await self._send(message)

    async def _receive_within(self, seconds: float) -> HTTPReceiveMessage:
        loop = asyncio.get_running_loop()
        latest = loop.time() + max(0.0, seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(latest):
                return await self._receive()  # type: ignore[return-value]
        if loop.time() - latest > PAUSE_SECONDS:
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_SECONDS):
                    return await self._receive()  # type: ignore[return-value]
        limits = self._limits
        raise BodyTooSlow(
            f"The least rate is {limits.min_body_bytes_per_second:g} bytes a second, and "
            f"{limits.max_body_stall_seconds:g} seconds of silence are allowed."
        )
