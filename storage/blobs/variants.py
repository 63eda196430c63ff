"""Variants: pictures rendered from blobs, stored in GridFS."""

from collections.abc import AsyncIterator
from datetime import datetime

from domain.blobs import StoredVariant
from storage.blobs.intake import CHUNK_BYTES
from storage.blobs.reads import insert_once, stream_file
from storage.clock import utc_now
from storage.mongo.client import Database, Document


class StoredVariants:
    """Finds and stores variants that are rendered on demand."""

    def __init__(self, database: Database) -> None:
        self._chunks = database["variants.chunks"]
        self._files = database["variants.files"]

    async def find(self, file_id: str) -> StoredVariant | None:
        """Find a variant; None if it is not stored."""
        file = await self._files.find_one({"_id": file_id})
        if file is None:
            return None
        return StoredVariant(file_id, file["metadata"]["media_type"], file["length"])

    async def keep(self, sha256: str, file_id: str, media_type: str, data: bytes) -> None:
        """Store a variant. Storing it again changes nothing."""
        file, chunks = variant_documents(sha256, file_id, media_type, data, utc_now())
        await insert_once(self._chunks, chunks)
        await insert_once(self._files, [file])

    def stream(self, variant: StoredVariant, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``, few chunks in memory at a time."""
        return stream_file(self._chunks, variant.file_id, start, stop, CHUNK_BYTES)


def variant_id(sha256: str, variant: str, version: int) -> str:
    """Return the GridFS ID of a variant: equal pictures get equal IDs and are stored once."""
    return f"{sha256}/{variant}/v{version}"


def variant_documents(
    sha256: str, file_id: str, media_type: str, data: bytes, now: datetime
) -> tuple[Document, list[Document]]:
    """Make the GridFS documents of a variant: its file and its chunks."""
    file = {
        "_id": file_id,
        "length": len(data),
        "chunkSize": CHUNK_BYTES,
        "uploadDate": now,
        "filename": file_id,
        "metadata": {"sha256": sha256, "media_type": media_type},
    }
    chunks = [
        {"files_id": file_id, "n": n, "data": data[start : start + CHUNK_BYTES]}
        for n, start in enumerate(range(0, len(data), CHUNK_BYTES))
    ]
    return file, chunks
