"""Bytes in GridFS: each upload is written in bounded pieces, each blob is stored once.

The files follow the GridFS specification (files and chunks collections, chunks of 255 KiB), so
that any driver reads them. Motor's own writer holds up to 48 MB of every open upload; this one
holds :data:`MOST_FLUSH_BYTES` of a whole request, and less where others come in beside it.
Source: https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import msgspec
from bson import ObjectId

from storage.errors import MONGODB_FAILED
from storage.mongo.client import Collection, Document

CHUNK_BYTES = 255 * 1024
# Writing has a cost of its own beside that of the bytes: fewer and larger writes take a fifth off
# what an upload costs the API. They are as large as the uploads beside it leave room for.
MOST_FLUSH_BYTES = 12 * CHUNK_BYTES
LEAST_FLUSH_BYTES = 3 * CHUNK_BYTES
SHARED_FLUSH_BYTES = 24 * CHUNK_BYTES
HEAD_BYTES = 64


class IncomingFile:
    """One file while it arrives: hashed, measured and cut into chunks.

    Attributes:
        file_id: GridFS ID that the chunks are written under.
        size_bytes: Bytes so far.
        head: The first :data:`HEAD_BYTES` bytes, for sniffing.
    """

    def __init__(self) -> None:
        self.file_id = ObjectId()
        self.size_bytes = 0
        self.head = b""
        self._hash = hashlib.sha256()
        self._pieces: list[bytes | memoryview] = []
        self._pieces_bytes = 0
        self._chunks_made = 0

    def feed(self, data: bytes) -> list[Document]:
        """Take more bytes, and give back the chunks that are full."""
        self._hash.update(data)
        self.size_bytes += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]
        self._pieces.append(data)
        self._pieces_bytes += len(data)
        chunks = []
        while self._pieces_bytes >= CHUNK_BYTES:
            chunks.append(self._cut())
        return chunks

    def close(self) -> list[Document]:
        """Give back the last chunk."""
        return [self._cut()] if self._pieces_bytes else []

    @property
    def sha256(self) -> str:
        """Hash of the bytes so far, as 64 hex digits."""
        return self._hash.hexdigest()

    def _cut(self) -> Document:
        spare = self._pieces_bytes - CHUNK_BYTES
        rest: list[bytes | memoryview] = []
        if spare > 0:  # All of it lies in the last piece: those before are less than a chunk.
            last = memoryview(self._pieces.pop())
            self._pieces.append(last[:-spare])
            rest.append(last[-spare:])
        data = b"".join(self._pieces)
        self._pieces, self._pieces_bytes = rest, max(0, spare)
        number, self._chunks_made = self._chunks_made, self._chunks_made + 1
        return {"_id": ObjectId(), "files_id": self.file_id, "n": number, "data": data}


class StagedFile(msgspec.Struct, frozen=True):
    """A file whose bytes have all arrived.

    Attributes:
        file_id: GridFS ID of its chunks.
        sha256: Hash of its bytes, as 64 hex digits.
        size_bytes: Its size.
    """

    file_id: ObjectId
    sha256: str
    size_bytes: int


def flush_bytes(uploads: float) -> int:
    """Say how much an upload gathers before it is written.

    Args:
        uploads: How many large ones come in at the same time, itself among them.
    """
    share = SHARED_FLUSH_BYTES / max(1, uploads)
    return int(min(MOST_FLUSH_BYTES, max(LEAST_FLUSH_BYTES, share)))


class BlobIntake:
    """Takes the files of one request, holding at most twice :func:`flush_bytes` of them.

    While one part is being written, the next arrives. What is written before the acceptance has
    no parent yet. If the request ends without one, :meth:`discard` removes it; after a crash the
    sweeper does, by missing parent and age.

    Args:
        chunks: A GridFS chunks collection.
        uploads: Says how many large uploads come in now.
    """

    def __init__(self, chunks: Collection, uploads: Callable[[], float] = lambda: 1) -> None:
        self._chunks = chunks
        self._uploads = uploads
        self._pending: list[Document] = []
        self._pending_bytes = 0
        self._flushed: Counter[ObjectId] = Counter()
        self._flushing: asyncio.Task[object] | None = None

    async def write(self, file: IncomingFile, data: bytes) -> None:
        """Take bytes of a file; writes to GridFS whenever enough has gathered."""
        await self._stage(file.feed(data))

    async def finish(self, file: IncomingFile) -> StagedFile:
        """End a file. Its last chunks may stay in memory until the acceptance."""
        await self._stage(file.close())
        return StagedFile(file.file_id, file.sha256, file.size_bytes)

    async def complete(self) -> None:
        """End the request: write all but the little that an acceptance takes along.

        Raises:
            PyMongoError: As in :meth:`settle`.
        """
        if self._pending_bytes >= LEAST_FLUSH_BYTES:
            await self._begin_flush()
        await self.settle()

    async def settle(self) -> None:
        """Wait until all is written that is being written.

        Raises:
            PyMongoError: It could not be; what was sent before the acceptance is not all there.
        """
        if self._flushing is not None:
            await asyncio.wait([self._flushing])  # Not cancelled with the one who waits.
            flushing, self._flushing = self._flushing, None
            flushing.result()

    def pending_of(self, file_id: ObjectId) -> list[Document]:
        """Give the chunks of a file that are not written yet."""
        return [chunk for chunk in self._pending if chunk["files_id"] == file_id]

    @property
    def pending_bytes(self) -> int:
        """How much is held in memory."""
        return self._pending_bytes

    @property
    def flushed(self) -> dict[ObjectId, int]:
        """The files of which chunks have been written, and how many of each."""
        return dict(self._flushed)

    async def refuse(self, file: IncomingFile) -> None:
        """Forget a file, and remove what was written of it."""
        self._drop_pending(file.file_id)
        if file.file_id in self._flushed:
            await self.settle()
            await self._chunks.delete_many({"files_id": file.file_id})
            del self._flushed[file.file_id]

    async def discard(self) -> None:
        """Remove all that was written, for a request that ends without a ticket."""
        self._pending, self._pending_bytes = [], 0
        with suppress(MONGODB_FAILED):
            await self.settle()
        if self._flushed:
            await self._chunks.delete_many({"files_id": {"$in": list(self._flushed)}})

    async def _stage(self, chunks: list[Document]) -> None:
        self._pending += chunks
        self._pending_bytes += sum(len(chunk["data"]) for chunk in chunks)
        if self._pending_bytes >= flush_bytes(self._uploads()):
            await self._begin_flush()

    async def _begin_flush(self) -> None:
        self._flushed.update(chunk["files_id"] for chunk in self._pending)
        batch, self._pending, self._pending_bytes = self._pending, [], 0
        await self.settle()
        self._flushing = asyncio.create_task(self._flush(batch))

    async def _flush(self, chunks: list[Document]) -> None:
        await self._chunks.insert_many(chunks, ordered=False)

    def _drop_pending(self, file_id: ObjectId) -> None:
        self._pending = [chunk for chunk in self._pending if chunk["files_id"] != file_id]
        self._pending_bytes = sum(len(chunk["data"]) for chunk in self._pending)


class HashingIntake(BlobIntake):
    """Takes files in only to hash them: what they hold is known already, and not written."""

    async def _stage(self, chunks: list[Document]) -> None:
        """Forget chunks."""
