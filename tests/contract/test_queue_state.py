"""The state of the queue: open work by kind of tenant."""

from datetime import timedelta

from domain.keys import ADMIN_USER, Role
from storage.backlog.queue_state import QueueReader, TenantClass
from storage.clock import new_id, utc_now
from storage.stores import Stores

OPEN_TALLY = {"waiting": 3, "running": 1}


async def _open_job(stores: Stores, key_id: str, *operations: str) -> None:
    now = utc_now()
    job = {"user_id": "u1", "key_id": key_id, "operations": list(operations), "due_at": now}
    await stores.database["jobs"].insert_one(job | {"_id": new_id(), "tally": OPEN_TALLY})


async def test_job_without_operations_is_counted(stores: Stores) -> None:
    await _open_job(stores, ADMIN_USER)
    await _open_job(stores, ADMIN_USER, "metadata", "histogram", "faces")
    state = await QueueReader(stores.database, stores.dead_letters).read(
        utc_now() + timedelta(seconds=1)
    )
    waiting = state.waiting[TenantClass(Role.ADMIN.value, "small")]
    assert (state.jobs, waiting.images, waiting.tenants) == (2, 4 + 2, 1)
    assert waiting.oldest_seconds >= 1
    assert {job.images for job in await stores.load.open_jobs()} == {4, 2}
    assert (await stores.load.read_work()).images == 6


async def test_reader_keeps_nothing_of_keys_whose_work_has_ended(stores: Stores) -> None:
    reader = QueueReader(stores.database, stores.dead_letters)
    for number in range(3):
        key_id = f"key-{number}"
        key = {"_id": key_id, "role": "service", "hash": key_id}
        await stores.database["api_keys"].insert_one(key)
        await _open_job(stores, key_id, "metadata")
    state = await reader.read(utc_now())
    assert state.waiting[TenantClass("service", "small")].tenants == 3
    await stores.database["jobs"].delete_many({})
    state = await reader.read(utc_now())
    assert state.waiting[TenantClass("service", "small")].tenants == 0
    assert "key-" not in str(vars(reader))
