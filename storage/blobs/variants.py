"""Variants: pictures rendered from blobs, stored where blobs of their size are."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from bson import ObjectId

from domain.blobs import StoredVariant
from domain.errors.capacity import Unavailable
from domain.errors.files import OperationFailed
from domain.ports import S3, BucketUpload
from storage.blobs.inserts import insert_once
from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.stores.chunks import CHUNK_BYTES
from storage.blobs.stores.gridfs import GridFsStore
from storage.clock import utc_now
from storage.mongo.client import COMMITTED, Collection, Database, Document
from storage.queue.fair_turns import FairTurns

WRITE_BYTES = 4 * CHUNK_BYTES


class StoredVariants:
    """Finds and stores variants that are rendered on demand."""

    def __init__(self, database: Database, turns: FairTurns, stores: BlobStores) -> None:
        self._chunks = database["variants.chunks"]
        self._files = database["variants.files"]
        self._reader = GridFsStore(self._chunks, turns)
        self._stores = stores

    async def find(self, file_id: str) -> StoredVariant | None:
        """Find a variant; None if it is not stored."""
        file = await self._files.find_one({"_id": file_id})
        if file is None:
            return None
        return variant_of(file)

    async def find_stored(self, file_ids: Sequence[str]) -> set[str]:
        """Return the IDs of the variants among some that are stored."""
        found = self._files.find({"_id": {"$in": list(file_ids)}}, {"_id": 1})
        return {file["_id"] async for file in found}

    def writer(self, sha256: str, file_id: str, max_bytes: int) -> "VariantWriter":
        """Return a writer of one variant, of so many bytes at most."""
        return VariantWriter(self._files, self._chunks, self._stores, sha256, file_id, max_bytes)

    def stream(self, variant: StoredVariant, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``, one chunk in memory at a time.

        Raises:
            BytesUnavailable: They are in the bucket, and that is away.
        """
        if variant.object_name is not None:
            return self._stores.bucket.stream(variant.object_name, start, stop)
        return self._reader.stream(variant.file_id, start, stop)


class VariantWriter:
    """Stores a variant while it arrives, with :data:`WRITE_BYTES` in memory.

    Storing a variant again changes nothing, also by two processes at the same time. What is stored
    of one that does not arrive whole is left to the sweeper. While the bucket is away, a large one
    is in GridFS: that loses nothing but room.
    """

    def __init__(
        self,
        files: Collection,
        chunks: Collection,
        stores: BlobStores,
        sha256: str,
        file_id: str,
        max_bytes: int,
    ) -> None:
        self._files = files
        self._chunks = chunks
        self._stores = stores
        self._object: BucketUpload | None = None
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
        if self._object is None and not self._written:
            self._object = self._begin_object()
        if self._object is not None:
            await self._object.add(bytes(self._pending))
            self._written += len(self._pending)
            self._pending.clear()
        elif len(self._pending) >= WRITE_BYTES:
            await self._write(WRITE_BYTES, durable=False)

    async def close(self, media_type: str, seconds: float) -> StoredVariant:
        """Store the rest, and the file, which makes the variant known.

        Args:
            media_type: Of the picture.
            seconds: Time that it took to render it.

        Raises:
            Unavailable: Chunks were lost, because the primary changed meanwhile.
            BytesUnavailable: The bucket has gone away meanwhile.
        """
        if self._object is not None:
            return await self._close_object(self._object, media_type, seconds)
        await self._write(len(self._pending), durable=True)
        stored = self._chunks.with_options(read_concern=COMMITTED)
        if await stored.count_documents({"files_id": self._file_id}) < -(
            -self._written // CHUNK_BYTES
        ):
            raise Unavailable("The picture could not be stored. Send the same request again.")
        variant = StoredVariant(self._file_id, media_type, self._written, seconds)
        await insert_once(self._files, [variant_file(self._sha256, variant, utc_now())])
        return variant

    async def abandon(self) -> None:
        """End a variant that does not arrive whole."""
        if self._object is not None:
            await self._object.abandon()

    def _begin_object(self) -> "BucketUpload | None":
        if not self._stores.goes_to_bucket(len(self._pending)):
            return None
        return self._stores.open_upload(str(ObjectId()))

    async def _close_object(
        self, upload: "BucketUpload", media_type: str, seconds: float
    ) -> StoredVariant:
        await upload.close()
        await upload.settle()
        variant = StoredVariant(self._file_id, media_type, self._written, seconds, upload.name)
        await insert_once(self._files, [variant_file(self._sha256, variant, utc_now())])
        kept = await self._files.find_one({"_id": self._file_id})
        if kept is None or kept["metadata"].get("object") != upload.name:
            self._stores.remove_objects_soon([upload.name])  # Another process was first.
        return variant if kept is None else variant_of(kept)

    async def _write(self, size_bytes: int, *, durable: bool) -> None:
        data = bytes(self._pending[:size_bytes])
        del self._pending[:size_bytes]
        chunks = variant_chunks(self._file_id, data, self._written // CHUNK_BYTES)
        self._written += size_bytes
        await insert_once(self._chunks, chunks, durable=durable)


def variant_of(file: Document) -> StoredVariant:
    """Read a variant from its document."""
    metadata = file["metadata"]
    seconds, name = metadata.get("seconds", 0.0), metadata.get("object")
    return StoredVariant(file["_id"], metadata["media_type"], file["length"], seconds, name)


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
            **({"store": S3, "object": variant.object_name} if variant.object_name else {}),
        },
    }


def variant_chunks(file_id: str, data: bytes, first: int = 0) -> list[Document]:
    """Cut bytes into the documents of chunks, which are numbered from ``first``."""
    return [
        {"files_id": file_id, "n": n, "data": data[start : start + CHUNK_BYTES]}
        for n, start in enumerate(range(0, len(data), CHUNK_BYTES), first)
    ]
