"""Compresses answers with gzip (RFC 9110, section 8.4) where that saves bytes and reveals nothing.

Only answers to GET and HEAD are compressed: those that show a new secret answer a POST. With a
text of the client beside it, the size of a compressed secret would tell what it is (BREACH).
"""

import asyncio
import gzip
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import HttpMethod, ScopeType
from litestar.types import (
    ASGIApp,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Message,
    Receive,
    Scope,
    Send,
)
from werkzeug.datastructures import CharsetAccept
from werkzeug.http import parse_accept_header

from api.http.headers import PUBLIC

LEAST_BYTES = 1024
"""Smaller bodies fit into one packet anyway."""
THREAD_BYTES = 128 * 1024
"""Larger bodies are compressed in a thread, so that other requests need not wait."""
LEVEL = 4
"""A third of the time of the default, for 5 % more bytes."""
KEPT_LEVEL = 9
KINDS = frozenset(
    {
        b"application/json",
        b"application/openmetrics-text",
        b"image/svg+xml",
        b"text/css",
        b"text/html",
        b"text/javascript",
        b"text/plain",
    }
)
SECRETS = (b"mlk_", b"mll_", b"mls_", b"whsec_")
"""Beginnings of secrets: an answer that shows one is sent as it is."""
NOT_MODIFIED = 304


class Compression:
    """Wraps an application, and compresses its answers for clients that accept gzip."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] != ScopeType.HTTP or scope["method"] != HttpMethod.GET:
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Answer(scope, send).send)


class _Answer:
    """One answer. Its headers wait for its body, which is compressed if it is sent whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: HTTPResponseStartEvent | None = None

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            if message["status"] == NOT_MODIFIED:
                self._name_known_version(MutableScopeHeaders.from_message(message))
            elif _may_be_compressed(message["headers"]):
                _vary(MutableScopeHeaders.from_message(message))
                if _accepts_gzip(self._sent(b"accept-encoding")):
                    self._start = message
                    return
        elif message["type"] == "http.response.body" and self._start is not None:
            start, self._start = self._start, None
            if not message["more_body"]:
                await self._compress(start, message)
            await self._send(start)
        await self._send(message)

    async def _compress(
        self, start: HTTPResponseStartEvent, message: HTTPResponseBodyEvent
    ) -> None:
        """Compress the body of an answer, if it is worth it and shows no secret."""
        body = message["body"]
        route: Any = self._scope.get("route_handler")
        is_public = route is not None and route.opt.get(PUBLIC)
        shows_secret = not is_public and any(secret in body for secret in SECRETS)
        if len(body) < LEAST_BYTES or shows_secret:
            return
        if is_public:
            message["body"] = await asyncio.to_thread(_compress_once, body)
        elif len(body) > THREAD_BYTES:
            message["body"] = await asyncio.to_thread(_compress, body)
        else:
            message["body"] = _compress(body)
        headers = MutableScopeHeaders.from_message(start)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(message["body"]))
        # A strong ETag stands for these bytes, which another client gets uncompressed.
        if headers.get("ETag", "").startswith('"'):
            headers["ETag"] = f"W/{headers['ETag']}"

    def _name_known_version(self, headers: MutableScopeHeaders) -> None:
        """Name the version in a 304 as the client knows it, that is weak if it was compressed."""
        weak = f"W/{headers.get('ETag', '')}"
        is_picture = "Accept-Ranges" in headers  # Never compressed.
        if not is_picture and weak.encode("latin-1") in self._sent(b"if-none-match"):
            headers["ETag"] = weak
            _vary(headers)

    def _sent(self, name: bytes) -> bytes:
        """Give a header of the request; empty if there is none."""
        return next((value for sent, value in self._scope["headers"] if sent == name), b"")


def _may_be_compressed(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Decide by the headers, in 1 µs: most answers are small."""
    sent = dict(headers)
    kind = sent.get(b"content-type", b"").partition(b";")[0]
    is_large = int(sent.get(b"content-length", LEAST_BYTES)) >= LEAST_BYTES
    return is_large and kind in KINDS and not sent.keys() & {b"content-encoding", b"content-range"}


def _vary(headers: MutableScopeHeaders) -> None:
    varies = headers.get("Vary")
    headers["Vary"] = f"{varies}, Accept-Encoding" if varies else "Accept-Encoding"


def _accepts_gzip(accepted: bytes) -> bool:
    if b"gzip" not in accepted:
        return False
    if b";" not in accepted:
        return True
    return parse_accept_header(accepted.decode("latin-1"), CharsetAccept)["gzip"] > 0


def _compress(body: bytes) -> bytes:
    return gzip.compress(body, LEVEL, mtime=0)


@lru_cache(maxsize=32)  # Pages and the contract; each body is one object, whose hash is kept.
def _compress_once(body: bytes) -> bytes:
    return gzip.compress(body, KEPT_LEVEL, mtime=0)
