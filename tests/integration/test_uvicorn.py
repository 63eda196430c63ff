"""Parts of uvicorn that api/server relies on: a new version that changes them fails here."""

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any, cast

import pytest
import uvicorn
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.http.cross_origin import AllowedOrigins
from api.server.connections import Connections
from api.server.listening import QUEUES
from api.server.protocol import ABORT, Protocol
from api.server.server import Server
from domain.limits import ConnectionLimits, UploadLimits
from tests.waiting import until

LIMITS = UploadLimits(max_header_bytes=1000, max_header_seconds=0.3)
REQUEST = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi"
LAST = REQUEST.replace(b"host", b"connection: close\r\nhost")


class Closing:
    is_closed = False

    def close(self) -> None:
        self.is_closed = True


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/abort":
        cast("dict[str, Any]", scope)["extensions"][ABORT]()
    message: Any = await receive()
    headers = [(b"content-length", b"%d" % len(message["body"]))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": message["body"], "more_body": False})


def _server(answer: ASGIApp, **options: Any) -> tuple[Server, State]:
    connections = Connections(ConnectionLimits())
    parts = {"live_jobs": Closing(), "waiting": Closing(), "connections": connections}
    app = Litestar(
        state=State({"stop": asyncio.Event()} | parts), openapi_config=None, logging_config=None
    )
    http: Any = partial(Protocol, LIMITS, connections, AllowedOrigins(frozenset()))
    options |= {"ws": "none", "lifespan": "off", "log_level": "critical"}
    return Server(uvicorn.Config(answer, http=http, **options), app), app.state


@asynccontextmanager
async def _running_at(port: int) -> AsyncIterator[Server]:
    server, _ = _server(_echo, host="127.0.0.1", port=port)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started or serving.done())
    try:
        yield server
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def _serving(answer: ASGIApp = _echo) -> AsyncIterator[tuple[Server, State, int]]:
    server, state = _server(answer)
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield server, state, listener.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def _exchange(port: int, *parts: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in parts:
        writer.write(part)
        await writer.drain()
    try:
        async with asyncio.timeout(120):
            return await reader.read()
    finally:
        writer.close()


async def test_each_overridden_method_exists_with_these_parameters() -> None:
    own = {"unread_bytes", "abort"}
    for name, method in vars(Protocol).items():
        if not name.startswith("_") and inspect.isfunction(method) and name not in own:
            theirs = inspect.signature(getattr(HttpToolsProtocol, name))
            assert list(inspect.signature(method).parameters) == list(theirs.parameters), name
    for name in ("startup", "main_loop", "on_tick", "shutdown"):
        theirs = inspect.signature(getattr(uvicorn.Server, name))
        assert list(inspect.signature(getattr(Server, name)).parameters) == list(theirs.parameters)


async def test_a_port_has_several_queues_and_no_second_server() -> None:
    async with _running_at(0) as server:
        listeners = [listener for each in server.servers for listener in each.sockets]
        ports = {listener.getsockname()[1] for listener in listeners}
        assert (len(listeners), len(ports)) == (QUEUES, 1)
        (port,) = ports
        for _ in range(4 * QUEUES):  # The system chooses a queue for each.
            assert (await _exchange(port, LAST)).startswith(b"HTTP/1.1 200 ")
        second, _ = _server(_echo, host="127.0.0.1", port=port)
        with pytest.raises(SystemExit):
            await second.serve()


async def test_requests_on_one_connection_are_each_within_the_limit() -> None:
    many = REQUEST * 40  # Far more bytes than the headers of one request may have.
    async with _serving() as (_, _, port):
        answered = await _exchange(
            port, many, REQUEST.replace(b"host", b"connection: close\r\nhost")
        )
    assert answered.count(b"HTTP/1.1 200 OK") == 41


@pytest.mark.parametrize("ending", [b"", b"\r\n\r\n"])
async def test_long_headers_are_refused(ending: bytes) -> None:
    async with _serving() as (_, _, port):
        answered = await _exchange(port, b"GET / HTTP/1.1\r\nx: " + b"a" * 2000 + ending)
    assert answered.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"headers_too_large"' in answered


async def test_headers_that_do_not_arrive_are_refused() -> None:
    async with _serving() as (_, _, port):
        answered = await _exchange(port, b"GET / HTTP/1.1\r\n")
    assert answered.startswith(b"HTTP/1.1 408 ")


async def test_application_can_abort_its_connection() -> None:
    answered = b""
    async with _serving() as (_, _, port):
        with suppress(ConnectionResetError):
            answered = await _exchange(port, REQUEST.replace(b"POST /", b"POST /abort"))
    assert answered == b""


async def test_server_stops_when_asked_and_notifies_streams_first() -> None:
    async with _serving() as (server, state, port):
        assert b"200 OK" in await _exchange(port, LAST)
        state.stop.set()
        await until(lambda: not server.servers[0].is_serving())
        assert state.live_jobs.is_closed
        assert state.waiting.is_closed


async def test_client_that_leaves_is_noticed_also_if_it_sent_requests_in_advance() -> None:
    has_left = asyncio.Event()

    async def send_for_long(_scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        leaving = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(500):
            if leaving.done():
                assert (await leaving)["type"] == "http.disconnect"
                has_left.set()
                return
            await send({"type": "http.response.body", "body": b"x" * 1000, "more_body": True})
            await asyncio.sleep(0.01)  # Something to send appears now and then.
        leaving.cancel()

    async with _serving(send_for_long) as (_, _, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST * 3)
        await reader.readexactly(1000)
        writer.transport.abort()
        await until(has_left.is_set, 20)
