"""Variants: pictures rendered from blobs, stored in GridFS."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from domain.blobs import StoredVariant
from domain.errors.capacity import Unavailable
from domain.errors.files import OperationFailed
from storage.blobs.inserts import insert_once
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.blobs.stores.gridfs import GridFsStore
from storage.clock import utc_now
from storage.mongo.client import COMMITTED, Collection, Database, Document
from storage.queue.fair_turns import FairTurns

WRITE_BYTES = 4 * CHUNK_BYTES


class StoredVariants:
    """Finds and stores variants that are rendered on demand."""

    def __init__(self, database: Database, turns: FairTurns) -> None:
        self._chunks = database["variants.chunks"]
        self._files = database["variants.files"]
        self._reader = GridFsStore(self._chunks, turns)

    async def find(self, file_id: str) -> StoredVariant | None:
        """Find a variant; None if it is not stored."""
        file = await self._files.find_one({"_id": file_id})
        if file is None:
            return None
        metadata = file["metadata"]
        seconds = metadata.get("seconds", 0.0)
        return StoredVariant(file_id, metadata["media_type"], file["length"], seconds)

    async def find_stored(self, file_ids: Sequence[str]) -> set[str]:
        """Return the IDs of the variants among some that are stored."""
        found = self._files.find({"_id": {"$in": list(file_ids)}}, {"_id": 1})
        return {file["_id"] async for file in found}

    def writer(self, sha256: str, file_id: str, max_bytes: int) -> "VariantWriter":
        """Return a writer of one variant, of so many bytes at most."""
        return VariantWriter(self._files, self._chunks, sha256, file_id, max_bytes)

    def stream(self, variant: StoredVariant, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``, one chunk in memory at a time."""
        return self._reader.stream(variant.file_id, start, stop)


class VariantWriter:
    """Stores a variant while it arrives, with :data:`WRITE_BYTES` in memory.

    Storing a variant again changes nothing, also by two processes at the same time. Chunks of one
    that does not arrive whole are left to the sweeper.
    """

    def __init__(
        self, files: Collection, chunks: Collection, sha256: str, file_id: str, max_bytes: int
    ) -> None:
        self._files = files
        self._chunks = chunks
        self._sha256 = sha256
        self._file_id = file_id
        self._max_bytes = max_bytes
        self._pending = bytearray()
        self._written = 0

    async def take(self, part: bytes) -> None:
        """Add bytes.

        Raises:
            OperationFailed: There are too many.
        """
        self._pending += part
        if self._written + len(self._pending) > self._max_bytes:
            raise OperationFailed("The picture is too large.")
        if len(self._pending) >= WRITE_BYTES:
            await self._write(WRITE_BYTES, durable=False)

    async def close(self, media_type: str, seconds: float) -> StoredVariant:
        """Store the rest, and the file, which makes the variant known.

        Args:
            media_type: Of the picture.
            seconds: Time that it took to render it.

        Raises:
            Unavailable: Chunks were lost, because the primary changed meanwhile.
        """
        await self._write(len(self._pending), durable=True)
        stored = self._chunks.with_options(read_concern=COMMITTED)
        if await stored.count_documents({"files_id": self._file_id}) < -(
            -self._written // CHUNK_BYTES
        ):
            raise Unavailable("The picture could not be stored. Send the same request again.")
        variant = StoredVariant(self._file_id, media_type, self._written, seconds)
        await insert_once(self._files, [variant_file(self._sha256, variant, utc_now())])
        return variant

    async def _write(self, size_bytes: int, *, durable: bool) -> None:
        data = bytes(self._pending[:size_bytes])
        del self._pending[:size_bytes]
        chunks = variant_chunks(self._file_id, data, self._written // CHUNK_BYTES)
        self._written += size_bytes
        await insert_once(self._chunks, chunks, durable=durable)


def variant_id(sha256: str, variant: str, version: int) -> str:
    """Return the GridFS ID of a variant: equal pictures get equal IDs and are stored once."""
    return f"{sha256}/{variant}/v{version}"


def variant_file(sha256: str, variant: StoredVariant, now: datetime) -> Document:
    """Make the GridFS document of a variant."""
    return {
        "_id": variant.file_id,
        "length": variant.size_bytes,
        "chunkSize": CHUNK_BYTES,
        "uploadDate": now,
        "filename": variant.file_id,
        "metadata": {
            "sha256": sha256,
            "media_type": variant.media_type,
            "seconds": variant.seconds,
        },
    }


def variant_chunks(file_id: str, data: bytes, first: int = 0) -> list[Document]:
    """Cut bytes into the documents of chunks, which are numbered from ``first``."""
    return [
        {"files_id": file_id, "n": n, "data": data[start : start + CHUNK_BYTES]}
        for n, start in enumerate(range(0, len(data), CHUNK_BYTES), first)
    ]
