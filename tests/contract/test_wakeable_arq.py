"""The amount of work that a worker takes up at once, and nothing that another worker has."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from arq.worker import Retry, func

from domain.jobs import ChunkHint
from storage.queue.fair_queue import PROCESS_IMAGES, FairQueue, Room
from storage.settings import WorkRules
from storage.stores import Stores
from tasks.wakeable_arq import WakeableWorker
from tests.waiting import until

MOST_UNITS = 52


class Tasks:
    """Tasks that go on until they may end."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.begun: list[str] = []
        self.may_end = asyncio.Event()
        self.errors: list[Exception] = []

    async def work(self, _: dict[Any, Any], job_id: str, *__: object) -> float:
        self.running.add(job_id)
        self.begun.append(job_id)
        try:
            if self.errors:
                raise self.errors.pop()
            await self.may_end.wait()
        finally:
            self.running.discard(job_id)
        return 1

    async def until(self, count: int) -> None:
        """Wait until so many run, and see that no more are taken up."""
        await until(lambda: len(self.running) >= count)
        await asyncio.sleep(0.1)  # In this time more would be taken up.
        assert len(self.running) == count


@asynccontextmanager
async def taking(stores: Stores, tasks: Tasks) -> AsyncIterator[WakeableWorker]:
    """Take hints up."""
    queue = WakeableWorker(
        FairQueue(stores.redis, WorkRules()),
        asyncio.Event(),
        MOST_UNITS,
        functions=[func(tasks.work, name=PROCESS_IMAGES, keep_result=0)],  # type: ignore[arg-type]
        redis_pool=stores.redis,
        handle_signals=False,
        poll_delay=0.02,
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
        log_results=False,
    )
    polling = asyncio.create_task(queue.async_run())
    try:
        yield queue
    finally:
        tasks.may_end.set()
        queue.stop_taking()
        async with asyncio.timeout(120):
            await polling


async def send(stores: Stores, count: int, units: float) -> list[ChunkHint]:
    """Send hints of so much work each."""
    hints = [ChunkHint(f"job-{n:03}", 0, 0, "u1", units) for n in range(count)]
    fair_queue = FairQueue(stores.redis, WorkRules(tenant_weights="u1=5"))
    assert await fair_queue.send(hints) == count
    return hints


async def test_takes_many_small_chunks_or_few_large_ones(stores: Stores) -> None:
    tasks = Tasks()
    await send(stores, 80, 1)
    async with taking(stores, tasks):
        await tasks.until(MOST_UNITS)
    await stores.redis.flushdb()
    tasks = Tasks()
    await send(stores, 5, 26)
    async with taking(stores, tasks):
        await tasks.until(2)
        assert tasks.running == {"job-000", "job-001"}


async def test_takes_one_chunk_however_large(stores: Stores) -> None:
    tasks = Tasks()
    await send(stores, 2, 10 * MOST_UNITS)
    async with taking(stores, tasks):
        await tasks.until(1)


async def test_what_runs_elsewhere_takes_no_room(stores: Stores) -> None:
    tasks = Tasks()
    await send(stores, 150, 26)
    await FairQueue(stores.redis, WorkRules()).exchange(Room(0, 26 * 150, 148))
    async with taking(stores, tasks):
        await tasks.until(2)
        assert tasks.running == {"job-148", "job-149"}


async def _left(stores: Stores) -> set[bytes]:
    """Read what is left in Redis, but for the clock and the ends of turns."""
    keys = {key async for key in stores.redis.scan_iter("arq:*")}
    keys |= {key async for key in stores.redis.scan_iter("minilab:turns:taken")}
    return {key for key in keys if not key.endswith(b"health-check")}


async def test_each_hint_is_worked_on_once_by_whoever_takes_it(stores: Stores) -> None:
    tasks = Tasks()
    hints = await send(stores, 90, 1)
    async with taking(stores, tasks), taking(stores, tasks):
        await tasks.until(90)
        assert len(await _left(stores)) == 90 + 1
    assert sorted(tasks.begun) == [hint.job_id for hint in hints]
    assert await _left(stores) == set()


async def test_hint_that_comes_again_while_it_is_worked_on_is_not_begun_twice(
    stores: Stores,
) -> None:
    tasks = Tasks()
    await send(stores, 1, 1)
    async with taking(stores, tasks) as queue:
        await tasks.until(1)
        await stores.redis.flushdb()  # It forgets who has taken what.
        await send(stores, 2, 1)
        await tasks.until(2)
        running = list(queue.tasks.values())
    assert tasks.begun == ["job-000", "job-001"]
    assert [task.exception() for task in running] == [None, None]
    assert await _left(stores) == set()


async def test_hint_is_taken_up_again_where_that_is_asked(stores: Stores) -> None:
    tasks = Tasks()
    tasks.errors = [Retry(), Retry()]
    await send(stores, 1, 1)
    async with taking(stores, tasks):
        await tasks.until(1)
    assert tasks.begun == 3 * ["job-000"]
    assert await _left(stores) == set()


async def test_what_is_broken_off_stays_for_others(stores: Stores) -> None:
    tasks = Tasks()
    (hint,) = await send(stores, 1, 1)
    async with taking(stores, tasks) as queue:
        await tasks.until(1)
        queue.stop_taking()
        for task in list(queue.tasks.values()):
            task.cancel()
    assert await _left(stores) == {b"arq:queue", f"arq:job:{hint.id}".encode()}


async def test_what_cannot_be_worked_on_is_taken_out(stores: Stores) -> None:
    tasks = Tasks()
    tasks.errors = [RuntimeError("a mistake of ours")]
    await send(stores, 1, 1)
    await stores.redis.zadd("arq:queue", {"without-a-task": 0.1, "unreadable": 0.2, "unknown": 0.3})
    await stores.redis.set("arq:job:unreadable", b"\xc1")
    unknown: dict[str, Any] = {"t": None, "f": "unknown", "a": [], "k": {}, "et": 1}
    await stores.redis.set("arq:job:unknown", msgspec.msgpack.encode(unknown))
    async with taking(stores, tasks):

        async def nothing_is_left() -> bool:
            return not await _left(stores)

        await until(nothing_is_left)
    assert tasks.begun == ["job-000"]


async def test_what_arq_itself_enqueues_is_worked_on(stores: Stores) -> None:
    tasks = Tasks()
    await stores.redis.enqueue_job(PROCESS_IMAGES, "job-000", 0, _job_id="job-000:0:0")
    async with taking(stores, tasks):
        await tasks.until(1)
    assert await _left(stores) == set()
