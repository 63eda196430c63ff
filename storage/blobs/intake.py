"""Writes the files of a request to GridFS while they arrive, with bounded memory.

The files follow the GridFS specification (files and chunks collections, chunks of 255 KiB), so
any driver can read them. Motor's own writer holds up to 48 MB of every open upload; this one holds
:data:`MOST_FLUSH_BYTES` of a whole request, and less while other large uploads run.
Source: https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import msgspec
from bson import ObjectId

from storage.errors import MONGODB_FAILED
from storage.mongo.client import Collection, Document

CHUNK_BYTES = 255 * 1024
# Each write has a fixed cost: fewer, larger writes save a fifth of the processor time of an upload.
MOST_FLUSH_BYTES = 12 * CHUNK_BYTES
LEAST_FLUSH_BYTES = 3 * CHUNK_BYTES
SHARED_FLUSH_BYTES = 24 * CHUNK_BYTES
HEAD_BYTES = 64


class Digest(Protocol):
    """The state of a hash (``hashlib`` does not name its types)."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""

    def hexdigest(self) -> str:
        """Return the hash of the bytes so far."""

    def copy(self) -> "Digest":
        """Return the same state once more."""


class BegunFile(msgspec.Struct, frozen=True):
    """A file of which some bytes are stored.

    Attributes:
        chunks: Number of full chunks.
        tail: The bytes after these, less than a chunk.
        digest: Hash of all of these bytes.
    """

    file_id: ObjectId
    chunks: int
    tail: bytes
    digest: Digest


class IncomingFile:
    """One file while it arrives: it is hashed, measured and cut into chunks.

    Attributes:
        head: The first :data:`HEAD_BYTES` bytes, for sniffing.
    """

    def __init__(self) -> None:
        self.file_id = ObjectId()
        self.size_bytes = 0
        self.head = b""
        self._hash: Digest = hashlib.sha256()
        self._pieces: list[bytes | memoryview] = []
        self._pieces_bytes = 0
        self._chunks_made = 0

    @classmethod
    def resumed(cls, begun: "BegunFile") -> "IncomingFile":
        """Go on with a file; the sizes and the head are those of the bytes that come now."""
        file = cls()
        file.file_id, file._hash = begun.file_id, begun.digest.copy()
        file._pieces, file._pieces_bytes = [begun.tail], len(begun.tail)
        file._chunks_made = begun.chunks
        return file

    def feed(self, data: bytes) -> list[Document]:
        """Add bytes; returns the chunks that are full."""
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
        """Return the last chunk."""
        return [self._cut()] if self._pieces_bytes else []

    @property
    def digest(self) -> Digest:
        """Hash of the bytes so far, those before a resumption included."""
        return self._hash.copy()

    @property
    def sha256(self) -> str:
        """The same as 64 hex digits."""
        return self._hash.hexdigest()

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
        return {"_id": ObjectId(), "files_id": self.file_id, "n": number, "data": data}


class StagedFile(msgspec.Struct, frozen=True):
    """A file whose bytes have all arrived."""

    file_id: ObjectId
    sha256: str
    size_bytes: int


def flush_bytes(uploads: float) -> int:
    """Return the number of bytes that each of some large uploads gathers before it writes them."""
    share = SHARED_FLUSH_BYTES / max(1, uploads)
    return int(min(MOST_FLUSH_BYTES, max(LEAST_FLUSH_BYTES, share)))


class BlobIntake:
    """Writes the files of one request, with at most twice :func:`flush_bytes` in memory.

    One part is written while the next arrives. Chunks that are written before the acceptance are
    orphans. If the request is not accepted, :meth:`discard` deletes them; after a crash the sweeper
    does, by their missing file and their age.
    """

    def __init__(self, chunks: Collection, uploads: Callable[[], float] = lambda: 1) -> None:
        self._chunks = chunks
        self._uploads = uploads
        self._pending: list[Document] = []
        self.pending_bytes = 0
        """Bytes in memory."""
        self._flushed: Counter[ObjectId] = Counter()
        self._flushing: asyncio.Task[object] | None = None

    async def write(self, file: IncomingFile, data: bytes) -> None:
        """Add bytes to a file; writes to GridFS once enough have gathered."""
        await self._stage(file.feed(data))

    async def finish(self, file: IncomingFile) -> StagedFile:
        """End a file. Its last chunks can stay in memory until the acceptance."""
        await self._stage(file.close())
        return StagedFile(file.file_id, file.sha256, file.size_bytes)

    async def complete(self) -> None:
        """End the request: write all but the few bytes that the acceptance writes itself.

        Raises:
            PyMongoError: A write failed, so chunks are missing.
        """
        if self.pending_bytes >= LEAST_FLUSH_BYTES:
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
    def flushed(self) -> dict[ObjectId, int]:
        """The number of written chunks by file; files without any are left out."""
        return dict(self._flushed)

    async def refuse(self, file: IncomingFile) -> None:
        """Drop a file, and delete its written chunks."""
        self._pending = [chunk for chunk in self._pending if chunk["files_id"] != file.file_id]
        self.pending_bytes = sum(len(chunk["data"]) for chunk in self._pending)
        if file.file_id in self._flushed:
            await self.settle()
            await self._chunks.delete_many({"files_id": file.file_id})
            del self._flushed[file.file_id]

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
        self._flushed.update(chunk["files_id"] for chunk in self._pending)
        batch, self._pending, self.pending_bytes = self._pending, [], 0
        await self.settle()
        self._flushing = asyncio.create_task(self._flush(batch))

    async def _flush(self, chunks: list[Document]) -> None:
        await self._chunks.insert_many(chunks, ordered=False)


class HashingIntake(BlobIntake):
    """Hashes the files of a request without writing them."""

    async def _stage(self, chunks: list[Document]) -> None:
        """Drop chunks."""
