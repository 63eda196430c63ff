"""Attacks on connections: slow bodies, unread answers, idle and pipelined connections, too many."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx
import pytest

from api.pages.assets.registry import ASSETS
from api.server.connections import Connections
from api.server.protocol import MOST_PIPELINED
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
QUICK = {
    "max_header_seconds": 0.5,
    "max_body_stall_seconds": 0.5,
    "max_unread_seconds": 0.5,
    "max_upload_seconds": 600,
}
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE_ANSWER = f"GET {ASSETS.get('swagger-ui.js').url} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
MB = 1024 * 1024


@asynccontextmanager
async def limited(environ: dict[str, str], **limits: object) -> AsyncIterator[Service]:
    own = {f"MINILAB_{name.upper()}": str(value) for name, value in limits.items()}
    async with running_service(environ | own, send_buffer_bytes=65_536) as running:
        yield running


@pytest.fixture
async def hasty(environ: dict[str, str]) -> AsyncIterator[Service]:
    """The service, where nothing may take longer than half a second."""
    async with limited(environ, **QUICK) as running:
        yield running


async def connect(service: Service) -> Streams:
    address = urlsplit(str(service.client.base_url))
    return await asyncio.open_connection(address.hostname, address.port)


async def connect_deaf(service: Service) -> Streams:
    """Connect as a client that reads nothing: what arrives is not even taken from the system."""
    address = urlsplit(str(service.client.base_url))
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    await asyncio.get_running_loop().sock_connect(client, (address.hostname, address.port))
    streams = await asyncio.open_connection(sock=client, limit=1)
    transport = streams[1].transport
    assert isinstance(transport, asyncio.ReadTransport)
    transport.pause_reading()
    return streams


def registry(service: Service) -> Connections:
    connections: Connections = service.app.state.connections
    return connections


def head(route: str, *more: str, key: str = ADMIN_KEY) -> bytes:
    lines = [f"POST {route} HTTP/1.1", "Host: x", f"Authorization: Bearer {key}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


async def read_problem(reader: asyncio.StreamReader) -> tuple[int, str]:
    async with asyncio.timeout(60):
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
    assert headers["content-type"] == "application/problem+json"
    return int(lines[0].split()[1]), json.loads(body)["code"]


async def trickle(streams: Streams, piece: bytes) -> tuple[int, str]:
    """Send a piece now and then, until there is an answer."""
    reader, writer = streams

    async def send() -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(piece)
                await asyncio.sleep(0.05)  # The client is slow.

    sending = asyncio.create_task(send())
    try:
        return await read_problem(reader)
    finally:
        sending.cancel()
        await asyncio.wait([sending])
        writer.close()


@pytest.mark.parametrize("framing", ["Content-Length: 100000", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize("route", ["/v1/jobs", "/v1/api-keys", "/v1/dead-letters/retry"])
async def test_body_of_a_few_bytes_a_second_is_ended(
    hasty: Service, route: str, framing: str
) -> None:
    media_type = CONTENT_TYPE if route == "/v1/jobs" else "application/json"
    streams = await connect(hasty)
    streams[1].write(head(route, framing, f"Content-Type: {media_type}"))
    piece = b"1\r\n \r\n" if "chunked" in framing else b" "
    assert await trickle(streams, piece) == (408, "body_too_slow")
    assert hasty.admission.slots.used == 0


@pytest.mark.parametrize("route", ["/v1/jobs", "/v1/api-keys"])
async def test_body_that_never_comes_is_ended(hasty: Service, route: str) -> None:
    media_type = CONTENT_TYPE if route == "/v1/jobs" else "application/json"
    reader, writer = await connect(hasty)
    writer.write(head(route, "Content-Length: 100", f"Content-Type: {media_type}"))
    assert await read_problem(reader) == (408, "body_too_slow")
    writer.close()


async def test_slow_links_do_not_keep_others_out(environ: dict[str, str]) -> None:
    """Uploads of a byte now and then take all places that their links get; then they end."""
    quick = QUICK | {"max_body_stall_seconds": 3, "max_concurrent_uploads": 8}
    async with limited(environ, **quick) as service:
        tokens = [(await service.make_link())["upload_url"].rsplit("/", 1)[1] for _ in range(2)]
        user = await service.make_key("client", "u1")
        slow = []
        for token in tokens * 8:
            streams = await connect(service)
            more = ("Transfer-Encoding: chunked", f"Content-Type: {CONTENT_TYPE}")
            streams[1].write(head("/v1/uploads", *more, key=token))
            slow.append(asyncio.create_task(trickle(streams, b"1\r\n-\r\n")))
        await until(lambda: service.admission.slots.used >= 5)
        for key in (user, ADMIN_KEY):
            answer = await service.send([("a.jpg", draw())], key=key)
            assert answer.status_code == 202, answer.text
        codes = {code for _, code in await asyncio.gather(*slow)}
        assert codes == {"body_too_slow", "too_many_in_flight"}
        assert service.admission.slots.used == 0


async def test_body_that_is_fast_enough_may_take_long(environ: dict[str, str]) -> None:
    quick = QUICK | {"min_body_bytes_per_second": 100}
    async with limited(environ, **quick) as service:
        body = body_of(file_part(draw(), "a.jpg"))

        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(body), len(body) // 15):
                yield body[start : start + len(body) // 15]
                await asyncio.sleep(0.1)  # The client is slow, and stays above the least rate.

        answer = await service.client.post(
            "/v1/jobs", content=pieces(), headers={"Content-Type": CONTENT_TYPE}
        )
        assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("announced", [True, False])
async def test_large_body_of_another_route_is_refused_before_it_is_read(
    service: Service, announced: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * MB

    headers = {"Content-Type": "application/json"}
    headers |= {"Content-Length": str(64 * MB)} if announced else {}
    with suppress(httpx.WriteError):
        answer = await service.client.post("/v1/api-keys", content=pieces(), headers=headers)
        assert_problem(answer, 413, "request_too_large")


async def test_idle_connection_does_not_live_on_empty_lines(hasty: Service) -> None:
    reader, writer = await connect(hasty)
    writer.write(HEALTH)
    await reader.readuntil(b"\r\n\r\n")

    def has_ended() -> bool:
        writer.write(b"\r\n")
        return reader.at_eof() or reader.exception() is not None

    await until(has_ended)
    writer.close()


async def test_answers_that_nobody_reads_are_dropped(hasty: Service) -> None:
    streams = [await connect_deaf(hasty) for _ in range(4)]
    for _, writer in streams:
        writer.write(LARGE_ANSWER * 4)
    await until(lambda: registry(hasty)._unread_bytes > 0)
    await until(lambda: registry(hasty).count == 0)
    assert registry(hasty)._unread_bytes == 0
    for _, writer in streams:
        writer.transport.abort()


async def test_answer_that_is_read_slowly_arrives_whole(hasty: Service) -> None:
    reader, writer = await connect(hasty)
    writer.write(LARGE_ANSWER.replace(b"Host", b"Connection: close\r\nHost"))
    received = 0
    while piece := await reader.read(65_536):
        received += len(piece)
        await asyncio.sleep(0.05)  # The client is slow: it takes longer than it may read nothing.
    assert received > MB
    writer.close()


async def test_all_unread_answers_together_are_limited(environ: dict[str, str]) -> None:
    more = {"max_unread_bytes": 3 * MB, "max_unread_seconds": 600}
    async with limited(environ, **more) as service:
        streams = [await connect_deaf(service) for _ in range(8)]
        for _, writer in streams:
            writer.write(LARGE_ANSWER)
        await until(lambda: registry(service).count <= 3)
        assert registry(service)._unread_bytes <= 3 * MB
        assert (await service.client.get("/healthz")).status_code == 200
        for _, writer in streams:
            writer.transport.abort()


@pytest.mark.parametrize(
    ("limit", "status", "code"),
    [
        ("max_connections", 503, "connections_full"),
        ("max_connections_per_address", 429, "too_many_connections"),
    ],
)
async def test_connections_are_limited(
    environ: dict[str, str], limit: str, status: int, code: str
) -> None:
    async with limited(environ, **{limit: 5}) as service:
        open_ones = [await connect(service) for _ in range(5)]
        await until(lambda: registry(service).count == 5)
        reader, writer = await connect(service)
        writer.write(HEALTH)
        async with asyncio.timeout(60):
            lines, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert int(lines.split()[1]) == status
        assert json.loads(body)["code"] == code
        assert b"retry-after: " in lines
        for _, other in open_ones:
            other.write(HEALTH)
        for others, _ in open_ones:
            assert (await others.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200 ")
        for _, other in (*open_ones, (reader, writer)):
            other.close()
        await until(lambda: registry(service).count == 0)
        assert (await service.client.get("/healthz")).status_code == 200


async def test_addresses_behind_a_trusted_proxy_are_counted_by_themselves(
    environ: dict[str, str],
) -> None:
    proxy = {"trusted_proxies": "127.0.0.0/8", "max_connections_per_address": 2}
    async with limited(environ, **proxy) as service:
        ticket = (await service.send([("a.jpg", draw())])).json()["id"]

        async def ask(address: str, seconds: int) -> httpx.Response:
            headers = {"X-Forwarded-For": address, "Prefer": f"wait={seconds}"}
            return await service.client.get(f"/v1/jobs/{ticket}", headers=headers)

        held = [asyncio.create_task(ask("192.0.2.1", 30)) for _ in range(2)]
        await until(lambda: registry(service)._of_address["192.0.2.1"] == 2)
        assert_problem(await ask("192.0.2.1", 0), 429, "too_many_connections")
        assert (await ask("192.0.2.2", 0)).status_code == 200
        async with service.working():
            assert {(await answer).status_code for answer in held} == {200}
        await until(lambda: not registry(service)._of_address)


async def test_address_that_a_stranger_names_is_not_believed(environ: dict[str, str]) -> None:
    async with limited(environ, max_connections_per_address=2) as service:
        for number in range(5):
            headers = {"X-Forwarded-For": f"192.0.2.{number}", "Connection": "close"}
            assert (await service.client.get("/healthz", headers=headers)).status_code == 200
        assert set(registry(service)._of_address) <= {"127.0.0.1"}


async def test_requests_in_advance_are_limited(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())])).json()["id"]
    reader, writer = await connect(service)
    held = f"GET /v1/jobs/{ticket} HTTP/1.1\r\nHost: x\r\nPrefer: wait=1\r\n"
    writer.write(f"{held}Authorization: Bearer {ADMIN_KEY}\r\n\r\n".encode())
    writer.write(HEALTH * (4 * MOST_PIPELINED))
    async with asyncio.timeout(60):
        answers = await reader.read()
    assert answers.count(b"HTTP/1.1 200 OK") == 1 + MOST_PIPELINED
    assert answers.count(b"connection: close") == 1
    writer.close()


async def test_held_answers_count_as_listeners(service: Service) -> None:
    key, other = await service.make_key("client", "u1"), await service.make_key("client", "u2")
    async with limited(service.environ, tenant_max_listeners=2, max_listeners=3) as running:
        tickets = {
            name: (await running.send([("a.jpg", draw())], key=name)).json()["id"]
            for name in (key, other)
        }

        async def wait(name: str) -> httpx.Response:
            headers = authorization(name) | {"Prefer": "wait=30"}
            return await running.client.get(f"/v1/jobs/{tickets[name]}", headers=headers)

        async def count_held(number: int) -> bool:
            metrics = (await running.client.get("/metrics")).text
            return f"minilab_listeners {number}.0" in metrics

        held = [asyncio.create_task(wait(key)) for _ in range(2)]
        await until(lambda: count_held(2))
        assert_problem(await wait(key), 429, "too_many_listeners")
        # A ticket is given whatever the limits of listeners are, without a wait.
        upload = await running.send([("b.jpg", draw(seed=2))], key=key, wait=30)
        assert upload.status_code == 202
        held.append(asyncio.create_task(wait(other)))
        await until(lambda: count_held(3))
        refused = await wait(other)
        assert_problem(refused, 503, "listeners_full")
        assert int(refused.headers["Retry-After"]) >= 1
        async with running.working():
            assert {(await answer).status_code for answer in held} == {200}


@pytest.mark.parametrize("chunked", [False, True])
async def test_offer_of_another_protocol_is_ignored(service: Service, chunked: bool) -> None:
    """As the HTTP client of Java sends it; the connection goes on with the next request."""
    body = body_of(file_part(draw(), "a.jpg"))
    length, sent = f"Content-Length: {len(body)}", body
    if chunked:
        length, sent = "Transfer-Encoding: chunked", b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n{length}\r\n\r\n"
    )
    reader, writer = await connect(service)
    writer.write(head.encode() + sent[:100])
    await writer.drain()
    writer.write(sent[100:] + HEALTH)
    answers = await reader.readuntil(b"\r\n\r\n")
    assert answers.startswith(b"HTTP/1.1 202 ")
    assert b"HTTP/1.1 200 " in await reader.readuntil(b"HTTP/1.1 200 ")
    writer.close()


async def test_request_that_only_offers_another_protocol_is_answered(service: Service) -> None:
    offer = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
    reader, writer = await connect(service)
    for _ in range(2):
        writer.write(HEALTH.replace(b"\r\n\r\n", b"\r\n" + offer + b"\r\n"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        await reader.readuntil(b"}")
    writer.close()
