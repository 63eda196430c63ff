"""Looks up blobs by the hash of their bytes."""

from collections.abc import Sequence

import msgspec

from domain.blobs import Blob, Poison
from storage.mongo.client import Database, Document


class KnownBlobs:
    """Reads blobs without their bytes.

    Args:
        database: The database.
    """

    def __init__(self, database: Database) -> None:
        self._files = database["blobs.files"]

    async def find(self, hashes: Sequence[str]) -> dict[str, Blob]:
        """Find blobs.

        Args:
            hashes: SHA-256 hashes, as 64 hex digits.

        Returns:
            Blobs by hash; hashes without a blob are left out.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        found = self._files.find({"metadata.sha256": {"$in": list(hashes)}})
        return {file["metadata"]["sha256"]: _blob_of(file) async for file in found}


def _blob_of(file: Document) -> Blob:
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
