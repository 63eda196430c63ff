"""Webhook receivers, well and broken, that record the messages they get.

The first part of a path selects the behaviour, so that one server has all of them.
"""

import asyncio
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from types import TracebackType
from typing import Self

import msgspec

from benchmarks.harness.streams import HOST, stream_server

PAUSE_SECONDS = 0.2
MOMENT_SECONDS = 0.05
RETRY_AFTER_SECONDS = 1
# The behaviours that leave a connection open for the next message.
OK, FICKLE = "ok", "fickle"
_PIECE = b"x" * 65536


class Message(msgspec.Struct, frozen=True):
    """One message to a receiver.

    Attributes:
        path: The path of the receiver.
        headers: By name in lower case.
        body: The body as it arrived.
        at: Time of arrival, on the monotonic clock.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        """The ID of the message, the same on each attempt."""
        return self.headers["webhook-id"]


class Receivers:
    """A server with any number of receivers; an async context manager.

    Args:
        elsewhere: Target of the redirects.
        tls: Serves TLS if given.
    """

    def __init__(self, elsewhere: str = "/", tls: ssl.SSLContext | None = None) -> None:
        self.messages: list[Message] = []
        self.connections = 0
        self._next = asyncio.Event()
        self._tls = tls
        self.is_well = True
        """Whether ``moody`` receivers answer 200; else 500."""
        self.most_at_once: Counter[str] = Counter()
        """Highest number of simultaneous connections, by path."""
        self._at_once: Counter[str] = Counter()
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._serving = AsyncExitStack()
        self._answers = {
            **dict.fromkeys((OK, FICKLE), _encode("200 OK", b"taken", connection="keep-alive")),
            "error": _encode("500 Internal Server Error", b"broken"),
            "busy": _encode(
                "429 Too Many Requests", b"later", f"Retry-After: {RETRY_AFTER_SECONDS}\r\n"
            ),
            "redirect": _encode("302 Found", b"", f"Location: {elsewhere}\r\n"),
            "gone": _encode("410 Gone", b""),
            "garbage": b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        }
        self._behaviours: dict[str, Callable[[Message, asyncio.StreamWriter], Awaitable[None]]] = {
            "flaky": self._flaky,
            "moody": self._moody,
            "late": self._late,
            "never": self._never,
            "slow": self._slow,
            "drip": self._drip,
            "huge": self._huge,
            "headers": self._headers,
            "drop": self._drop,
        }

    def url(self, kind: str, name: str = "hook", host: str = HOST) -> str:
        """Return the URL of a receiver.

        Args:
            kind: Its behaviour: ``ok``, ``fickle`` (closes instead of a second answer on a
                connection), ``error`` (500), ``busy`` (429 with Retry-After),
                ``redirect``, ``gone`` (410), ``flaky`` (500 once for each message), ``moody``
                (by :attr:`is_well`, after a moment), ``late`` (200 after a pause),
                ``never`` (no answer),
                ``slow`` (byte by byte), ``drip`` (200, then byte by byte), ``huge``
                (200 with an endless body), ``headers`` (endless), ``garbage``, ``drop`` (closes).
            name: Distinguishes it from others with the same behaviour.
            host: The host name in the URL.
        """
        return f"http{'s' if self._tls else ''}://{host}:{self.port}/{kind}/{name}"

    def sent_to(self, kind: str, name: str = "hook") -> list[Message]:
        """List the messages to a receiver, in the order of arrival."""
        return [one for one in self.messages if one.path == f"/{kind}/{name}"]

    def by_path(self) -> Mapping[str, list[Message]]:
        """List the messages to each receiver, in the order of arrival."""
        found: dict[str, list[Message]] = defaultdict(list)
        for message in self.messages:
            found[message.path].append(message)
        return found

    async def until_next(self) -> None:
        """Wait until a message has arrived since the last call."""
        await self._next.wait()
        self._next.clear()

    async def __aenter__(self) -> Self:
        server = stream_server(self._answer, tls=self._tls, backlog=1024)
        self.port = await self._serving.enter_async_context(server)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._serving.aclose()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        kind = ""
        while kind in {"", OK, FICKLE}:
            message = await _read_message(reader)
            if kind == FICKLE:
                return
            self.messages.append(message)
            self._next.set()
            kind = message.path.split("/")[1]
            with self._counted(message.path):
                if answer := self._answers.get(kind):
                    writer.write(answer)
                else:
                    await self._behaviours[kind](message, writer)
                await writer.drain()

    @contextmanager
    def _counted(self, path: str) -> Iterator[None]:
        self._at_once[path] += 1
        self.most_at_once[path] = max(self.most_at_once[path], self._at_once[path])
        try:
            yield
        finally:
            self._at_once[path] -= 1

    async def _flaky(self, message: Message, writer: asyncio.StreamWriter) -> None:
        is_new = message.id not in self._seen[message.path]
        self._seen[message.path].add(message.id)
        writer.write(self._answers["error" if is_new else "ok"])

    async def _moody(self, message: Message, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(MOMENT_SECONDS)
        writer.write(self._answers["ok" if self.is_well else "error"])

    async def _late(self, _: Message, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(PAUSE_SECONDS)
        writer.write(self._answers[OK])

    async def _never(self, _: Message, writer: asyncio.StreamWriter) -> None:
        await writer.wait_closed()

    async def _slow(self, _: Message, writer: asyncio.StreamWriter) -> None:
        for byte in self._answers["ok"]:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _drip(self, _: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(PAUSE_SECONDS)

    async def _huge(self, _: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while True:
            writer.write(_PIECE)
            await writer.drain()

    async def _headers(self, _: Message, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-More: %s\r\n" % _PIECE[:1000])
            await writer.drain()

    async def _drop(self, _: Message, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()


async def _read_message(reader: asyncio.StreamReader) -> Message:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Message(first.split(" ")[1], headers, body, time.monotonic())


def _encode(status: str, body: bytes, more: str = "", connection: str = "close") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: {connection}\r\n{more}\r\n".encode() + body
