"""Bytes on their way into GridFS: held within bounds, written whole, in any number of writes."""

import os
from itertools import pairwise

import pytest

from storage.blobs.intake import IncomingFile
from storage.blobs.stores.chunks import (
    CHUNK_BYTES,
    LEAST_FLUSH_BYTES,
    MOST_FLUSH_BYTES,
    SHARED_FLUSH_BYTES,
    flush_bytes,
)
from storage.stores import Stores

PIECE_BYTES = 200_000
FILE_BYTES = 5 * 1024 * 1024 + 17


def test_the_more_uploads_there_are_the_less_each_gathers() -> None:
    gathered = [flush_bytes(uploads) for uploads in (0, 1 / 32, 1, 2, 3, 5, 8, 20, 128)]
    assert all(more >= less for more, less in pairwise(gathered))
    assert gathered[0] == MOST_FLUSH_BYTES
    assert gathered[-1] == LEAST_FLUSH_BYTES
    for uploads in range(2, 9):
        assert uploads * flush_bytes(uploads) <= SHARED_FLUSH_BYTES


@pytest.mark.stores("gridfs")
@pytest.mark.parametrize("uploads", [1, 4, 100])
async def test_files_are_whole_and_never_held_whole(stores: Stores, uploads: int) -> None:
    intake = stores.open_intake(lambda: uploads)
    contents = [os.urandom(FILE_BYTES), b"small", os.urandom(FILE_BYTES)]
    staged, most_held = [], 0
    for content in contents:
        file = IncomingFile()
        for start in range(0, len(content), PIECE_BYTES):
            await intake.write(file, content[start : start + PIECE_BYTES])
            most_held = max(most_held, intake.pending_bytes)
        staged.append(await intake.finish(file))
    await intake.complete()
    assert most_held < flush_bytes(uploads)
    # No more than this is written together with the promise, in its transaction.
    assert intake.pending_bytes < LEAST_FLUSH_BYTES

    stored = await stores.blob_stores.gridfs.read_many([end.file_id for end in staged])
    for end, content in zip(staged, contents, strict=True):
        pending = b"".join(chunk["data"] for chunk in intake.pending_of(end.file_id))
        assert stored.get(end.file_id, b"") + pending == content
    written = sum(intake.flushed.values())
    assert await stores.database["blobs.chunks"].count_documents({}) == written
    longest = {"$expr": {"$gt": [{"$binarySize": "$data"}, CHUNK_BYTES]}}
    assert await stores.database["blobs.chunks"].count_documents(longest) == 0


@pytest.mark.stores("gridfs")
async def test_a_file_is_refused_after_parts_of_it_were_written(stores: Stores) -> None:
    intake = stores.open_intake(lambda: 1)
    kept, refused = IncomingFile(), IncomingFile()
    await intake.write(kept, b"k" * CHUNK_BYTES)
    await intake.write(refused, b"r" * 2 * MOST_FLUSH_BYTES)
    await intake.refuse(refused)
    await intake.complete()
    assert await stores.database["blobs.chunks"].count_documents({"files_id": refused.file_id}) == 0
    assert not intake.pending_of(refused.file_id)
    assert set(intake.flushed) == {kept.file_id}
