"""Many tenants, one bounded queue: nobody waits for all that another has dropped off."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from arq.constants import default_queue_name

from deploy.servers.embedded import EmbeddedServers
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import SHORT, Stack, fragile_stack, pictures
from tests.waiting import until

CHUNK_IMAGES = int(str(SHORT["chunk_max_images"]))
# What a worker with two children has taken already, and what goes on while one image is done.
IN_FLIGHT_IMAGES = 8 * CHUNK_IMAGES
BOUND = 100


@pytest.fixture
async def small_queue(fragile_servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """A service whose queue is soon full, with a chunk for each image."""
    small = {"queue_max_hints": BOUND, "chunk_max_images": 1}
    async with fragile_stack(fragile_servers, tmp_path, **small) as running:
        yield running


@pytest.fixture
async def weighted(fragile_servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """A service with a user who gets a larger share."""
    async with fragile_stack(fragile_servers, tmp_path, tenant_weights="heavy=3") as running:
        yield running


@asynccontextmanager
async def _watching_queue(stack: Stack) -> AsyncIterator[set[int]]:
    """Gather the lengths that the queue has."""
    lengths: set[int] = set()

    async def watch() -> None:
        while True:
            lengths.add(await stack.stores.redis.zcard(default_queue_name))
            await asyncio.sleep(0.002)  # The rate of sampling.

    watching = asyncio.create_task(watch())
    try:
        yield lengths
    finally:
        watching.cancel()
        await asyncio.wait([watching])


async def _drop(stack: Stack, user_id: str, count: int, name: str = "") -> str:
    """Drop images off for a user. Returns the ticket."""
    parts = [("file", file) for file in pictures(count, f"{user_id}{name}")]
    answer = await stack.client.post("/v1/jobs", files=parts, data={"user_id": user_id})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def _have_ended(stack: Stack, count: int) -> bool:
    return await stack.count_images(status="succeeded") >= count


async def _ended_before(stack: Stack, user_id: str, ticket: str) -> int:
    image = await stack.stores.database["images"].find_one({"job_id": ticket})
    assert image is not None
    return await stack.count_images(user_id=user_id, finished_at={"$lt": image["finished_at"]})


async def test_one_image_waits_for_no_more_than_what_is_being_worked_on(stack: Stack) -> None:
    await _drop(stack, "many", 160)
    one = await _drop(stack, "one", 1)
    await until(lambda: _are_hinted(stack, 41))
    stack.start_worker()
    assert (await stack.job(one))["status"] == "succeeded"
    assert await _ended_before(stack, "many", one) <= IN_FLIGHT_IMAGES


async def test_late_image_of_a_tenant_comes_before_the_rest_of_others(stack: Stack) -> None:
    for tenant in range(5):
        await _drop(stack, f"many-{tenant}", 40)
    stack.start_worker()
    await until(lambda: _have_ended(stack, 20))
    one = await _drop(stack, "one", 1)
    before = await stack.count_images(status="succeeded")  # Others end while it is uploaded.
    await stack.job(one)
    image = await stack.stores.database["images"].find_one({"job_id": one})
    assert image is not None
    ended = await stack.count_images(finished_at={"$lt": image["finished_at"]})
    assert ended - before <= 5 * CHUNK_IMAGES + IN_FLIGHT_IMAGES


async def test_tenants_with_a_backlog_go_on_at_the_pace_of_their_weights(weighted: Stack) -> None:
    stack = weighted
    for tenant in ("light", "heavy", "other"):
        await _drop(stack, tenant, 180)
    stack.start_worker()
    await until(lambda: _have_ended(stack, 120))
    images = stack.stores.database["images"].find({"status": "succeeded"}).sort("finished_at", 1)
    first = [image["user_id"] async for image in images.limit(120)]
    shares = {tenant: first.count(tenant) / 120 for tenant in ("light", "heavy", "other")}
    assert shares == {
        "light": pytest.approx(0.2, abs=0.1),
        "heavy": pytest.approx(0.6, abs=0.1),
        "other": pytest.approx(0.2, abs=0.1),
    }


@pytest.mark.long
async def test_ten_times_the_images_do_not_fill_the_queue(small_queue: Stack) -> None:
    stack = small_queue
    async with _watching_queue(stack) as longest:
        for number in range(2):
            await _drop(stack, "many", 5 * BOUND, f"-{number}")
        stack.start_worker()
        await until(lambda: _have_ended(stack, BOUND))
        one = await _drop(stack, "one", 1)
        before = await stack.count_images(status="succeeded")
        assert (await stack.job(one))["status"] == "succeeded"
        # The queue is longer than what goes before it.
        assert await _ended_before(stack, "many", one) - before <= BOUND / 3
        await stack.stores.redis.flushall()
        ended = await stack.count_images(status="succeeded")
        await until(lambda: _have_ended(stack, ended + BOUND))
    assert BOUND / 4 < max(longest) <= BOUND
    hinted_again = await stack.count_images(hint={"$gt": 0})
    assert hinted_again <= IN_FLIGHT_IMAGES, "what only waits is not written to"


@pytest.mark.long
async def test_refill_goes_on_whoever_dies(small_queue: Stack) -> None:
    stack = small_queue
    tickets = [await _drop(stack, user_id, 100) for user_id in ("a", "b")]
    tickets += [await _drop(stack, f"small-{tenant}", 2) for tenant in range(20)]
    workers = [stack.start_worker(wait=False) for _ in range(2)]
    await until(lambda: _have_ended(stack, 40))
    workers[0].kill()
    await until(lambda: _have_ended(stack, 70))
    await stack.stores.redis.flushall()
    await until(lambda: _have_ended(stack, 110))
    workers[1].kill()
    stack.start_worker(wait=False)
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(status="succeeded") == 240


async def _are_hinted(stack: Stack, count: int) -> bool:
    hints: int = await stack.stores.redis.zcard(default_queue_name)
    return hints >= count
