"""Many who listen at once, and some who do not read."""

import asyncio
import socket
from contextlib import AsyncExitStack, suppress

import httpx
import pytest

from tests.event_streams import listening
from tests.integration.test_live_events import change, has_listeners, open_job
from tests.service import ADMIN_KEY, Service, authorization, running_service

pytestmark = pytest.mark.one_service

LISTENERS = 200
SMALL_BYTES = 4096


async def test_all_listeners_of_a_job_are_told_from_the_same_looks(service: Service) -> None:
    path = await open_job(service)
    database, looks = service.stores.database, "command.filter._id.$in"
    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=None)
        base = service.client.base_url
        client = await stack.enter_async_context(
            httpx.AsyncClient(base_url=base, limits=limits, timeout=60)
        )
        readers = [
            await stack.enter_async_context(listening(client, path)) for _ in range(LISTENERS)
        ]
        await has_listeners(service, LISTENERS)
        await asyncio.gather(*(reader.until(lambda r=reader: bool(r.events)) for reader in readers))  # type: ignore[misc]
        await database.command("profile", 2)
        async with service.working():
            await asyncio.gather(*(reader.end() for reader in readers))
        await database.command("profile", 0)
        profile = database["system.profile"]
        asked = {"op": "query", "ns": f"{database.name}.jobs", looks: path.rsplit("/", 1)[1]}
        assert 0 < await profile.count_documents(asked) < LISTENERS / 2
    for reader in readers:
        assert reader.events[-1].name == "job.finished"
        assert reader.versions == sorted(set(reader.versions))
    await has_listeners(service, 0)


async def test_listener_that_leaves_is_forgotten(service: Service) -> None:
    path = await open_job(service)
    for _ in range(5):
        async with listening(service.client, path):
            pass
    await has_listeners(service, 0)
    async with listening(service.client, path, last=1) as reader:
        await change(service, path)
        await reader.until(lambda: reader.versions == [2])


async def test_reader_that_takes_nothing_is_cut_off(environ: dict[str, str]) -> None:
    busy = {
        "MINILAB_LISTENER_HEARTBEAT_SECONDS": "0.0001",
        "MINILAB_LISTENER_STALL_SECONDS": "0.5",
    }
    async with running_service(environ | busy, send_buffer_bytes=SMALL_BYTES) as service:
        path = await open_job(service)
        stalled = await connect(service, path)
        async with listening(service.client, path) as reader:
            await has_listeners(service, 1)
            comments = len(reader.comments)
            await reader.until(lambda: len(reader.comments) > comments)
            loop = asyncio.get_running_loop()
            kept = 0
            with suppress(ConnectionResetError):
                while part := await loop.sock_recv(stalled, 65536):
                    kept += len(part)
            assert kept < 1_000_000
        stalled.close()
        await has_listeners(service, 0)


async def connect(service: Service, path: str) -> socket.socket:
    """Ask for a stream and read none of it; the system keeps hardly anything of it."""
    stalled = socket.socket()
    stalled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BYTES)
    stalled.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(stalled, (service.client.base_url.host, service.client.base_url.port))
    shown = authorization(ADMIN_KEY)["Authorization"]
    request = f"GET {path}/events HTTP/1.1\r\nHost: here\r\nAuthorization: {shown}\r\n\r\n"
    await loop.sock_sendall(stalled, request.encode())
    await has_listeners(service, 1)
    return stalled
