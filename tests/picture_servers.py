"""A server of pictures, well and broken: the first part of a path selects what it does."""

import asyncio
import gzip
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.harness.streams import HOST, stream_server

PIECE = b"x" * 65_536


class Request(msgspec.Struct, frozen=True):
    """A request; names of headers are in lower case."""

    target: str
    headers: dict[str, str]


class PictureServer:
    """A server on a free port; an asynchronous context manager.

    Args:
        picture: What it serves.
        tls: Serves TLS if given.

    Attributes:
        requests: All requests, in the order of arrival.
        go_on: Set by the test; until then ``held`` sends half of the picture.
        port: Where it listens.
    """

    def __init__(self, picture: bytes, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.go_on = asyncio.Event()
        self.at_once: Counter[str] = Counter()
        self.most_at_once = 0
        self.port = 0
        self._picture = picture
        self._tls = tls
        self._serving = AsyncExitStack()
        self._seen: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        server = stream_server(self._serve, tls=self._tls)
        self.port = await self._serving.enter_async_context(server)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._serving.aclose()

    def url(self, path: str, host: str = HOST) -> str:
        """Return the URL of a behaviour."""
        return f"http{'s' if self._tls else ''}://{host}:{self.port}/{path}"

    def asked(self, path: str) -> int:
        """Count the requests for a behaviour."""
        return sum(request.target.startswith(f"/{path}") for request in self.requests)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *lines = head.strip().split("\r\n")
        pairs = [text.partition(": ")[::2] for text in lines]
        headers = {name.lower(): value for name, value in pairs}
        request = Request(line.split()[1], headers)
        self.requests.append(request)
        kind = request.target.strip("/").partition("?")[0].split("/")
        self.at_once[kind[0]] += 1
        self.most_at_once = max(self.most_at_once, self.at_once[kind[0]])
        try:
            await self._answer(kind, request.target, writer)
            await writer.drain()
        finally:
            self.at_once[kind[0]] -= 1

    async def _answer(self, kind: list[str], target: str, writer: asyncio.StreamWriter) -> None:
        behaviours: dict[str, Callable[[asyncio.StreamWriter], Awaitable[None]]] = {
            "endless": self._endless,
            "drip": self._drip,
            "never": self._never,
            "held": self._held,
        }
        if kind[0] in behaviours:
            await behaviours[kind[0]](writer)
        elif kind[0] == "redirect":
            to = target.partition("?")[2]
            writer.write(encode("302 Found", b"", f"Location: {to}\r\nSet-Cookie: a=b\r\n"))
        elif kind[0] == "status":
            writer.write(encode(f"{kind[1]} Some", b"no picture"))
        elif kind[0] == "flaky":
            self._seen[target] += 1
            flaky = "503 Busy" if self._seen[target] == 1 else "200 OK"
            writer.write(encode(flaky, self._picture))
        else:
            writer.write(self._fixed(kind[0]))

    def _fixed(self, kind: str) -> bytes:
        picture = self._picture
        size, half = len(picture), picture[: len(picture) // 2]
        chunk = b"%x\r\n%b\r\n" % (len(half), half)
        start = b"HTTP/1.1 200 OK\r\n"
        return {
            "ok": encode("200 OK", picture),
            "chunked": start
            + b"Transfer-Encoding: chunked\r\n\r\n"
            + chunk
            + b"%x\r\n%b\r\n0\r\n\r\n" % (size - len(half), picture[len(half) :]),
            "unmeasured": start + b"\r\n" + picture,
            "long": start + b"Content-Length: %d\r\n\r\n" % (10 * size) + picture,
            "huge": start + b"Content-Length: 99999999999999\r\n\r\n" + picture,
            "short": start + b"Content-Length: 20\r\n\r\n" + picture,
            "negative": start + b"Content-Length: -5\r\n\r\n" + picture,
            "cut": start + b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
            "gzip": encode("200 OK", gzip.compress(picture), "Content-Encoding: gzip\r\n"),
            "html": encode("200 OK", b"<!doctype html><title>Log in</title>" + b" " * 1000),
            "empty": encode("200 OK", b""),
            "partial": encode("206 Partial Content", half),
            "nothing": b"HTTP/1.1 204 No Content\r\n\r\n",
            "garbage": b"\x16\x03\x01 this is no HTTP\r\n\r\n",
            "drop": b"",
        }[kind]

    async def _endless(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + self._picture)
        while True:
            writer.write(PIECE)
            await writer.drain()

    async def _drip(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + self._picture[:64])
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)  # The pace of this server.

    async def _never(self, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def _held(self, writer: asyncio.StreamWriter) -> None:
        half = len(self._picture) // 2
        writer.write(encode("200 OK", self._picture)[: -len(self._picture)] + self._picture[:half])
        await writer.drain()
        await self.go_on.wait()
        writer.write(self._picture[half:])


def encode(status: str, body: bytes, headers: str = "") -> bytes:
    """Write an answer of one piece."""
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body
