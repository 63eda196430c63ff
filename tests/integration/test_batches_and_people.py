"""Work of people goes before that of a batch: in which order a worker takes them."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil
import pytest

from domain.batches import BatchOrder, PieceResult
from sandbox.pool import ALL, ChildPool
from storage.batches.images import ChosenImage
from tasks.batches.people import People
from tasks.batches.work import BatchWork, Work
from tests.integration.test_batches import counts, read, start
from tests.pictures import draw
from tests.service import Service
from tests.waiting import until

IMAGES = 60


async def test_uploads_go_first_while_a_batch_of_many_runs(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    uploaded = asyncio.Event()
    pools, states = set[ChildPool](), set[str]()
    serve, find_work, pause = People.being_served, BatchWork.of, ChildPool.paused

    @contextmanager
    def note_people(people: People) -> Iterator[None]:
        events.append("people")
        with serve(people):
            yield
            children = [child for pool in pools for child in pool._own[ALL]]
            states.update(psutil.Process(child.pid).status() for child in children)
            events.append("served")

    @contextmanager
    def note_pause(pool: ChildPool) -> Iterator[None]:
        pools.add(pool)
        with pause(pool):
            yield

    def note_batch(work_of: BatchWork, order: BatchOrder) -> Work:
        work = find_work(work_of, order)
        assert work is not None

        async def do(order: BatchOrder, images: Sequence[ChosenImage]) -> PieceResult:
            is_first = "batch" not in events
            events.append("batch")
            if is_first:  # So that the batch has not ended when people come.
                await uploaded.wait()
            return await work(order, images)

        return do

    picture = draw(16, 16)
    files = [(f"{n}.jpg", picture + str(n).encode()) for n in range(IMAGES)]
    async with service.working():
        await service.process(files, operations="metadata")
    monkeypatch.setattr(People, "being_served", note_people)
    monkeypatch.setattr(BatchWork, "of", note_batch)
    monkeypatch.setattr(ChildPool, "paused", note_pause)
    async with service.working():
        batch_id = await start(service, operation="fingerprint")
        await until(lambda: "batch" in events)
        for seed in range(3):
            job = await service.process([("p.jpg", draw(300, 200, seed=seed))])
            assert job["status"] == "succeeded"
        assert (await read(service, batch_id))["finished_at"] is None
        uploaded.set()
        await until(lambda: _ended(service, batch_id))
    assert counts(await read(service, batch_id)) == ("succeeded", IMAGES, IMAGES, 0, 0)
    chunks = 0
    for event in events:
        chunks += {"people": 1, "served": -1}.get(event, 0)
        assert event != "batch" or not chunks, events
    assert events.count("served") == 3
    assert states == {psutil.STATUS_STOPPED}, "children of the batch stand still meanwhile"


async def _ended(service: Service, batch_id: str) -> bool:
    return (await read(service, batch_id))["finished_at"] is not None
