"""A blob, as the images that refer to it know it."""

from typing import Any

import msgspec
from bson import ObjectId

from storage.blobs.poison import Poison
from storage.mongo.client import Document


class Blob(msgspec.Struct, frozen=True):
    """The bytes of equal images, and what is known of them.

    Attributes:
        file_id: GridFS ID.
        sha256: Hash of the bytes, as 64 hex digits.
        size_bytes: Their number.
        chunk_bytes: Size of the GridFS chunks.
        facts: ``format``, ``width``, ``height`` (as oriented), where known.
        results: By operation: ``{"version": n, "value": …}``.
        poison: How the work on it was given up last, if it was.
    """

    file_id: ObjectId
    sha256: str
    size_bytes: int
    chunk_bytes: int
    facts: dict[str, Any]
    results: dict[str, dict[str, Any]]
    poison: Poison | None = None


def _blob(file: Document) -> Blob:
    metadata = file["metadata"]
    return Blob(
        file_id=file["_id"],
        sha256=metadata["sha256"],
        size_bytes=file["length"],
        chunk_bytes=file["chunkSize"],
        facts={name: metadata.get(name) for name in ("format", "width", "height")},
        results=metadata["results"],
        poison=msgspec.convert(metadata.get("poison"), Poison | None),
    )
