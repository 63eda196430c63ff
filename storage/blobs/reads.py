"""Reads and writes files of GridFS."""

from collections.abc import AsyncIterator, Sequence

from bson import ObjectId
from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError

from storage.mongo.client import DURABLE, Collection, Document

DUPLICATE_KEY = 11000
_CHUNKS = IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)
BLOB_INDEXES = {
    # Equal bytes are one blob.
    "blobs.files": [IndexModel([("metadata.sha256", ASCENDING)], unique=True)],
    "blobs.chunks": [_CHUNKS],
    "variants.chunks": [_CHUNKS],
    "orphans": [IndexModel([("seen_at", ASCENDING)])],
}

FileId = ObjectId | str
"""Blobs have ObjectIds, variants names from :func:`storage.blobs.variants.variant_id`."""


async def read_files(chunks: Collection, file_ids: Sequence[ObjectId]) -> dict[ObjectId, bytes]:
    """Read small files in one query; empty and missing files are left out."""
    parts: dict[ObjectId, list[bytes]] = {}
    cursor = chunks.find({"files_id": {"$in": list(file_ids)}}, {"files_id": 1, "data": 1})
    async for chunk in cursor.sort([("files_id", 1), ("n", 1)]):
        parts.setdefault(chunk["files_id"], []).append(chunk["data"])
    return {file_id: b"".join(pieces) for file_id, pieces in parts.items()}


async def stream_file(
    chunks: Collection, file_id: FileId, start: int, stop: int, chunk_bytes: int
) -> AsyncIterator[bytes]:
    """Read the bytes from ``start`` up to ``stop``, few chunks in memory at a time."""
    first = start // chunk_bytes
    query = {"files_id": file_id, "n": {"$gte": first, "$lte": (stop - 1) // chunk_bytes}}
    position = first * chunk_bytes
    async for chunk in chunks.find(query, {"data": 1}, batch_size=4).sort("n", 1):
        data = chunk["data"]
        yield data[max(0, start - position) : stop - position]
        position += len(data)


async def insert_once(collection: Collection, documents: list[Document]) -> None:
    """Insert documents durably; those that exist from an earlier attempt are skipped.

    Documents that refer to them are written later, perhaps on another primary. Without a majority
    these could be lost and those not.

    Raises:
        BulkWriteError: A write failed for another reason than a duplicate.
    """
    if not documents:
        return
    try:
        await collection.with_options(write_concern=DURABLE).insert_many(documents, ordered=False)
    except BulkWriteError as error:
        details = error.details or {}
        if any(failure["code"] != DUPLICATE_KEY for failure in details["writeErrors"]):
            raise
