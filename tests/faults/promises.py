"""Promises that hold after every fault: each image ended once, and nothing is left behind."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from chaos.bucket import find_cut_objects, find_orphan_objects
from chaos.checks import (
    count_open,
    find_cut_blobs,
    find_orphans,
    find_unlike_jobs,
    find_wrong_counts,
    read_ends,
)
from domain.images.operations import ALL_OPERATIONS
from tests.faults.stack import Stack
from tests.invariants import find_broken
from tests.waiting import until


async def assert_promises_kept(stack: Stack, tickets: Iterable[str]) -> None:
    """Wait for the end of all jobs, then look at everything that was promised.

    Args:
        stack: The service; its workers may have ended.
        tickets: Jobs that were answered with 202.
    """
    for ticket in tickets:
        await stack.job(ticket)
    await until(lambda: _all_has_ended(stack))
    await _assert_jobs_agree_with_images(stack)
    await _assert_results_are_whole(stack)
    await _assert_each_ended_once(stack)
    await _assert_no_orphans(stack)
    await _assert_no_invariant_is_broken(stack)
    await _assert_queue_is_clean(stack)


async def _all_has_ended(stack: Stack) -> bool:
    return not await count_open(stack.stores.database)


async def _assert_jobs_agree_with_images(stack: Stack) -> None:
    database = stack.stores.database
    assert await database["images"].count_documents({"lease": {"$exists": True}}) == 0
    assert await find_unlike_jobs(database) == []


async def _assert_results_are_whole(stack: Stack) -> None:
    database = stack.stores.database
    assert await find_wrong_counts(database) == {}
    assert await find_cut_blobs(database) == []
    assert await find_cut_objects(database, stack.stores.blob_stores) == []
    blobs = {file["metadata"]["sha256"]: file async for file in database["blobs.files"].find()}
    async for image in database["images"].find({"status": "succeeded"}):
        results = blobs[image["sha256"]]["metadata"]["results"]
        assert set(image["cells"]) <= set(results) <= set(ALL_OPERATIONS)
        for name, cell in image["cells"].items():
            assert (cell["status"], cell["version"]) == ("succeeded", results[name]["version"])
        await _assert_picture_is_whole(stack, results)


async def _assert_picture_is_whole(stack: Stack, results: dict[str, Any]) -> None:
    thumbnail = results["thumbnail"]["value"]
    chunks = stack.stores.database["variants.chunks"].find({"files_id": thumbnail["file_id"]})
    assert sum([len(chunk["data"]) async for chunk in chunks]) == thumbnail["size_bytes"]
    files = stack.stores.database["variants.files"]
    assert await files.count_documents({"_id": thumbnail["file_id"]}) == 1


async def _assert_each_ended_once(stack: Stack) -> None:
    """Read in MongoDB's own log how often each image and each job was written as ended."""
    assert stack.began is not None
    ends = await read_ends(stack.stores.client, stack.stores.database, stack.began)
    assert (ends.of_images_twice, ends.of_jobs_twice, ends.changed_results) == ([], [], [])
    for name, ended in (("images", ends.images), ("jobs", ends.jobs)):
        ids = await stack.stores.database[name].distinct("_id")
        assert [document for document in ids if document not in ended] == []


async def _assert_no_orphans(stack: Stack) -> None:
    await stack.stores.sweeper(timedelta(0)).sweep()
    assert await find_orphans(stack.stores.database) == []
    assert await find_orphan_objects(stack.stores.database, stack.stores.blob_stores) == []


async def _assert_no_invariant_is_broken(stack: Stack) -> None:
    assert await find_broken(stack.stores, pause_seconds=0.5) == {}


async def _assert_queue_is_clean(stack: Stack) -> None:
    redis = stack.stores.redis
    endless = [key async for key in redis.scan_iter("*") if await redis.ttl(key) == -1]
    assert [key for key in endless if key != b"arq:queue"] == []
