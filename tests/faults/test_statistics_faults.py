"""Statistics while aggregators, workers and the API are killed."""

import asyncio
from functools import partial

import pytest

from storage.aggregates.counted_images import IS_UNCOUNTED
from storage.verification.recount import find_wrong_statistics
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures
from tests.image_documents import finished_image, insert_images
from tests.plain_signatures import read_signatures, sum_plainly
from tests.waiting import until


@pytest.mark.long
async def test_nothing_is_lost_or_counted_twice_where_aggregators_are_killed(stack: Stack) -> None:
    database = stack.stores.database
    images = [finished_image(f"u{n % 50}", uncounted=True) for n in range(4_000)]
    await insert_images(database, images)
    stack.environ["MINILAB_FOLD_SECONDS"] = "0.01"
    killed_amid_aggregation = 0
    for _ in range(4):
        worker = stack.start_worker(wait=False)
        await until(lambda: _is_at_it(stack))
        worker.kill()
        left = await stack.count_images(**IS_UNCOUNTED)
        killed_amid_aggregation += left > 0
        await _assert_right(stack, len(images))
        await until(lambda: _is_free(stack))
    assert killed_amid_aggregation
    stack.start_worker()
    await until(lambda: _is_counted(stack))
    await _assert_right(stack, len(images))


@pytest.mark.long
async def test_statistics_are_right_while_everything_is_killed(stack: Stack) -> None:
    stack.environ["MINILAB_FOLD_SECONDS"] = "0.05"
    workers = [stack.start_worker(wait=False) for _ in range(2)]
    tickets: list[str] = []
    images = 0
    for turn in range(6):
        files = pictures(8, f"turn-{turn}") + pictures(4, "same")
        files.append((f"half-{turn}.jpg", pictures(1, "half", large=True)[0][1][:3000]))
        tickets.append(await stack.ticket(files))
        images += len(files)
        await until(partial(stack.has_begun, tickets[-1]))
        workers[turn % 2].kill()
        workers[turn % 2] = stack.start_worker(wait=False)
        if turn % 2:
            job = await stack.job(tickets[turn - 1])
            path = f"/v1/images/{job['items'][turn]['image_id']}"
            await until(partial(_is_deleted, stack, path))
            images -= 1
            await stack.client.post(f"/v1/jobs/{job['id']}/retry")
        if turn == 3:
            stack.api.kill()
            stack.start_api()
        await _assert_right(stack, images)
    await asyncio.gather(*(stack.job(ticket) for ticket in tickets))
    await until(lambda: _is_counted(stack))
    await _assert_right(stack, images)
    signatures = await read_signatures(stack.stores, pending=True)
    assert signatures == await sum_plainly(stack.stores.database) != {}
    await assert_promises_kept(stack, tickets)


async def _is_deleted(stack: Stack, path: str) -> bool:
    """Delete an image; 503 while the open transaction of a killed worker holds it."""
    answer = await stack.client.delete(path)
    assert answer.status_code in {204, 404, 503}, answer.text
    return answer.status_code != 503


async def _assert_right(stack: Stack, images: int) -> None:
    """Compare with a recount, and see how many images the API tells of."""
    assert await find_wrong_statistics(stack.stores.client, stack.stores.database) == {}
    found = (await stack.client.get("/v1/statistics")).json()
    assert found["totals"]["images"] == images


async def _is_at_it(stack: Stack) -> bool:
    lease = await stack.stores.database["leases"].find_one({"_id": "statistics"})
    return lease is not None and lease["session"] is not None


async def _is_free(stack: Stack) -> bool:
    expired = {"$expr": {"$lt": ["$expires_at", "$$NOW"]}}
    return await stack.stores.database["leases"].count_documents(expired) > 0


async def _is_counted(stack: Stack) -> bool:
    return not await stack.count_images(**IS_UNCOUNTED)
