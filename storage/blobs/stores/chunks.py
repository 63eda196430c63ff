"""Chunks of GridFS: cut from files while these arrive, and written with bounded memory.

The files follow the GridFS specification (files and chunks collections, chunks of 255 KiB), so
any driver can read them. Motor's own writer holds up to 48 MB of every open upload; this one holds
:data:`MOST_FLUSH_BYTES` of a whole request, and less while other large uploads run.
Source: https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress

from bson import ObjectId

from domain.ports import GRIDFS, Location
from storage.errors import MONGODB_FAILED
from storage.mongo.client import DURABLE, Collection, Document

CHUNK_BYTES = 255 * 1024
# Each write has a fixed cost: fewer, larger writes save a fifth of the processor time of an upload.
MOST_FLUSH_BYTES = 12 * CHUNK_BYTES
LEAST_FLUSH_BYTES = 3 * CHUNK_BYTES
SHARED_FLUSH_BYTES = 24 * CHUNK_BYTES


class ChunkCutter:
    """Cuts one file into chunks.

    Args:
        file_id: The file.
        first: Number of the first chunk.
        tail: Bytes that come before what is added, less than a chunk.
    """

    def __init__(self, file_id: ObjectId, first: int = 0, tail: bytes = b"") -> None:
        self._file_id = file_id
        self._pieces: list[bytes | memoryview] = [tail]
        self._pieces_bytes = len(tail)
        self._chunks_made = first

    def add(self, data: bytes) -> list[Document]:
        """Add bytes; returns the chunks that are full."""
        self._pieces.append(data)
        self._pieces_bytes += len(data)
        chunks = []
        while self._pieces_bytes >= CHUNK_BYTES:
            chunks.append(self._cut())
        return chunks

    def close(self) -> list[Document]:
        """Return the last chunk."""
        return [self._cut()] if self._pieces_bytes else []

    def peek(self) -> list[Document]:
        """Return the chunk that is not full yet, to which more bytes are added later."""
        if not self._pieces_bytes:
            return []
        return [self._chunk(self._chunks_made, b"".join(self._pieces))]

    def _cut(self) -> Document:
        spare = self._pieces_bytes - CHUNK_BYTES
        rest: list[bytes | memoryview] = []
        if spare > 0:  # It is all in the last piece: the pieces before are less than a chunk.
            last = memoryview(self._pieces.pop())
            self._pieces.append(last[:-spare])
            rest.append(last[-spare:])
        data = b"".join(self._pieces)
        self._pieces, self._pieces_bytes = rest, max(0, spare)
        number, self._chunks_made = self._chunks_made, self._chunks_made + 1
        return self._chunk(number, data)

    def _chunk(self, number: int, data: bytes) -> Document:
        return {"_id": ObjectId(), "files_id": self._file_id, "n": number, "data": data}


def flush_bytes(uploads: float) -> int:
    """Return the number of bytes that each of some large uploads gathers before it writes them."""
    share = SHARED_FLUSH_BYTES / max(1, uploads)
    return int(min(MOST_FLUSH_BYTES, max(LEAST_FLUSH_BYTES, share)))


class ChunkWriter:
    """Writes the chunks of one request, with at most twice :func:`flush_bytes` in memory.

    One part is written while the next arrives. Chunks that are written before the acceptance are
    orphans. If the request is not accepted, :meth:`discard` deletes them; after a crash the sweeper
    does, by their missing file and their age.

    Args:
        chunks: The collection.
        uploads: Counts the large uploads of this process.
        leaves_none: Whether no chunk is left to the acceptance. They are then on other shards than
            what it writes, and its commit says nothing about them: each write waits until it is
            durable.

    Attributes:
        pending_bytes: Bytes in memory.
    """

    objects: Mapping[ObjectId, str] = {}

    def __init__(
        self,
        chunks: Collection,
        uploads: Callable[[], float] = lambda: 1,
        *,
        leaves_none: bool = False,
    ) -> None:
        self._chunks = chunks.with_options(write_concern=DURABLE) if leaves_none else chunks
        self._leaves_none = leaves_none
        self._uploads = uploads
        self._pending: list[Document] = []
        self.pending_bytes = 0
        self._cutters: dict[ObjectId, ChunkCutter] = {}
        self._flushed: Counter[ObjectId] = Counter()
        self._flushing: asyncio.Task[object] | None = None

    async def write(self, file_id: ObjectId, data: bytes) -> None:
        """Add bytes to a file; writes to GridFS once enough have gathered."""
        cutter = self._cutters.get(file_id)
        if cutter is None:
            cutter = self._cutters[file_id] = ChunkCutter(file_id)
        await self._stage(cutter.add(data))

    async def finish(self, file_id: ObjectId) -> Location:
        """End a file. Its last chunks can stay in memory until the acceptance."""
        if (cutter := self._cutters.pop(file_id, None)) is not None:
            await self._stage(cutter.close())
        return Location(GRIDFS, file_id)

    async def complete(self) -> None:
        """End the request: write all but the few bytes that the acceptance writes itself.

        Raises:
            PyMongoError: A write failed, so chunks are missing.
        """
        if self.pending_bytes >= (1 if self._leaves_none else LEAST_FLUSH_BYTES):
            await self._begin_flush()
        await self.settle()

    async def settle(self) -> None:
        """Wait for the write that runs.

        Raises:
            PyMongoError: It failed, so chunks are missing.
        """
        if self._flushing is not None:
            await asyncio.wait([self._flushing])  # Cancelling the caller does not cancel the write.
            flushing, self._flushing = self._flushing, None
            flushing.result()

    def pending_of(self, file_id: ObjectId) -> list[Document]:
        """Return the chunks of a file that are not written yet."""
        return [chunk for chunk in self._pending if chunk["files_id"] == file_id]

    @property
    def flushed(self) -> Mapping[ObjectId, int]:
        """The number of written chunks by file; files without any are left out."""
        return self._flushed

    async def refuse(self, file_id: ObjectId) -> None:
        """Drop a file, and delete its written chunks."""
        self._cutters.pop(file_id, None)
        self._pending = [chunk for chunk in self._pending if chunk["files_id"] != file_id]
        self.pending_bytes = sum(len(chunk["data"]) for chunk in self._pending)
        if file_id in self._flushed:
            await self.settle()
            await self._chunks.delete_many({"files_id": file_id})
            del self._flushed[file_id]

    async def discard(self) -> None:
        """Delete all written chunks of a request that is not accepted."""
        self._pending, self.pending_bytes = [], 0
        with suppress(MONGODB_FAILED):
            await self.settle()
        if self._flushed:
            await self._chunks.delete_many({"files_id": {"$in": list(self._flushed)}})

    async def _stage(self, chunks: list[Document]) -> None:
        self._pending += chunks
        self.pending_bytes += sum(len(chunk["data"]) for chunk in chunks)
        if self.pending_bytes >= flush_bytes(self._uploads()):
            await self._begin_flush()

    async def _begin_flush(self) -> None:
        # A caller that is cancelled while it waits keeps its chunks.
        await self.settle()
        self._flushed.update(chunk["files_id"] for chunk in self._pending)
        batch, self._pending, self.pending_bytes = self._pending, [], 0
        self._flushing = asyncio.create_task(self._flush(batch))

    async def _flush(self, chunks: list[Document]) -> None:
        await self._chunks.insert_many(chunks, ordered=False)
