"""Batches while the worker that holds their pieces, or a server that it uses, dies."""

from typing import Any

import pytest

from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack
from tests.pictures import draw
from tests.waiting import until

IMAGES = 130


async def read(stack: Stack, batch_id: str) -> dict[str, Any]:
    return dict((await stack.client.get(f"/v1/batches/{batch_id}")).json())


@pytest.mark.long
async def test_batch_goes_on_after_the_death_of_workers_redis_and_mongodb(stack: Stack) -> None:
    files = [("file", (f"{n}.jpg", draw(8, 8) + str(n).encode())) for n in range(IMAGES)]
    fields = {"user_id": "u1", "operations": "metadata,histogram,faces,thumbnail"}
    answer = await stack.client.post("/v1/jobs", files=files, data=fields)
    assert answer.status_code == 202, answer.text
    worker = stack.start_worker()
    for job in (await stack.client.get("/v1/jobs")).json()["items"]:
        assert (await stack.job(job["id"]))["status"] == "succeeded"
    wanted = {"operation": "fingerprint", "filter": {"user_id": "u1"}}
    answer = await stack.client.post("/v1/batches", json=wanted)
    assert answer.status_code == 202, answer.text
    batch_id = answer.json()["id"]

    async def has_begun() -> bool:
        return bool((await read(stack, batch_id))["status"] != "queued")

    await until(has_begun)
    worker.kill()
    await stack.stores.redis.flushall()
    stack.servers.mongodb.kill()
    stack.servers.mongodb.start()
    stack.start_worker()

    async def has_ended() -> bool:
        return (await read(stack, batch_id))["finished_at"] is not None

    await until(has_ended)
    batch = await read(stack, batch_id)
    counted = [batch[name] for name in ("status", "selected", "done", "failed")]
    assert counted == ["succeeded", IMAGES, IMAGES, 0]
    await assert_promises_kept(stack, [])
