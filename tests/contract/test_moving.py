"""Moving bytes between GridFS and the bucket: safe at any point, and nothing is lost."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from bson import ObjectId

from domain.errors.capacity import Unavailable
from domain.keys import Scope
from domain.ports import GRIDFS, S3
from storage.blobs.left_chunks import remove_left_chunks
from storage.blobs.moving import BlobMover, DamagedBlob
from storage.blobs.removals import Removals
from storage.mongo.client import DURABLE
from storage.stores import Stores
from tests.invariants import find_broken
from tests.stored_files import read_sizes
from tests.uploads import accept

pytestmark = pytest.mark.stores(S3)

NONE = timedelta(0)
CONTENT = bytes(range(256)) * 4_000
"""Four chunks of GridFS."""


class Interrupted(Exception):
    """What a test raises in the middle of a move."""


async def _accept(stores: Stores, content: bytes = CONTENT) -> str:
    ticket = await accept(stores, content)
    image = await stores.database["images"].find_one({"job_id": ticket.job.id})
    assert image is not None
    return str(image["sha256"])


async def _place(stores: Stores, sha256: str) -> str:
    return (await stores.blobs.find([sha256]))[sha256].location.store


async def _read(stores: Stores, sha256: str) -> bytes:
    blob = (await stores.blobs.find([sha256]))[sha256]
    return b"".join([part async for part in stores.blobs.stream(blob, 0, blob.size_bytes)])


async def _remove_old(stores: Stores) -> int:
    return await Removals(stores.database, stores.blob_stores, NONE).carry_out()


async def assert_whole(stores: Stores, sha256: str, store: str, content: bytes = CONTENT) -> None:
    """Check the bytes and every invariant, and that one copy of the bytes is left."""
    assert await _place(stores, sha256) == store
    assert await _read(stores, sha256) == content
    assert await find_broken(stores) == {}
    assert list((await read_sizes(stores)).values()) == [len(content)]


async def test_bytes_move_there_and_back_and_old_ones_are_removed(stores: Stores) -> None:
    sha256 = await _accept(stores)
    await assert_whole(stores, sha256, S3)
    for store in (GRIDFS, S3, GRIDFS):
        assert await stores.mover.move(sha256, store)
        await assert_whole(stores, sha256, store)
        assert await _remove_old(stores) == 1
        await assert_whole(stores, sha256, store)
        assert not await stores.mover.move(sha256, store)


async def test_move_back_within_the_grace_keeps_the_chunks(stores: Stores) -> None:
    sha256 = await _accept(stores)
    for store in (GRIDFS, S3, GRIDFS):
        assert await stores.mover.move(sha256, store)
    # Notes of the chunks, and of two objects.
    assert await _remove_old(stores) == 2
    await assert_whole(stores, sha256, GRIDFS)


async def test_small_files_stay_in_gridfs(stores: Stores) -> None:
    sha256 = await _accept(stores, b"few bytes")
    assert not await stores.mover.move(sha256, S3)
    await assert_whole(stores, sha256, GRIDFS, b"few bytes")


async def test_stopped_move_changes_nothing_and_is_made_again(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha256 = await _accept(stores)

    async def interrupt(*_: object) -> None:
        raise Interrupted

    for store in (GRIDFS, S3):
        for step in ("_compare", "_switch"):
            with monkeypatch.context() as patch:
                patch.setattr(BlobMover, step, interrupt)
                with pytest.raises(Interrupted):
                    await stores.mover.move(sha256, store)
            assert await _place(stores, sha256) != store
            assert await _read(stores, sha256) == CONTENT
        assert await stores.mover.move(sha256, store)
        await _remove_old(stores)
        assert await _read(stores, sha256) == CONTENT


@pytest.mark.any_shards
async def test_damaged_bytes_stay_where_they_are(stores: Stores) -> None:
    sha256 = await _accept(stores)
    await stores.mover.move(sha256, GRIDFS)
    await _remove_old(stores)
    chunks = stores.database["blobs.chunks"].with_options(write_concern=DURABLE)
    await chunks.update_one({"n": 1}, {"$set": {"data": bytes(261_120)}})
    with pytest.raises(DamagedBlob):
        await stores.mover.move(sha256, S3)
    assert await _place(stores, sha256) == GRIDFS
    assert list((await read_sizes(stores)).values()) == [len(CONTENT)]


@pytest.mark.parametrize("left", [0, 1000, len(CONTENT) - 1])
async def test_object_that_is_too_short_is_damaged_and_not_away(stores: Stores, left: int) -> None:
    sha256 = await _accept(stores)
    blob = (await stores.blobs.find([sha256]))[sha256]
    await stores.blob_stores.bucket.put(blob.location.name, CONTENT[:left])
    assert await _read(stores, sha256) == CONTENT[:left]
    with pytest.raises(DamagedBlob):
        await stores.mover.move(sha256, GRIDFS)
    assert await _place(stores, sha256) == S3


async def test_of_several_movers_one_moves_and_no_copy_is_left(stores: Stores) -> None:
    sha256 = await _accept(stores)
    for store in (GRIDFS, S3):
        moved = await asyncio.gather(*(stores.mover.move(sha256, store) for _ in range(4)))
        assert sorted(moved) == [False, False, False, True]
        await _remove_old(stores)
        await assert_whole(stores, sha256, store)


async def test_removal_of_old_chunks_never_takes_those_that_moved_back(stores: Stores) -> None:
    sha256 = await _accept(stores)
    file_id = (await stores.blobs.find([sha256]))[sha256].file_id
    for _ in range(5):
        await stores.mover.move(sha256, S3)

        async def remove(file_id: ObjectId = file_id) -> None:
            for _ in range(3):
                await remove_left_chunks(stores.client, stores.database, file_id)

        async def move_back() -> None:
            while await _place(stores, sha256) != GRIDFS:
                # Its chunks may be removed meanwhile.
                with suppress(Unavailable, DamagedBlob):
                    await stores.mover.move(sha256, GRIDFS)

        await asyncio.gather(remove(), move_back(), remove())
        assert await _read(stores, sha256) == CONTENT


async def test_blob_that_is_deleted_meanwhile_leaves_nothing(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    for store in (GRIDFS, S3):
        sha256 = await _accept(stores)
        if store == S3:
            await stores.mover.move(sha256, GRIDFS)
        compare = BlobMover._compare

        async def delete_first(mover: BlobMover, *of: object, compare: object = compare) -> None:
            image = await stores.database["images"].find_one({})
            assert image is not None
            await stores.image_deletion.delete(image["_id"], Scope())
            await compare(mover, *of)  # type: ignore[operator]

        with monkeypatch.context() as patch:
            patch.setattr(BlobMover, "_compare", delete_first)
            assert not await stores.mover.move(sha256, store)
        await _remove_old(stores)
        assert await read_sizes(stores) == {}
