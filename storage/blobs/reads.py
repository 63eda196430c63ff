"""Reads and writes files of GridFS."""

from collections.abc import AsyncIterator, Sequence

from bson import ObjectId
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError

from storage.mongo.client import DURABLE, Collection, Document
from storage.mongo.duplicates import check_duplicates
from storage.mongo.threads import PlainCollection
from storage.queue.fair_turns import FairTurns

_CHUNKS = IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)
BLOB_INDEXES = {
    # Equal bytes are one blob.
    "blobs.files": [IndexModel([("metadata.sha256", ASCENDING)], unique=True)],
    "blobs.chunks": [_CHUNKS],
    "variants.chunks": [_CHUNKS],
    "orphans": [IndexModel([("seen_at", ASCENDING)])],
}

# Streams that read a chunk at the same time; the other threads of Motor are for other requests.
READING_AT_ONCE = 4
# Each stream waits for one chunk at a time: connections are bounded elsewhere.
MOST_STREAMS = 100_000

FileId = ObjectId | str
"""Blobs have ObjectIds, variants names from :func:`storage.blobs.variants.variant_id`."""


async def read_files(chunks: Collection, file_ids: Sequence[ObjectId]) -> dict[ObjectId, bytes]:
    """Read small files in one query; empty and missing files are left out."""
    parts: dict[ObjectId, list[bytes]] = {}
    cursor = chunks.find({"files_id": {"$in": list(file_ids)}}, {"files_id": 1, "data": 1})
    async for chunk in cursor.sort([("files_id", 1), ("n", 1)]):
        parts.setdefault(chunk["files_id"], []).append(chunk["data"])
    return {file_id: b"".join(pieces) for file_id, pieces in parts.items()}


def chunk_turns() -> FairTurns:
    """Make the turns of all streams of a process."""
    return FairTurns(READING_AT_ONCE, MOST_STREAMS)


class ChunkReader:
    """Reads files chunk by chunk; all streams of this process take turns.

    A stream holds one chunk, and no cursor: a client that reads slowly costs MongoDB nothing.
    """

    def __init__(self, chunks: Collection, turns: FairTurns) -> None:
        self._chunks = chunks
        self._turns = turns

    async def stream(
        self, file_id: FileId, start: int, stop: int, chunk_bytes: int
    ) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``; ends early where a chunk is missing."""
        for number in range(start // chunk_bytes, -(-stop // chunk_bytes)):
            async with self._turns.turn():
                chunk = await self._chunks.find_one({"files_id": file_id, "n": number}, {"data": 1})
            if chunk is None:
                return
            position = number * chunk_bytes
            yield chunk["data"][max(0, start - position) : stop - position]


async def insert_once(
    collection: Collection, documents: list[Document], *, durable: bool = True
) -> None:
    """Insert documents; those that exist from an earlier attempt are skipped.

    Documents that refer to them are written later, perhaps on another primary. Without a majority
    these could be lost and those not.

    Raises:
        BulkWriteError: A write failed for another reason than a duplicate.
    """
    if not documents:
        return
    if durable:
        collection = collection.with_options(write_concern=DURABLE)
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        check_duplicates(error)


def insert_once_in_thread(collection: PlainCollection, documents: list[Document]) -> None:
    """Insert documents as :func:`insert_once` does, in a thread; a later write makes them durable.

    Raises:
        BulkWriteError: A write failed for another reason than a duplicate.
    """
    try:
        if documents:
            collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        check_duplicates(error)
