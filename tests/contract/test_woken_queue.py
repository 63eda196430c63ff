"""How much a worker takes up at once: by the amount of work, and nothing that runs elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from arq.constants import in_progress_key_prefix
from arq.worker import func

from storage.connect import Stores
from storage.recovery import ChunkHint
from storage.settings import WorkRules
from storage.turns import PROCESS_IMAGES, Turns
from tasks.woken_queue import MOST_TASKS, WokenQueue

MOST_UNITS = 52


class Tasks:
    """Tasks that go on until they may end."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.may_end = asyncio.Event()

    async def work(self, _: dict[Any, Any], job_id: str, *__: object) -> None:
        self.running.add(job_id)
        await self.may_end.wait()
        self.running.discard(job_id)

    async def until(self, count: int) -> None:
        """Wait until so many run, and see that no more are taken up."""
        async with asyncio.timeout(20):
            while len(self.running) < count:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert len(self.running) == count


@asynccontextmanager
async def taking(stores: Stores, tasks: Tasks) -> AsyncIterator[WokenQueue]:
    """Take hints up."""
    queue = WokenQueue(
        asyncio.Event(),
        MOST_UNITS,
        functions=[func(tasks.work, name=PROCESS_IMAGES, keep_result=0)],  # type: ignore[arg-type]
        redis_pool=stores.redis,
        handle_signals=False,
        poll_delay=0.02,
        queue_read_limit=5 * MOST_TASKS,
        job_serializer=msgspec.msgpack.encode,
        job_deserializer=msgspec.msgpack.decode,
        log_results=False,
    )
    polling = asyncio.create_task(queue.async_run())
    try:
        yield queue
    finally:
        tasks.may_end.set()
        queue.stop_polling()
        await polling
        await asyncio.gather(*queue.tasks.values())


async def send(stores: Stores, count: int, units: float) -> list[ChunkHint]:
    """Send hints of so much work each."""
    hints = [ChunkHint(f"job-{n:03}", 0, 0, "u1", units) for n in range(count)]
    turns = Turns(stores.redis, WorkRules(tenant_weights="u1=5"))
    assert await turns.send(hints) == count
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
    hints = await send(stores, 150, 26)
    for hint in hints[:148]:
        await stores.redis.set(in_progress_key_prefix + hint.id, b"1", ex=60)
    async with taking(stores, tasks):
        await tasks.until(2)
        assert tasks.running == {"job-148", "job-149"}
