"""Bounds of large reads: turns between tenants, nothing read too early, nothing done for nobody."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from api.answers import numbers
from api.images.rendering import RenderJob
from sandbox.pool import ChildPool
from sandbox.streams import Incoming
from storage.blobs.known_blobs import KnownBlobs
from storage.blobs.stores.gridfs import GridFsStore
from storage.queue.fair_turns import FairTurns
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service

CHUNK_BYTES = 255 * 1024


class Children:
    """Render calls that wait until the test lets them go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun: list[int] = []
        """Sizes of the images, in the order of their calls."""
        self.streams = 0
        """Number of images whose bytes were asked for."""
        self.may_go_on = asyncio.Event()
        run, stream = ChildPool.run, KnownBlobs.stream

        async def wait_and_run(pool: ChildPool, *args: Any, **options: Any) -> Any:
            sizes = [arg.size_bytes for arg in args if isinstance(arg, Incoming)]
            sizes += [len(arg.data) for arg in args if isinstance(arg, RenderJob) and arg.data]
            self.begun += sizes
            await self.may_go_on.wait()
            return await run(pool, *args, **options)

        async def count_stream(*args: Any) -> AsyncIterator[bytes]:
            self.streams += 1
            async for part in stream(*args):
                yield part

        monkeypatch.setattr(ChildPool, "run", wait_and_run)
        monkeypatch.setattr(KnownBlobs, "stream", count_stream)


@asynccontextmanager
async def _service(environ: dict[str, str], **more: object) -> AsyncIterator[Service]:
    own = {f"MINILAB_{name.upper()}": str(value) for name, value in more.items()}
    async with running_service(environ | own) as running:
        yield running


async def _upload(service: Service, key: str, *sizes: int) -> list[str]:
    """Upload pictures of these sizes, in bytes, and give their paths."""
    files = [("a.jpg", draw(24, 24).ljust(size, b"\0")) for size in sizes]
    answer = await service.send(files, key=key)
    assert answer.status_code == 202, answer.text
    items = answer.json()["items"]
    return [f"/v1/images/{item['image_id']}/content?variant=grayscale" for item in items]


def _get(service: Service, path: str, key: str = ADMIN_KEY) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(service.client.get(path, headers=authorization(key)))


def _large_turns(service: Service) -> FairTurns:
    turns: FairTurns = service.app.state.variants._large
    return turns


async def test_bytes_are_read_when_a_child_is_free_and_once_for_all_clients(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(environ, render_children=1) as service:
        children = Children(monkeypatch)
        paths = await _upload(service, ADMIN_KEY, 2001, 2002, 2003)
        asked = [_get(service, path) for path in paths for _ in range(10)]
        await until(lambda: _large_turns(service).waiting == 2)
        assert (len(children.begun), children.streams) == (1, 0)
        children.may_go_on.set()
        answers = await asyncio.gather(*asked)
        assert {answer.status_code for answer in answers} == {200}
        assert sorted(children.begun) == [2001, 2002, 2003]
        assert children.streams == 3


async def test_picture_of_another_tenant_waits_for_one_rendering(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(environ, render_children=1) as service:
        children = Children(monkeypatch)
        many, one = [await service.make_key("client", user) for user in ("many", "one")]
        paths = await _upload(service, many, 2001, 2002, 2003, 2004)
        asked = [_get(service, path, many) for path in paths]
        await until(lambda: _large_turns(service).waiting == 3)
        (path,) = await _upload(service, one, 1001)
        asked.append(_get(service, path, one))
        await until(lambda: _large_turns(service).waiting == 4)
        children.may_go_on.set()
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
        assert 1001 in children.begun[1:3], "after one that ran, and one whose turn it was"


async def test_small_picture_has_a_child_of_its_own(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(environ) as service:
        (new,) = await _upload(service, ADMIN_KEY, 1001)
        async with service.working():
            job = await service.process([("a.jpg", draw(24, 24))])
        known = f"/v1/images/{job['items'][0]['image_id']}/content?variant=grayscale"
        paths = await _upload(service, ADMIN_KEY, 2_000_001, 2_000_002)
        children = Children(monkeypatch)
        asked = [_get(service, path) for path in paths]
        await until(lambda: len(children.begun) == 1)
        asked.append(_get(service, known))
        await until(lambda: len(children.begun) == 2)
        asked.append(_get(service, new))
        await until(lambda: service.app.state.variants._small.waiting == 1)
        assert children.begun[1] < 2_000_001
        children.may_go_on.set()
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}


async def test_renderings_beyond_the_bound_are_refused_with_a_time_to_return(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(environ, render_children=1, max_waiting_renderings=2) as service:
        children = Children(monkeypatch)
        client = await service.make_key("client", "many")
        asked = [_get(service, path, client) for path in await _upload(service, client, 2001, 2002)]
        await until(lambda: len(children.begun) == 1 and _large_turns(service).waiting == 1)
        (path,) = await _upload(service, client, 2003)
        refused = await _get(service, path, client)
        assert_problem(refused, 429, "too_many_reads")
        assert int(refused.headers["retry-after"]) >= 1
        paths = await _upload(service, ADMIN_KEY, 2004, 2005)
        asked.append(_get(service, paths[0]))
        await until(lambda: _large_turns(service).waiting == 2)
        refused = await _get(service, paths[1])
        assert_problem(refused, 503, "rendering_full")
        assert int(refused.headers["retry-after"]) >= 1
        children.may_go_on.set()
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
        assert (await _get(service, paths[1])).status_code == 200


async def test_renderings_that_nobody_waits_for_are_dropped(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(environ, render_children=1) as service:
        children = Children(monkeypatch)
        paths = await _upload(service, ADMIN_KEY, *range(2001, 2011))
        asked = [_get(service, path) for path in paths for _ in range(2)]
        await until(lambda: _large_turns(service).waiting == 9)
        for number, task in enumerate(asked):
            if number != len(asked) - 1:
                task.cancel()
        await asyncio.wait(asked[:-1])
        await until(lambda: _large_turns(service).waiting == 1)
        children.may_go_on.set()
        assert (await asked[-1]).status_code == 200
        assert len(children.begun) == 2, "the one that ran, and the one that is waited for"
        await until(lambda: _has_variants(service, 2))


async def _has_variants(service: Service, count: int) -> bool:
    return await service.count("variants.files") == count


async def test_client_that_reads_slowly_holds_a_chunk(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    stream = GridFsStore.stream

    async def count_chunks(*args: Any) -> AsyncIterator[bytes]:
        nonlocal reads
        async for part in stream(*args):
            reads += 1
            yield part

    monkeypatch.setattr(GridFsStore, "stream", count_chunks)
    async with running_service(environ, send_buffer_bytes=4096) as service:
        (path,) = await _upload(service, ADMIN_KEY, 12 * CHUNK_BYTES)
        original = path.partition("?")[0]
        with socket.create_connection(("127.0.0.1", service.client.base_url.port)) as reader:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            key = f"Authorization: Bearer {ADMIN_KEY}"
            reader.sendall(f"GET {original} HTTP/1.1\r\nHost: a\r\n{key}\r\n\r\n".encode())
            await until(lambda: reads > 0)
            answer = await service.client.get(original)  # Meanwhile another one is read whole.
            assert len(answer.content) == 12 * CHUNK_BYTES
            assert reads <= 12 + 3


async def test_downloads_beyond_the_bound_wait_and_one_tenant_leaves_room(
    environ: dict[str, str],
) -> None:
    bounds = {"max_downloads": 2, "max_waiting_downloads": 2}
    async with running_service(
        environ | {f"MINILAB_{name.upper()}": str(most) for name, most in bounds.items()},
        send_buffer_bytes=4096,
    ) as service:
        many, one = [await service.make_key("client", user) for user in ("many", "one")]
        (path,) = await _upload(service, many, 12 * CHUNK_BYTES)
        original = path.partition("?")[0]
        downloads: FairTurns = service.app.state.downloads
        async with service.client.stream("GET", original, headers=authorization(many)):
            waiting = _get(service, original, many)
            await until(lambda: downloads.waiting == 1)
            assert_problem(await _get(service, original, many), 429, "too_many_reads")
            (path,) = await _upload(service, one, 3 * CHUNK_BYTES)
            other = await _get(service, path.partition("?")[0], one)
            assert len(other.content) == 3 * CHUNK_BYTES
            assert not waiting.done()
            part = {"Range": "bytes=0-999"}
            small = await service.client.get(original, headers=authorization(many) | part)
            assert small.status_code == 206, "what is small needs no place"
        assert len((await waiting).content) == 12 * CHUNK_BYTES
        assert downloads.waiting == 0


async def test_reports_of_one_tenant_do_not_delay_those_of_another(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _service(environ) as service:
        medians = service.stores.medians
        begun: list[str] = []
        may_go_on = asyncio.Event()
        compute = medians._compute_once

        async def wait_and_compute(period: Any) -> Any:
            begun.append(period.name[:10])
            await may_go_on.wait()
            return await compute(period)

        monkeypatch.setattr(medians, "_compute_once", wait_and_compute)
        many, one = [await service.make_key("service") for _ in range(2)]
        path = "/v1/histograms/median?day=2026-11-{:02}"
        asked = [_get(service, path.format(day), many) for day in range(1, 6)]
        await until(lambda: medians._computations._turns.waiting == 4)
        asked.append(_get(service, path.format(20), one))
        await until(lambda: medians._computations._turns.waiting == 5)
        for leaving in asked[3:5]:
            leaving.cancel()
        await until(lambda: medians._computations._turns.waiting == 3)
        may_go_on.set()
        await asyncio.wait(asked)
        assert begun.index("2026-11-20") <= 2
        assert len(begun) == 4, "two were dropped"


async def test_plots_are_drawn_one_at_a_time_beside_other_answers(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, may_end = threading.Event(), threading.Event()
    begun = 0

    def draw_slowly(*_: Any) -> str:
        nonlocal begun
        begun += 1
        drawing.set()
        may_end.wait(60)
        return "<svg/>"

    monkeypatch.setattr(numbers, "plot_week", draw_slowly)
    async with _service(environ) as service:
        plot = {"Accept": "image/svg+xml"}
        asked = [
            asyncio.create_task(service.client.get("/v1/users/u1/histograms", headers=plot))
            for _ in range(3)
        ]
        await until(drawing.is_set)
        assert (await service.client.get("/v1/users/u1/histograms")).status_code == 200
        assert begun == 1
        may_end.set()
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
