"""Answers that come before the body was read, on real sockets of a real process."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.server import lingering_close as lingering
from deploy.servers.embedded import EmbeddedServers
from tests.faults.stack import Stack, running_stack
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.service import Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service

LARGE = body_of(file_part(draw().ljust(50_000_000, b"\x55"), "large.jpg"))
SMALL = body_of(file_part(draw(), "small.jpg"))
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def refusing_process(servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """``python -m api``, with a backlog that is full after one image."""
    async with running_stack(servers, tmp_path, max_backlog_images=1) as stack:
        await stack.ticket([("a.jpg", draw())])
        yield stack


async def connect(client: httpx.AsyncClient) -> Streams:
    address = urlsplit(str(client.base_url))
    return await asyncio.open_connection(address.hostname, address.port)


def head(client: httpx.AsyncClient, length: int, *more: str) -> bytes:
    lines = [
        "POST /v1/jobs HTTP/1.1",
        "Host: x",
        f"Authorization: {client.headers['Authorization']}",
        f"Content-Type: {CONTENT_TYPE}",
        f"Content-Length: {length}",
        *more,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
    async with asyncio.timeout(120):
        status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines if line)
        body = await reader.readexactly(int(headers["content-length"]))
    return int(status.split()[1]), headers, body


async def test_client_that_sends_everything_first_reads_its_refusal(
    refusing_process: Stack,
) -> None:
    reader, writer = await connect(refusing_process.client)
    writer.write(head(refusing_process.client, len(LARGE)) + LARGE)
    await writer.drain()
    status, headers, body = await read_answer(reader)
    assert (status, headers["connection"]) == (503, "close")
    assert int(headers["retry-after"]) >= 1
    assert b"backlog_full" in body
    assert await reader.read() == b""  # An end, no reset.
    writer.close()


async def test_client_that_reads_while_it_sends_is_told_at_once(refusing_process: Stack) -> None:
    reader, writer = await connect(refusing_process.client)
    writer.write(head(refusing_process.client, len(LARGE)) + LARGE[:100_000])
    status, headers, _ = await read_answer(reader)
    assert (status, headers["connection"]) == (503, "close")
    writer.close()


async def test_client_that_asks_first_is_not_told_to_send(refusing_process: Stack) -> None:
    reader, writer = await connect(refusing_process.client)
    writer.write(head(refusing_process.client, len(LARGE), "Expect: 100-continue"))
    status, headers, _ = await read_answer(reader)
    assert (status, headers["connection"]) == (503, "close")
    writer.close()


async def test_connection_goes_on_after_short_body_was_refused(refusing_process: Stack) -> None:
    reader, writer = await connect(refusing_process.client)
    for _ in range(3):
        writer.write(head(refusing_process.client, len(SMALL)) + SMALL)
        status, headers, _ = await read_answer(reader)
        assert status == 503
        assert "connection" not in headers
    writer.close()


async def test_common_clients_read_their_refusal(refusing_process: Stack, tmp_path: Path) -> None:
    headers = {"Content-Type": CONTENT_TYPE}
    for _ in range(3):
        answer = await refusing_process.client.post("/v1/jobs", content=LARGE, headers=headers)
        assert answer.status_code == 503, answer.text
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl")
    (tmp_path / "large.jpg").write_bytes(LARGE)
    for expect in ("Expect: 100-continue", "Expect:"):
        process = await asyncio.create_subprocess_exec(
            *(curl, "-sS", "--noproxy", "*", "-o", "/dev/null", "-w", "%{http_code}"),
            *("-H", f"Authorization: {refusing_process.client.headers['Authorization']}"),
            *("-H", expect, "-F", f"files=@{tmp_path}/large.jpg"),
            f"{refusing_process.client.base_url}/v1/jobs",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert (process.returncode, out, err) == (0, b"503", b"")


async def test_unknown_key_is_refused_the_same_way(refusing_process: Stack) -> None:
    headers = authorization("unknown") | {"Content-Type": CONTENT_TYPE}
    answer = await refusing_process.client.post("/v1/jobs", content=LARGE, headers=headers)
    assert (answer.status_code, answer.headers["Connection"]) == (401, "close")


@pytest.mark.parametrize(("limit", "is_idle"), [("IDLE_SECONDS", True), ("LINGER_SECONDS", False)])
async def test_refused_client_cannot_hold_its_connection(
    service: Service, monkeypatch: pytest.MonkeyPatch, limit: str, is_idle: bool
) -> None:
    monkeypatch.setattr(lingering, limit, 0.5)
    reader, writer = await connect(service.client)
    request = head(service.client, len(LARGE)).replace(b"Bearer ", b"Bearer x")
    writer.write(request + LARGE[:10])
    status, _, _ = await read_answer(reader)
    assert status == 401

    def has_ended() -> bool:
        if not is_idle:
            writer.write(b"x")
        return reader.at_eof() or reader.exception() is not None

    await until(has_ended)
    writer.close()


async def test_body_that_never_ends_is_not_read_for_ever(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "LINGER_BYTES", 1_000_000)
    reader, writer = await connect(service.client)
    writer.write(head(service.client, 10**9).replace(b"Bearer ", b"Bearer x"))
    status, _, _ = await read_answer(reader)
    assert status == 401

    async def send_on() -> None:
        while True:
            writer.write(LARGE[:100_000])
            await writer.drain()

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(send_on(), 20)
    writer.close()
