"""Deletes while the process that carries them out, or a server that it uses, dies."""

import asyncio
from typing import Any

import httpx
import pytest

from deploy.servers.process import ServerProcess
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, huge_picture, pictures
from tests.pictures import draw
from tests.service import File
from tests.waiting import until

TRACES = ("images", "jobs", "blobs.files", "blobs.chunks", "variants.files")


async def fill(stack: Stack, images: int, user_id: str = "victim") -> None:
    """Upload for a user; all of it waits where no worker is there."""
    small: list[File] = [
        (f"{n}.jpg", draw(8, 8) + f"{user_id}-{n}".encode()) for n in range(images)
    ]
    for start in range(0, images, 100):
        parts = [("file", file) for file in small[start : start + 100]]
        answer = await stack.client.post("/v1/jobs", files=parts, data={"user_id": user_id})
        assert answer.status_code == 202, answer.text


async def delete_user(stack: Stack, user_id: str = "victim") -> str:
    answer = await stack.client.delete(f"/v1/users/{user_id}")
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def assert_gone(stack: Stack, deletion: str, images: int, user_id: str = "victim") -> None:
    """Wait for the end of a delete; each image must have been counted once."""
    job = await stack.job(deletion, 120)
    assert job["status"] == "succeeded"
    assert job["progress"] == {"done": images, "failed": 0, "total": images}
    database = stack.stores.database
    for name in ("images", "jobs"):
        assert await database[name].count_documents({"user_id": user_id}) == 0


async def have_gone(stack: Stack, deletion: str, images: int) -> bool:
    answer = await stack.client.get(f"/v1/jobs/{deletion}")
    progress: dict[str, Any] = answer.json()["progress"]
    return bool(progress["done"] >= images)


@pytest.mark.long
async def test_delete_goes_on_where_killed_workers_left_it(stack: Stack) -> None:
    await fill(stack, 400)
    neighbour = await stack.ticket(pictures(4, "neighbour"))
    deletion = await delete_user(stack)
    for least in (1, 100, 200):
        worker = stack.start_worker(wait=False)
        # MongoDB holds the locks of a killed transaction for a while.
        await until(lambda n=least: have_gone(stack, deletion, n))  # type: ignore[misc]
        worker.kill()
    stack.start_worker()
    await assert_gone(stack, deletion, 400)
    await assert_promises_kept(stack, [neighbour])
    assert await stack.count_images() == 4


@pytest.mark.long
async def test_delete_that_was_answered_survives_api_redis_and_mongodb(stack: Stack) -> None:
    await fill(stack, 300)
    deletion = await delete_user(stack)
    stack.api.kill()
    stack.servers.mongodb.kill()
    await stack.stores.redis.flushall()
    stack.servers.mongodb.start()
    stack.start_api()
    worker = stack.start_worker()
    await until(lambda: have_gone(stack, deletion, 50))
    stack.servers.redis.kill()
    stack.servers.mongodb.kill()
    stack.servers.mongodb.start()
    await assert_gone(stack, deletion, 300)
    assert worker.is_running
    stack.servers.redis.start()
    await assert_promises_kept(stack, [])


async def test_children_at_work_for_a_deleted_user_are_ended(stack: Stack) -> None:
    stack.environ["MINILAB_LEASE_SECONDS"] = "600"  # The notice alone, long before a renewal.
    worker = stack.start_worker()
    slow = [(f"{n}.png", huge_picture() + str(n).encode()) for n in range(6)]
    ticket = await stack.ticket(slow)
    await until(stack.are_processing)
    deletion = await delete_user(stack, "admin")
    await assert_gone(stack, deletion, 6, "admin")
    await until(lambda: "claim_lost" in stack.log(worker))
    assert (await stack.client.get(f"/v1/jobs/{ticket}")).status_code == 404
    await assert_promises_kept(stack, [await stack.ticket(pictures(2, "after"))])
    for name in TRACES:
        assert await stack.stores.database[name].count_documents({}) <= 2


async def test_deletes_of_images_survive_the_death_of_the_api(stack: Stack) -> None:
    worker: ServerProcess = stack.start_worker()
    ticket = await stack.ticket(pictures(40, "dead"))
    job = (await stack.client.get(f"/v1/jobs/{ticket}")).json()
    ids = [item["image_id"] for item in job["items"]]

    async def delete(image_id: str) -> int:
        try:
            return (await stack.client.delete(f"/v1/images/{image_id}")).status_code
        except httpx.TransportError:
            return 0

    deleting = asyncio.gather(*(delete(image_id) for image_id in ids[:30]))
    await until(lambda: some_are_deleted(stack))
    stack.api.kill()
    statuses = await deleting
    stack.start_api()
    for image_id, status in zip(ids, statuses, strict=False):
        answer = await stack.client.get(f"/v1/images/{image_id}")
        assert answer.status_code == 404 or status != 204, "what was answered stays"
    # Nobody but the delete itself could have brought an ended job up to date.
    await assert_promises_kept(stack, [ticket])
    assert worker.is_running


async def some_are_deleted(stack: Stack) -> bool:
    return await stack.count_images() < 40
