"""The sweeper: removes bytes without a parent once they are old, never live ones."""

from datetime import timedelta

from storage.blobs import BlobIntake, IncomingFile, find_variant, variant_id
from storage.connect import Stores
from storage.identifiers import utc_now
from storage.sweeper import Sweeper
from tests.drop_offs import accept

HOUR = timedelta(hours=1)
LATER = timedelta(hours=2)
MB = 1024 * 1024


async def _abandon_upload(stores: Stores, content: bytes) -> None:
    """Write the chunks of an upload that never ends."""
    intake = BlobIntake(stores.database["blobs.chunks"])
    file = IncomingFile()
    await intake.write(file, content)


async def _count(stores: Stores, collection: str) -> int:
    return await stores.database[collection].count_documents({})


async def test_removes_old_chunks_without_parent(stores: Stores) -> None:
    await _abandon_upload(stores, b"x" * 3 * MB)
    await _abandon_upload(stores, b"y" * 2 * MB)
    assert await _count(stores, "blobs.chunks") > 10
    assert await Sweeper(stores.database, HOUR).sweep(utc_now() + LATER) == 2
    assert await _count(stores, "blobs.chunks") == 0


async def test_leaves_young_chunks_alone(stores: Stores) -> None:
    await _abandon_upload(stores, b"x" * 3 * MB)
    before = await _count(stores, "blobs.chunks")
    assert await Sweeper(stores.database, HOUR).sweep(utc_now()) == 0
    assert await _count(stores, "blobs.chunks") == before


async def test_leaves_live_blobs_and_their_variants_alone(stores: Stores) -> None:
    contents = [b"small", b"x" * 3 * MB]
    await accept(stores, *contents)
    blobs = [file async for file in stores.database["blobs.files"].find()]
    for file in blobs:
        sha256 = file["metadata"]["sha256"]
        name = variant_id(sha256, "thumbnail", 1)
        await stores.images.keep_variant(sha256, name, "image/webp", b"picture" * 100_000)
    before = {name: await _count(stores, name) for name in ("blobs.chunks", "variants.chunks")}
    assert await Sweeper(stores.database, HOUR).sweep(utc_now() + LATER) == 0
    assert before == {name: await _count(stores, name) for name in before}
    assert await _count(stores, "variants.files") == 2


async def test_removes_variants_whose_blob_is_gone(stores: Stores) -> None:
    name = variant_id("0" * 64, "thumbnail", 1)
    await stores.images.keep_variant("0" * 64, name, "image/webp", b"picture")
    sweeper = Sweeper(stores.database, HOUR)
    assert await sweeper.sweep(utc_now()) == 0
    assert await find_variant(stores.database, name) is not None
    assert await sweeper.sweep(utc_now() + LATER) == 1
    assert await find_variant(stores.database, name) is None
    assert await _count(stores, "variants.chunks") == 0


async def test_sweeps_the_rest_of_a_removal_that_was_broken_off(stores: Stores) -> None:
    await _abandon_upload(stores, b"x" * 3 * MB)
    await stores.database["blobs.chunks"].delete_many({"n": {"$lt": 2}})
    await Sweeper(stores.database, HOUR).sweep(utc_now() + LATER)
    assert await _count(stores, "blobs.chunks") == 0


async def test_two_sweepers_do_not_disturb_each_other(stores: Stores) -> None:
    await _abandon_upload(stores, b"x" * 2 * MB)
    await accept(stores, b"live")
    for _ in range(2):
        await Sweeper(stores.database, HOUR).sweep(utc_now() + LATER)
    assert await _count(stores, "blobs.chunks") == 1
