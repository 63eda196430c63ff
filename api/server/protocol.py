"""HTTP connections with limits: of their number, of headers, of pipelined requests, of idle time.

uvicorn bounds none of these: a client without a key could fill its memory with endless headers,
with requests that it sends in advance or with answers that it does not read, or keep connections
open without end by sending nothing, or an empty line now and then.
Source: RFC 6585, section 5; RFC 9110, section 15.5.9; RFC 9112, section 9.3.2.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from api.http.cross_origin import AllowedOrigins
from api.server.bounds import PEER
from api.server.connections import MOST_REFUSED, Connections
from api.server.problems import write_unread
from api.server.upgrades import OfferingParser, without_offer
from domain.errors.base import ServiceError
from domain.errors.requests import HeadersTooLarge, HeadersTooSlow, MalformedRequest
from domain.limits import UploadLimits

ABORT = "minilab.abort"
"""Extension of the scope: ends the connection at once, and drops what is not sent yet."""
# Time to read the answer, before more bytes of the client are answered with a reset.
LINGER_SECONDS = 2.0
# Requests that wait for the answer to the one before them.
MOST_PIPELINED = 64


class Protocol(HttpToolsProtocol):
    """One connection; the limits say how long its headers may be, and how long they may take."""

    def __init__(
        self,
        limits: UploadLimits,
        connections: Connections,
        origins: AllowedOrigins,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.address = ""
        self._limits = limits
        self._connections = connections
        self._origins = origins
        self._read_bytes = 0
        """Bytes since the last headers or the last part of a body."""
        self._is_refused = False
        self._has_no_place = False
        self._is_in_headers = False
        self._timer: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None
        """The request that is answered; `cycle` is the last one that was read."""
        self._head: bytes | None = None
        """The head of a request that offers another protocol, without the offer."""
        self._make_parser()

    def _make_parser(self) -> None:
        self.parser = OfferingParser(self, self._ignore_offer)
        # As uvicorn: a request that came before the connection is closed gets its answer.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)

    def _ignore_offer(self, rest: bytes) -> None:
        """Read a request again without its offer, and what follows its head."""
        head, self._head = self._head, None
        if head is not None:
            self._make_parser()
            self.parser.feed_data(head + rest)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, if there is a place for the connection."""
        super().connection_made(transport)
        self.address = self.client[0] if self.client else ""
        refusal = self._connections.enter(self)
        if refusal is None:
            self._await_headers()
            return
        self._has_no_place = True
        self._connections.refused += 1
        if self._connections.refused > MOST_REFUSED:
            transport.abort()
        else:
            self._refuse(refusal)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, and tell the request that is answered: uvicorn tells the last one read."""
        self._stop_waiting()
        self._connections.leave(self)
        self._connections.refused -= self._has_no_place
        if self._running and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Wait with the answer until the client has read on."""
        super().pause_writing()
        self._connections.note_unread(self)

    def unread_bytes(self) -> int:
        """Count the bytes of answers that wait in this process for the client to read on."""
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        """End the connection at once, and drop what is not sent."""
        self.transport.abort()

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
        extensions: dict[Any, Any] = {ABORT: self.transport.abort, PEER: self.address}
        self.scope["extensions"] = extensions
        self._is_in_headers = True
        self._await_headers()

    def on_headers_complete(self) -> None:
        """Begin the request, if its headers are short enough, or let it wait for its turn."""
        self._stop_waiting()
        self._is_in_headers = False
        self._read_bytes = 0
        if self._is_refused:
            return
        method = self.parser.get_method()
        if self.parser.should_upgrade() and method != b"CONNECT":
            version = self.parser.get_http_version()
            self._head = without_offer(method, self.url, version, self.headers)
            return
        if len(self.pipeline) >= MOST_PIPELINED:
            self._end_after_the_last()
            return
        size_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size_bytes > self._limits.max_header_bytes:
            self._refuse(HeadersTooLarge())
        else:
            super().on_headers_complete()
            if not self.pipeline:
                self._running = self.cycle

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._read_bytes = 0
        if not self._is_refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """End the body."""
        if not self._is_refused and self._head is None:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are no HTTP request with a problem document, as any other request."""
        self._refuse(MalformedRequest(msg))

    def on_response_complete(self) -> None:
        """Begin the request that was sent in advance, or wait for the next one."""
        if self.pipeline:
            self._running, _ = self.pipeline[-1]
        super().on_response_complete()
        self._read_bytes = 0
        if self.cycle.response_complete and not self.transport.is_closing():
            self._await_headers()

    def _await_headers(self) -> None:
        self._stop_waiting()
        self._timer = self.loop.call_later(self._limits.max_header_seconds, self._end_waiting)

    def _end_waiting(self) -> None:
        if self._is_in_headers or self._has_no_request:
            self._refuse(HeadersTooSlow())
        else:  # Empty lines between two requests: uvicorn's own limit begins again at each.
            self.transport.close()

    @property
    def _has_no_request(self) -> bool:
        return cast("RequestResponseCycle | None", self.cycle) is None

    @property
    def _known_headers(self) -> list[tuple[bytes, bytes]]:
        """What was read of the headers of the last request; nothing before the first."""
        return cast("list[tuple[bytes, bytes]] | None", self.headers) or []

    def _end_after_the_last(self) -> None:
        """Answer the requests that wait, and none after them."""
        self._is_refused = True
        newest, _ = self.pipeline[0]
        newest.keep_alive = False

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
        if not self._has_no_request and not self.cycle.response_complete:
            if self._running is not self.cycle or self.cycle.response_started:
                self.transport.close()  # Another answer is being sent, or must be sent before.
                return
            # The body of this request cannot be read: it gets this answer in place of its own.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        status, headers, body = write_unread(error, self._known_headers)
        headers += self._origins.headers_for(self._known_headers)
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(STATUS_LINE[status] + lines + b"\r\n" + body)
        self.loop.call_later(LINGER_SECONDS, self.transport.close)
