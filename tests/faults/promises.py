"""What must hold after every fault: each image ended, once, and nothing is left behind."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from domain.images.operations import ALL_OPERATIONS
from domain.jobs import TERMINAL
from storage.identifiers import utc_now
from storage.sweeper import Sweeper
from tests.faults.stack import Stack, until

ENDED = [status.value for status in TERMINAL]
NEXT_SECOND = timedelta(seconds=2)  # Chunk IDs carry whole seconds.


async def assert_promises_kept(stack: Stack, tickets: Iterable[str], seconds: float = 45) -> None:
    """Wait for the end of all jobs, then look at everything that was promised.

    Args:
        stack: The service; its workers may have ended.
        tickets: Jobs that were answered with 202.
        seconds: Longest wait for all of them together.
    """
    for ticket in tickets:
        await stack.job(ticket, seconds)
    await until(lambda: _all_has_ended(stack), seconds)
    await _assert_jobs_agree_with_images(stack)
    await _assert_results_are_whole(stack)
    await _assert_each_ended_once(stack)
    await _assert_no_orphans(stack)
    await _assert_queue_is_clean(stack)


async def _all_has_ended(stack: Stack) -> bool:
    database = stack.stores.database
    is_open = {"$or": [{"due_at": {"$exists": True}}, {"status": {"$nin": ENDED}}]}
    return not (
        await database["images"].find_one(is_open) or await database["jobs"].find_one(is_open)
    )


async def _assert_jobs_agree_with_images(stack: Stack) -> None:
    database = stack.stores.database
    cells: dict[str, Counter[str]] = {}
    async for image in database["images"].find():
        assert "lease" not in image
        assert image["status"] in ENDED
        counted = cells.setdefault(image["job_id"], Counter())
        counted.update(cell["status"] for cell in image["cells"].values())
    async for job in database["jobs"].find():
        tally, counted = job["tally"], cells.get(job["_id"], Counter())
        assert job["finished_at"] is not None
        assert tally["waiting"] == tally["running"] == 0
        assert {name: tally[name] for name in ("succeeded", "failed")} == {
            name: counted[name] for name in ("succeeded", "failed")
        }


async def _assert_results_are_whole(stack: Stack) -> None:
    database = stack.stores.database
    images_of = Counter([image["sha256"] async for image in database["images"].find()])
    blobs = {file["metadata"]["sha256"]: file async for file in database["blobs.files"].find()}
    assert {sha: blob["metadata"]["images"] for sha, blob in blobs.items()} == dict(images_of)
    async for image in database["images"].find({"status": "succeeded"}):
        results = blobs[image["sha256"]]["metadata"]["results"]
        assert set(image["cells"]) <= set(results) <= set(ALL_OPERATIONS)
        for name, cell in image["cells"].items():
            assert (cell["status"], cell["version"]) == ("succeeded", results[name]["version"])
        await _assert_picture_is_whole(stack, results)
    for blob in blobs.values():
        chunks = database["blobs.chunks"].find({"files_id": blob["_id"]})
        assert sum([len(chunk["data"]) async for chunk in chunks]) == blob["length"]


async def _assert_picture_is_whole(stack: Stack, results: dict[str, Any]) -> None:
    thumbnail = results["thumbnail"]["value"]
    chunks = stack.stores.database["variants.chunks"].find({"files_id": thumbnail["file_id"]})
    assert sum([len(chunk["data"]) async for chunk in chunks]) == thumbnail["size_bytes"]
    files = stack.stores.database["variants.files"]
    assert await files.count_documents({"_id": thumbnail["file_id"]}) == 1


async def _assert_each_ended_once(stack: Stack) -> None:
    """Read in MongoDB's own log how often each image and each job was written as ended."""
    namespaces = [f"{stack.stores.database.name}.{name}" for name in ("images", "jobs")]
    entries = stack.stores.client.local["oplog.rs"].find(
        {"ts": {"$gte": stack.began}, "ns": {"$in": namespaces}, "op": "u"}
    )
    ends: Counter[str] = Counter()
    async for entry in entries:
        diff = entry["o"].get("diff", {})
        if "finished_at" in {**diff.get("u", {}), **diff.get("i", {})}:
            ends[entry["o2"]["_id"]] += 1
    assert {document: count for document, count in ends.items() if count != 1} == {}
    for name in ("images", "jobs"):
        ids = await stack.stores.database[name].distinct("_id")
        assert [document for document in ids if document not in ends] == []


async def _assert_no_orphans(stack: Stack) -> None:
    await Sweeper(stack.stores.database, timedelta(0)).sweep(utc_now() + NEXT_SECOND)
    for bucket in ("blobs", "variants"):
        files = await stack.stores.database[f"{bucket}.files"].distinct("_id")
        orphans = {"files_id": {"$nin": files}}
        assert await stack.stores.database[f"{bucket}.chunks"].count_documents(orphans) == 0


async def _assert_queue_is_clean(stack: Stack) -> None:
    redis = stack.stores.redis
    endless = [key async for key in redis.scan_iter("*") if await redis.ttl(key) == -1]
    assert [key for key in endless if key != b"arq:queue"] == []
