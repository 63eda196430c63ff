"""The parts of `make fleet`: its faults, its balancer, links that are cut for some processes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest

from chaos.fleet import balancer
from chaos.fleet.balancer import Balancer
from chaos.fleet.inject import Injected
from chaos.fleet.outcome import find_waits, longest_gap
from chaos.fleet.partition import MemberLink, ports_of
from chaos.fleet.schedule import Kind, plan_rounds
from chaos.load import Record
from deploy.servers.ports import find_free_port
from deploy.servers.process import ServerError
from tests.waiting import until

# Sends a line at each line that it gets, and prints what comes back; then connects anew.
CLIENT = """
import socket, sys
at = ("127.0.0.1", int(sys.argv[1]))
for line in sys.stdin:
    if line == "connect\\n":
        try:
            link = socket.create_connection(at)
            link.settimeout(float(sys.argv[2]))
            print("connected", flush=True)
        except OSError as error:
            print(type(error).__name__, flush=True)
        continue
    try:
        link.sendall(b"hello")
        print(link.recv(100).decode() or "closed", flush=True)
    except OSError as error:
        print(type(error).__name__, flush=True)
"""


def test_every_round_has_all_faults_in_an_order_of_its_seed() -> None:
    rounds = plan_rounds(5, 8)
    assert rounds == plan_rounds(5, 8)
    assert rounds != plan_rounds(6, 8)
    assert all(sorted(kinds) == sorted(Kind) for kinds in rounds)
    assert len({tuple(kinds) for kinds in rounds}) > 1


def test_gap_is_the_longest_time_without_a_ticket() -> None:
    tickets = [1.0, 2.0, 9.0, 10.0]
    assert longest_gap(tickets, 0.0, 12.0) == 7.0
    assert longest_gap(tickets, 0.0, 5.0) == 3.0
    assert longest_gap([], 4.0, 6.0) == 2.0
    assert longest_gap(tickets, 9.5, float("inf")) == 0.5


def test_waits_belong_to_the_fault_during_which_they_began() -> None:
    class Run:
        ticket_times = (1.0, 4.0, 11.0, 12.0)
        waits = ((1.0, 0.5), (4.0, 3.0), (11.0, 2.0))

    faults = [Injected(Kind.KILL_API, 0.0, 2.0), Injected(Kind.KILL_REDIS, 10.0, 15.0)]
    run: Any = Run()
    first, second = find_waits(run, faults)
    assert (first.kind, first.healing_seconds) == (Kind.KILL_API, 2.0)
    assert (first.outage_seconds, first.wait_seconds) == (6.0, 3.0)
    assert (second.outage_seconds, second.wait_seconds) == (1.0, 2.0)


def test_only_the_proxy_is_excused_for_a_502() -> None:
    assert Record(frozenset({502})).excused == {502}
    assert Record().excused == frozenset()


def test_missing_haproxy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balancer, "ALSO_IN", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match="apt-get install haproxy"):
        Balancer(tmp_path, [1])


class Named(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(self.server.server_port).encode())  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def servers() -> Iterator[list[HTTPServer]]:
    running = [HTTPServer(("127.0.0.1", find_free_port()), Named) for _ in range(2)]
    for server in running:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    yield running
    for server in running:
        server.shutdown()
        server.server_close()


async def test_balancer_leaves_out_what_drains_and_what_is_away(
    servers: list[HTTPServer], tmp_path: Path
) -> None:
    first, second = (server.server_port for server in servers)
    try:
        balanced = Balancer(tmp_path, [first, second])
    except ServerError as missing:
        pytest.skip(str(missing))
    await asyncio.to_thread(balanced.process.start)
    try:
        async with httpx.AsyncClient(base_url=balanced.url, trust_env=False) as client:

            async def seen() -> set[int]:
                answers = [await client.get("/") for _ in range(6)]
                assert {answer.status_code for answer in answers} == {200}
                return {int(answer.text) for answer in answers}

            assert await seen() == {first, second}
            balanced.drain(0)
            assert await seen() == {second}
            balanced.use(0)
            balanced.reload()
            assert await seen() == {first, second}
            await asyncio.to_thread(servers[0].shutdown)
            servers[0].server_close()
            assert await seen() == {second}
    finally:
        balanced.process.kill()


@asynccontextmanager
async def other_process(port: int) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLIENT, str(port), "1", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def test_link_is_cut_for_one_process_alone() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(100):
            writer.write(piece)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    link = MemberLink(server.sockets[0].getsockname()[1], seed=1)
    await link.start()
    async with other_process(link.port) as other:
        assert other.stdin is not None
        assert other.stdout is not None

        async def tell(line: str) -> str:
            other.stdin.write(f"{line}\n".encode())  # type: ignore[union-attr]
            return (await other.stdout.readline()).decode().strip()  # type: ignore[union-attr]

        reader, writer = await asyncio.open_connection("127.0.0.1", link.port)

        async def own() -> bytes:
            writer.write(b"mine")
            return await reader.read(100)

        assert await tell("connect") == "connected"
        assert await tell("say") == "hello"
        assert await own() == b"mine"
        with link.cut_off(lambda: ports_of(other.pid)):
            assert await tell("say") in ("ConnectionResetError", "closed", "BrokenPipeError")
            assert await own() == b"mine"
            assert await tell("connect") == "connected"
            assert await tell("say") == "TimeoutError"
        assert await tell("connect") == "connected"
        assert await tell("say") == "hello"
        assert await own() == b"mine"
        writer.close()
    server.close()
    await until(lambda: not link._carrying)
    await link.end()
