"""The state of the queue: open work by kind of tenant."""

import asyncio

import pytest

from api.admission.load_watch import LoadWatch
from api.jobs.estimates import Estimates
from domain.jobs import Status, Tally
from domain.keys import ADMIN_USER, Role
from domain.records import Job
from storage.backlog.queue_state import TenantClass
from storage.clock import new_id, utc_now
from storage.queue.connection import connect_redis
from storage.queue.shared_readings import SharedReading
from storage.settings import StoreSettings
from storage.stores import Stores

OPEN_TALLY = {"waiting": 3, "running": 1}


async def _open_job(stores: Stores, key_id: str, *operations: str) -> None:
    now = utc_now()
    job = {"user_id": "u1", "key_id": key_id, "operations": list(operations), "due_at": now}
    await stores.database["jobs"].insert_one(job | {"_id": new_id(), "tally": OPEN_TALLY})


async def test_job_without_operations_is_counted(stores: Stores) -> None:
    await _open_job(stores, ADMIN_USER)
    await _open_job(stores, ADMIN_USER, "metadata", "histogram", "faces")
    state = await stores.load.read_queue()
    waiting = dict(state.waiting)[TenantClass(Role.ADMIN.value, "small")]
    assert (state.jobs, waiting.images, waiting.tenants) == (2, 4 + 2, 1)
    assert waiting.oldest_seconds >= 0
    reading = await stores.load.read_work()
    assert [sorted(tenant.images) for tenant in reading.tenants] == [[2, 4]]
    assert reading.images == 6


async def test_reader_keeps_nothing_of_keys_whose_work_has_ended(stores: Stores) -> None:
    reader = stores.load.queue
    for number in range(3):
        key_id = f"key-{number}"
        key = {"_id": key_id, "role": "service", "hash": key_id}
        await stores.database["api_keys"].insert_one(key)
        await _open_job(stores, key_id, "metadata")
    state = await reader.read()
    assert dict(state.waiting)[TenantClass("service", "small")].tenants == 3
    await stores.database["jobs"].delete_many({})
    await stores.redis.flushdb()
    state = await reader.read()
    assert dict(state.waiting)[TenantClass("service", "small")].tenants == 0
    assert "key-" not in str(vars(reader))


async def test_queue_is_read_once_for_all_processes(stores: Stores) -> None:
    made: list[int] = []

    async def make() -> list[int]:
        made.append(len(made))
        await asyncio.sleep(0.05)  # The time that a reading takes.
        return [*made]

    def process(fresh_seconds: float = 60) -> SharedReading[list[int]]:
        return SharedReading(stores.redis, "a-reading", list[int], make, fresh_seconds)

    processes = [process() for _ in range(8)]
    assert await asyncio.gather(*(one.read() for one in processes * 2)) == [[0]] * 16
    assert await process().read() == [0]
    await stores.redis.flushdb()
    assert await process().read() == [0, 1]


async def test_reading_of_a_process_that_died_is_made_by_another(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.queue.shared_readings.LOCK_SECONDS", 0.2)

    async def make() -> str:
        return "made"

    await stores.redis.set("minilab:readings:1:a-reading:lock", b"1", px=60_000)
    assert await SharedReading(stores.redis, "a-reading", str, make, 60).read() == "made"
    await stores.redis.set("minilab:readings:1:other", b"\xc1", px=60_000)
    assert await SharedReading(stores.redis, "other", str, make, 60).read() == "made"


async def test_without_redis_each_process_reads_by_itself() -> None:
    redis = connect_redis(StoreSettings("mongodb://127.0.0.1:1", "redis://127.0.0.1:1"))

    async def make() -> str:
        return "made"

    assert await SharedReading(redis, "a-reading", str, make, 60).read() == "made"
    await redis.aclose(close_connection_pool=True)


async def test_places_are_right_behind_many_open_jobs(stores: Stores) -> None:
    now = utc_now()
    tally = {"waiting": 1, "running": 0}
    job = {"key_id": "admin", "operations": ["metadata"], "due_at": now, "tally": tally}
    count = 25_000
    jobs = [job | {"_id": new_id(), "user_id": f"u{number}"} for number in range(count)]
    await stores.database["jobs"].insert_many(jobs)
    await stores.workers.beat("host:1:1", 100.0)
    newest = Job(
        id=new_id(),
        user_id="u0",
        key_id="admin",
        status=Status.QUEUED,
        version=1,
        created_at=now,
        finished_at=None,
        operations=("metadata",),
        tally=Tally(waiting=1),
    )
    place = await Estimates(stores).place_of(newest)
    assert place.position == count, "one of each user goes before the second one of u0"
    assert place.eta_seconds == pytest.approx((count + 1) / 100)


async def test_each_process_knows_what_the_others_take_in(stores: Stores) -> None:
    watches = [LoadWatch(stores.load, has_quota=False) for _ in range(3)]
    await watches[0].read_room()
    for watch in watches:
        watch.count_bytes(100)
        await watch.report_intake()
        await watch.read_room()
    await watches[0].report_intake()
    assert watches[0].bytes_since == 300
    watches[0].count_bytes(7)
    assert watches[0].bytes_since == 307
    await stores.redis.delete("minilab:readings:1:room")
    await watches[0].read_room()
    await watches[0].report_intake()
    assert watches[0].bytes_since in {7, 107}, "its own last ones may not be in the reading"
