"""Job events: a change in one process wakes the clients that wait for that job in another."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.job_changes import JobChange
from domain.jobs import Status
from storage.queue.connection import connect_redis
from storage.queue.job_events import CHANNEL, JobEvents
from storage.settings import StoreSettings
from storage.stores import Stores
from tests.waiting import until

CHANGE = JobChange("job-a", 2, Status.SUCCEEDED)


@pytest.fixture
async def listening(stores: Stores) -> AsyncIterator[JobEvents]:
    job_events = JobEvents(stores.redis)
    running = asyncio.create_task(job_events.listen())

    async def is_subscribed() -> bool:
        return bool((await stores.redis.pubsub_numsub(CHANNEL))[0][1])

    await until(is_subscribed)
    yield job_events
    running.cancel()
    await asyncio.wait([running])


async def test_wakes_all_who_wait_for_the_job_and_nobody_else(
    stores: Stores, listening: JobEvents
) -> None:
    with (
        listening.waiting_for("job-a") as first,
        listening.waiting_for("job-a") as second,
        listening.waiting_for("job-b") as other,
    ):
        await stores.job_events.publish(CHANGE)
        async with asyncio.timeout(120):
            await asyncio.gather(first.wait(), second.wait())
        assert not other.is_set()


async def test_listens_on_after_a_notice_that_it_cannot_read(
    stores: Stores, listening: JobEvents
) -> None:
    await stores.redis.publish(CHANNEL, b"\xc1 junk")
    with listening.waiting_for("job-a") as changed:

        async def is_heard() -> bool:
            await stores.job_events.publish(CHANGE)
            return changed.is_set()

        await until(is_heard)


async def test_forgets_a_client_that_no_longer_waits(listening: JobEvents) -> None:
    with listening.waiting_for("job-a"):
        assert "job-a" in listening._waiters
    assert listening._waiters == {}


async def test_no_change_sends_no_event(stores: Stores, listening: JobEvents) -> None:
    with listening.waiting_for("job-a") as changed:
        await stores.job_events.publish(None)
        await stores.job_events.publish(JobChange("job-b", 2, Status.FAILED))
        await stores.job_events.publish(CHANGE)
        async with asyncio.timeout(120):
            await changed.wait()


async def test_publishing_without_redis_fails_quietly() -> None:
    redis = connect_redis(StoreSettings("mongodb://127.0.0.1:1", "redis://127.0.0.1:1"))
    for _ in range(3):
        await JobEvents(redis).publish(CHANGE)
    await redis.aclose(close_connection_pool=True)


async def test_stops_at_once_however_often(stores: Stores) -> None:
    for turns in range(40):
        job_events = JobEvents(stores.redis)
        running = asyncio.create_task(job_events.listen())
        for _ in range(turns):
            await asyncio.sleep(0)  # It is stopped at another step of its start each time.
        async with asyncio.timeout(120):
            running.cancel()
            await asyncio.wait([running])
