"""A light HTTP client, cheap enough not to disturb the measurement."""

import asyncio
from collections.abc import Sequence
from typing import cast

import msgspec

BOUNDARY = b"minilab-benchmark-boundary"
_HEAD_END = b"\r\n\r\n"
_CLOSE = b"--" + BOUNDARY + b"--\r\n"


class Address(msgspec.Struct, frozen=True):
    """Host, port and API key of a service."""

    port: int
    key: str = "none"
    host: str = "127.0.0.1"


class Answer(msgspec.Struct, frozen=True):
    """Status and body of a response, and its head in lower case."""

    status: int
    body: bytes
    head: bytes = b""


def get_request(address: Address, path: str, prefer: str = "") -> bytes:
    """Encode a GET request."""
    return _head(address, "GET", path, prefer) + _HEAD_END


def json_request(address: Address, path: str, body: bytes) -> bytes:
    """Encode a POST request with a JSON body."""
    fields = b"\r\nContent-Type: application/json\r\nContent-Length: %d" % len(body)
    return _head(address, "POST", path, "") + fields + _HEAD_END + body


def tus_request(
    address: Address, method: str, path: str, fields: str, body: bytes | memoryview = b""
) -> list[bytes | memoryview]:
    """Encode a request of tus, given its headers, as pieces; the body is not copied."""
    told = f"\r\nTus-Resumable: 1.0.0\r\n{fields}Content-Length: {len(body)}"
    return [_head(address, method, path, "") + told.encode() + _HEAD_END, body]


def upload_request(
    address: Address,
    path: str,
    files: Sequence[bytes],
    prefer: str = "",
    *,
    user_id: str = "",
    idempotency_key: str = "",
) -> list[bytes]:
    """Encode a multipart upload as pieces; the files are not copied."""
    pieces: list[bytes] = []
    if user_id:
        field = f'Content-Disposition: form-data; name="user_id"\r\n\r\n{user_id}\r\n'
        pieces += [b"--" + BOUNDARY + b"\r\n", field.encode()]
    for number, file in enumerate(files):
        disposition = f'form-data; name="file"; filename="{number:03}.jpg"'
        head = f"Content-Disposition: {disposition}\r\nContent-Type: image/jpeg"
        pieces += [b"--" + BOUNDARY + b"\r\n" + head.encode() + _HEAD_END, file, b"\r\n"]
    pieces.append(_CLOSE)
    fields = b"\r\nContent-Type: multipart/form-data; boundary=%b\r\nContent-Length: %d" % (
        BOUNDARY,
        sum(map(len, pieces)),
    )
    if idempotency_key:
        fields += b"\r\nIdempotency-Key: " + idempotency_key.encode()
    return [_head(address, "POST", path, prefer) + fields + _HEAD_END, *pieces]


def _head(address: Address, method: str, path: str, prefer: str) -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: {address.host}",
        f"Authorization: Bearer {address.key}",
    ]
    return "\r\n".join(lines + ([f"Prefer: {prefer}"] if prefer else [])).encode()


class Connection(asyncio.Protocol):
    """A keep-alive connection that carries one request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def open(cls, address: Address) -> "Connection":
        """Open a connection."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, address.host, address.port)
        return connection

    async def send(self, request: Sequence[bytes | memoryview]) -> Answer:
        """Send a request and wait for the answer.

        Raises:
            ConnectionError: The server closed the connection.
        """
        assert self._transport is not None
        self._received.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.writelines(request)
        return await self._answer

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the request that waits for its answer."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("closed by the server"))

    def data_received(self, data: bytes) -> None:
        """Collect an answer; every measured answer has a Content-Length."""
        self._received += data
        end = self._received.find(_HEAD_END)
        if end < 0:
            return
        head = bytes(self._received[:end]).lower()
        start = head.find(b"content-length:")
        length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        body_start = end + len(_HEAD_END)
        if len(self._received) >= body_start + length and self._answer is not None:
            body = bytes(self._received[body_start : body_start + length])
            if not self._answer.done():
                self._answer.set_result(Answer(int(head[9:12]), body, head))
