"""Rendered variants of blobs, kept in GridFS."""

from datetime import datetime

import msgspec

from storage.blobs.intake import CHUNK_BYTES
from storage.mongo.client import Database, Document


class StoredVariant(msgspec.Struct, frozen=True):
    """A picture made from a blob.

    Attributes:
        file_id: GridFS ID: the same for the same blob, variant and version, so that making it
            twice writes it once.
        media_type: For the Content-Type header.
        size_bytes: Its size.
    """

    file_id: str
    media_type: str
    size_bytes: int


def variant_id(sha256: str, variant: str, version: int) -> str:
    """Name the one file that holds a variant of a blob."""
    return f"{sha256}/{variant}/v{version}"


def variant_documents(
    sha256: str, file_id: str, media_type: str, data: bytes, now: datetime
) -> tuple[Document, list[Document]]:
    """Make the GridFS documents of a variant.

    Args:
        sha256: The blob that it was made from.
        file_id: From :func:`variant_id`.
        media_type: For the Content-Type header.
        data: The encoded picture.
        now: The time, UTC.

    Returns:
        The file document and its chunks.
    """
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


async def find_variant(database: Database, file_id: str) -> StoredVariant | None:
    """Look a variant up."""
    file = await database["variants.files"].find_one({"_id": file_id})
    if file is None:
        return None
    return StoredVariant(file_id, file["metadata"]["media_type"], file["length"])
