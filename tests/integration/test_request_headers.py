"""Headers without end, and headers that never come: each connection costs little, and ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from domain.limits import UploadLimits
from tests.service import Service, running_service

pytestmark = pytest.mark.one_service

LIMIT = UploadLimits().max_header_bytes
# What one read of a socket may bring before anybody counts.
READ_BYTES = 256 * 1024
MEGABYTE = b"x" * 1024 * 1024
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def hasty(environ: dict[str, str]) -> AsyncIterator[Service]:
    """The service, where headers have half a second."""
    more = {"MINILAB_MAX_HEADER_SECONDS": "0.5", "MINILAB_MAX_UPLOAD_SECONDS": "60"}
    async with running_service(environ | more) as running:
        yield running


async def _connect(service: Service) -> Streams:
    address = urlsplit(str(service.client.base_url))
    return await asyncio.open_connection(address.hostname, address.port)


def _problem(answer: bytes) -> tuple[str, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return head.split(b"\r\n")[0].decode(), json.loads(body)["code"]


@pytest.mark.parametrize(
    "begin",
    [b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Endless: ", b"GET /"],
    ids=["header", "path"],
)
async def test_header_without_end_is_refused(service: Service, begin: bytes) -> None:
    reader, writer = await _connect(service)
    writer.write(begin)
    for _ in range(2 + READ_BYTES // LIMIT):
        writer.write(b"x" * LIMIT)
        await asyncio.sleep(0.01)  # The pieces arrive one by one.
    async with asyncio.timeout(120):
        answer = await reader.read()
    writer.close()
    line, code = _problem(answer)
    assert (line, code) == (
        "HTTP/1.1 431 Request Header Fields Too Large",
        "headers_too_large",
    )


async def test_many_headers_are_refused_together(service: Service) -> None:
    fields = "".join(f"X-{number}: {'y' * 90}\r\n" for number in range(1000))
    reader, writer = await _connect(service)
    writer.write(f"GET /healthz HTTP/1.1\r\nHost: x\r\n{fields}\r\n".encode())
    async with asyncio.timeout(120):
        assert _problem(await reader.read())[1] == "headers_too_large"
    writer.close()


async def test_headers_within_the_limit_are_read(service: Service) -> None:
    answer = await service.client.get("/healthz", headers={"X-Long": "y" * (LIMIT - 2000)})
    assert answer.status_code == 200


async def test_trailers_without_end_end_the_connection(service: Service) -> None:
    reader, writer = await _connect(service)
    begin = (
        b"POST /v1/api-keys HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: application/json\r\nAuthorization: "
        + service.client.headers["Authorization"].encode()
        + b"\r\n\r\n2\r\n{}\r\n0\r\nX-Endless: "
    )
    writer.write(begin)
    with suppress(ConnectionError):
        async with asyncio.timeout(120):
            while not reader.at_eof():
                writer.write(MEGABYTE)
                await writer.drain()
                await asyncio.sleep(0.01)  # The service reads between two pieces.
    writer.close()


async def test_long_bodies_are_no_headers(service: Service) -> None:
    large = MEGABYTE * 3
    answer = await service.client.post("/v1/jobs", files={"files": ("a.txt", large)})
    assert answer.status_code == 202


@pytest.mark.parametrize("begin", [b"", b"GET /healthz HTTP/1.1\r\nHost:"], ids=["none", "some"])
async def test_headers_that_never_come_end_the_connection(hasty: Service, begin: bytes) -> None:
    reader, writer = await _connect(hasty)
    writer.write(begin)
    async with asyncio.timeout(120):
        assert _problem(await reader.read()) == ("HTTP/1.1 408 Request Timeout", "headers_too_slow")
    writer.close()


async def test_slow_bodies_are_no_slow_headers(hasty: Service) -> None:
    reader, writer = await _connect(hasty)
    authorization = hasty.client.headers["Authorization"]
    writer.write(
        b"POST /v1/api-keys HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nContent-Length: 17\r\n"
        + f"Authorization: {authorization}\r\n\r\n".encode()
    )
    for byte in b'{"role":"admin"} ':
        await asyncio.sleep(0.1)  # The body comes slowly, a byte at a time.
        writer.write(bytes([byte]))
    async with asyncio.timeout(120):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 201 Created")
    writer.close()
