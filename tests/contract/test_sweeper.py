"""The sweeper: deletes old leftovers, and never what is in use."""

import asyncio
from datetime import timedelta

import pytest
from bson import ObjectId

from domain.api_keys import KeyPlan
from domain.keys import Role, Scope
from storage.blobs import sweeper as sweeping
from storage.blobs.intake import IncomingFile
from storage.blobs.sweeper import EXPIRED_KEYS_KEPT, Sweeper, Swept
from storage.blobs.variants import variant_id
from storage.clock import utc_now
from storage.stores import Stores
from tests.uploads import accept, make_upload

pytestmark = pytest.mark.stores("gridfs", "s3")

HOUR = timedelta(hours=1)
LATER = timedelta(hours=2)
MB = 1024 * 1024


async def _abandon_upload(stores: Stores, content: bytes) -> ObjectId:
    """Write the chunks of an upload that never ends."""
    intake = stores.open_intake(lambda: 1)
    file = IncomingFile()
    await intake.write(file, content)
    await intake.complete()
    return file.file_id


async def _count(stores: Stores, collection: str) -> int:
    return await stores.database[collection].count_documents({})


def _sweeper(stores: Stores, min_age: timedelta = HOUR) -> Sweeper:
    return Sweeper(stores.client, stores.database, stores.blob_stores, min_age)


async def _sweep_twice(stores: Stores) -> Swept:
    """Sweep now, and once more when what was seen is old."""
    await _sweeper(stores).sweep()
    return await _sweeper(stores).sweep(utc_now() + LATER)


async def _blob(stores: Stores) -> dict[str, object]:
    blob = await stores.database["blobs.files"].find_one({})
    assert blob is not None
    return blob


async def _keep_variant(stores: Stores, sha256: str, name: str, data: bytes) -> None:
    writer = stores.variants.writer(sha256, name, len(data))
    await writer.take(data)
    await writer.close("image/webp", 0.0)


@pytest.mark.stores("gridfs")
async def test_removes_chunks_that_have_been_without_parent_for_long(stores: Stores) -> None:
    await _abandon_upload(stores, b"x" * 3 * MB)
    await _abandon_upload(stores, b"y" * 2 * MB)
    assert await _count(stores, "blobs.chunks") > 10
    assert await _sweep_twice(stores) == Swept(orphans=2)
    assert await _count(stores, "blobs.chunks") == 0
    assert await _count(stores, "orphans") == 0


async def test_leaves_chunks_alone_until_they_are_old(stores: Stores) -> None:
    await _abandon_upload(stores, b"x" * 3 * MB)
    before = await _count(stores, "blobs.chunks")
    for minutes in (0, 30, 59):
        assert await _sweeper(stores).sweep(utc_now() + timedelta(minutes=minutes)) == Swept()
    assert await _count(stores, "blobs.chunks") == before


async def test_clock_of_the_uploader_does_not_make_chunks_old(stores: Stores) -> None:
    chunks = stores.database["blobs.chunks"]
    long_ago = ObjectId.from_datetime(utc_now() - timedelta(days=365))
    await chunks.insert_one({"_id": long_ago, "files_id": long_ago, "n": 0, "data": b"x"})
    assert await _sweeper(stores).sweep() == Swept()
    assert await _count(stores, "blobs.chunks") == 1


async def test_long_upload_is_accepted_after_many_sweeps(stores: Stores) -> None:
    """It was seen without parent, got one in time, and is never looked at as an orphan again."""
    upload = await make_upload(stores, b"x" * 3 * MB, b"y" * 2 * MB)
    for minutes in (0, 20, 40, 55):
        await _sweeper(stores).sweep(utc_now() + timedelta(minutes=minutes))
    before = await _count(stores, "blobs.chunks")
    await stores.acceptance.accept(upload)
    for hours in (1, 2, 48):
        swept = await _sweeper(stores).sweep(utc_now() + timedelta(hours=hours))
        assert swept.orphans == swept.blobs == 0
    assert await _count(stores, "blobs.chunks") >= before
    assert await _count(stores, "orphans") == 0


async def test_leaves_live_blobs_and_their_variants_alone(stores: Stores) -> None:
    contents = [b"small", b"x" * 3 * MB]
    await accept(stores, *contents)
    blobs = [file async for file in stores.database["blobs.files"].find()]
    for file in blobs:
        sha256 = file["metadata"]["sha256"]
        name = variant_id(sha256, "thumbnail", 1)
        await _keep_variant(stores, sha256, name, b"picture" * 100_000)
    before = {name: await _count(stores, name) for name in ("blobs.chunks", "variants.chunks")}
    assert await _sweep_twice(stores) == Swept()
    assert before == {name: await _count(stores, name) for name in before}
    assert await _count(stores, "variants.files") == 2


async def test_removes_variants_whose_blob_is_gone(stores: Stores) -> None:
    name = variant_id("0" * 64, "thumbnail", 1)
    await _keep_variant(stores, "0" * 64, name, b"picture")
    assert await _sweeper(stores).sweep() == Swept()
    assert await stores.variants.find(name) is not None
    assert await _sweeper(stores).sweep(utc_now() + LATER) == Swept(variants=1)
    assert await stores.variants.find(name) is None
    assert await _sweeper(stores).sweep(utc_now() + 2 * LATER) == Swept(orphans=1)
    assert await _count(stores, "variants.chunks") == 0


@pytest.mark.any_shards
async def test_sweeps_the_rest_of_a_removal_that_was_broken_off(stores: Stores) -> None:
    await _abandon_upload(stores, b"x" * 3 * MB)
    await stores.database["blobs.chunks"].delete_many({"n": {"$lt": 2}})
    await _sweep_twice(stores)
    assert await _count(stores, "blobs.chunks") == 0


@pytest.mark.slow
async def test_two_sweepers_do_not_disturb_each_other(stores: Stores) -> None:
    for size in range(1, 4):
        await _abandon_upload(stores, b"x" * size * MB)
    await accept(stores, b"live", b"miscounted")
    await stores.database["blobs.files"].update_many({}, {"$set": {"metadata.images": 7}})
    await asyncio.gather(*(_sweeper(stores).sweep() for _ in range(4)))
    later = utc_now() + LATER
    await asyncio.gather(*(_sweeper(stores).sweep(later) for _ in range(4)))
    assert await _count(stores, "blobs.chunks") == 2
    assert await _count(stores, "orphans") == 0
    counts = [file["metadata"]["images"] async for file in stores.database["blobs.files"].find()]
    assert counts == [1, 1]


@pytest.mark.stores("gridfs")
async def test_large_store_is_walked_in_pieces(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "WALKED", dict.fromkeys(sweeping.WALKED, 3))
    for number in range(4):
        await accept(stores, b"%d" % number)
        await _abandon_upload(stores, b"x" * 2 * MB)
        await accept(stores, b"more %d" % number)
    sweeps = 0
    while await _count(stores, "blobs.chunks") > 8:
        sweeps += 1
        assert sweeps < 5
        await _sweeper(stores, timedelta(0)).sweep()
    assert sweeps > 1
    assert await _count(stores, "blobs.files") == 8


async def test_mends_wrong_counts(stores: Stores) -> None:
    await accept(stores, b"twice", b"twice")
    for wrong in (0, 1, 5, -1):
        change = {"$set": {"metadata.images": wrong}}
        await stores.database["blobs.files"].update_many({}, change)
        assert await _sweeper(stores).sweep() == Swept(blobs=1)
        assert (await _blob(stores))["metadata"]["images"] == 2  # type: ignore[index]
    assert await _sweeper(stores).sweep() == Swept()


async def test_removes_blobs_without_images(stores: Stores) -> None:
    ticket = await accept(stores, b"lost", b"x" * 2 * MB)
    for blob in [file async for file in stores.database["blobs.files"].find()]:
        sha256 = blob["metadata"]["sha256"]
        name = variant_id(sha256, "thumbnail", 1)
        await _keep_variant(stores, sha256, name, b"picture")
    await stores.database["images"].delete_one({"_id": ticket.items[1].image_id})
    assert await _sweeper(stores).sweep() == Swept(blobs=1)
    for name in ("blobs.files", "blobs.chunks", "variants.files", "variants.chunks"):
        assert await _count(stores, name) == 1
    await stores.images.get(str(ticket.items[0].image_id), Scope())


@pytest.mark.stores("gridfs")
@pytest.mark.slow
async def test_blob_that_comes_again_while_it_is_removed_is_whole(stores: Stores) -> None:
    content = b"again and again" * 100_000
    for _ in range(15):
        ticket = await accept(stores, content)
        # An image that went without taking its blob along.
        await stores.database["images"].delete_many({})
        uploads = (accept(stores, content) for _ in range(3))
        ticket, *_ = await asyncio.gather(*uploads, _sweeper(stores).sweep())  # type: ignore[assignment]
        await _sweeper(stores).sweep()
        blob = await _blob(stores)
        assert blob["metadata"]["images"] == 3  # type: ignore[index]
        chunks = stores.database["blobs.chunks"].find({"files_id": blob["_id"]})
        assert sum([len(chunk["data"]) async for chunk in chunks]) == len(content)
        await stores.image_deletion.delete(str(ticket.items[0].image_id), Scope())
        await stores.database["images"].delete_many({})
        await _sweeper(stores).sweep()
        assert await _count(stores, "blobs.files") == 0


async def test_removes_keys_that_expired_long_ago(stores: Stores) -> None:
    for seconds in (60, 3 * 24 * 3600):
        await stores.api_keys.create(KeyPlan(Role.SERVICE, expires_in=seconds), f"mlk_{seconds}")
    await stores.api_keys.create(KeyPlan(Role.SERVICE), "mlk_endless")
    assert await _sweeper(stores).sweep(utc_now() + HOUR) == Swept()
    later = utc_now() + EXPIRED_KEYS_KEPT + HOUR
    assert await _sweeper(stores).sweep(later) == Swept(api_keys=1)
    assert await _count(stores, "api_keys") == 2


async def test_removes_records_that_nothing_can_answer(stores: Stores) -> None:
    records = stores.database["idempotency"]
    job_id = (await accept(stores, b"there")).job.id
    kept = {"status": 202, "body": b"{}"}
    answers = {
        "job there": {"job_id": job_id, "status": None},
        "job gone": {"job_id": "gone", "status": None},
        "job gone, answer kept": {"job_id": "gone", **kept},
        "no job": {"job_id": "", "status": None, "body": b"{}"},
        "running": None,
    }
    expires_at = utc_now() + HOUR
    await records.insert_many(
        [
            {"_id": name, "token": "t", "expires_at": expires_at, "answered": answered}
            for name, answered in answers.items()
        ]
    )
    assert await _sweeper(stores).sweep() == Swept(idempotency_keys=1)
    assert set(await records.distinct("_id")) == answers.keys() - {"job gone"}
