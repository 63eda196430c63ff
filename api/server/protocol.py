"""HTTP connections with limits: requests whose headers are too long or too slow are refused.

uvicorn bounds neither: a client without a key could fill its memory with endless headers, or keep
connections open for ever by sending none.
Source: RFC 6585, section 5; RFC 9110, section 15.5.9.
"""

import asyncio
from typing import Any, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from api.http.errors import PROBLEM_JSON, TYPE_PREFIX, Problem, status_of
from domain.errors.base import ServiceError
from domain.errors.requests import HeadersTooLarge, HeadersTooSlow
from domain.limits import UploadLimits

ABORT = "minilab.abort"
"""Extension of the scope: ends the connection at once, and drops what is not sent yet."""
# Time to read the answer, before more bytes of the client are answered with a reset.
LINGER_SECONDS = 2.0


class Protocol(HttpToolsProtocol):
    """One connection; the limits say how long its headers may be, and how long they may take."""

    def __init__(self, limits: UploadLimits, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self._read_bytes = 0
        """Bytes since the last headers or the last part of a body."""
        self._is_refused = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse bytes, unless too many came that belong to no complete headers."""
        if self._is_refused:
            return
        self._read_bytes += len(data)
        super().data_received(data)
        if self._read_bytes > self._limits.max_header_bytes:
            self._refuse(HeadersTooLarge())

    def on_message_begin(self) -> None:
        """Wait for the headers of a request."""
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: self.transport.abort}  # type: ignore[dict-item]
        self._await_headers()

    def on_headers_complete(self) -> None:
        """Begin the request, if its headers are short enough."""
        self._stop_waiting()
        self._read_bytes = 0
        size_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size_bytes > self._limits.max_header_bytes:
            self._refuse(HeadersTooLarge())
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._read_bytes = 0
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        if not self._is_refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        self._read_bytes = 0

    def _await_headers(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(
            self._limits.max_header_seconds, self._refuse, HeadersTooSlow()
        )

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self, error: ServiceError) -> None:
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self._stop_waiting()
        self._unset_keepalive_if_required()
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None until the first request.
        if cycle is not None and not cycle.response_complete:
            self.transport.close()  # The answer to the request before this one is being sent.
            return
        status = status_of(error)
        body = msgspec.json.encode(
            Problem(TYPE_PREFIX + error.code, error.title, status, error.code, error.detail, "")
        )
        self.transport.write(
            STATUS_LINE[status]
            + b"connection: close\r\ncontent-type: %s\r\n" % PROBLEM_JSON.encode()
            + b"content-length: %d\r\n\r\n" % len(body)
            + body
        )
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
