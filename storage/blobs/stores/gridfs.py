"""GridFS as a store of bytes: read chunk by chunk, in turns."""

from collections.abc import AsyncIterator, Collection, Sequence

from bson import ObjectId

from domain.ports import GRIDFS
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.mongo.client import Collection as Chunks
from storage.queue.fair_turns import FairTurns

# Streams that read a chunk at the same time; the other threads of Motor are for other requests.
READING_AT_ONCE = 4
# Each stream waits for one chunk at a time: connections are bounded elsewhere.
MOST_STREAMS = 100_000

FileId = ObjectId | str
"""Blobs have ObjectIds, variants names from :func:`storage.blobs.variants.variant_id`."""


def chunk_turns() -> FairTurns:
    """Make the turns of all streams of a process."""
    return FairTurns(READING_AT_ONCE, MOST_STREAMS)


class GridFsStore:
    """Reads files; all streams of this process take turns.

    A stream holds one chunk, and no cursor: a client that reads slowly costs MongoDB nothing.
    """

    name = GRIDFS

    def __init__(self, chunks: Chunks, turns: FairTurns) -> None:
        self._chunks = chunks
        self._turns = turns

    async def read_many(self, names: Collection[FileId]) -> dict[FileId, bytes]:
        """Read small files in one query; empty and missing files are left out."""
        parts: dict[FileId, list[bytes]] = {}
        cursor = self._chunks.find({"files_id": {"$in": list(names)}}, {"files_id": 1, "data": 1})
        async for chunk in cursor.sort([("files_id", 1), ("n", 1)]):
            parts.setdefault(chunk["files_id"], []).append(chunk["data"])
        return {file_id: b"".join(pieces) for file_id, pieces in parts.items()}

    async def stream(
        self, name: FileId, start: int, stop: int, chunk_bytes: int = CHUNK_BYTES
    ) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``; ends early where a chunk is missing."""
        for number in range(start // chunk_bytes, -(-stop // chunk_bytes)):
            async with self._turns.turn():
                chunk = await self._chunks.find_one({"files_id": name, "n": number}, {"data": 1})
            if chunk is None:
                return
            position = number * chunk_bytes
            yield chunk["data"][max(0, start - position) : stop - position]

    async def remove(self, names: Sequence[FileId]) -> None:
        """Remove the chunks of files."""
        await self._chunks.delete_many({"files_id": {"$in": list(names)}})
