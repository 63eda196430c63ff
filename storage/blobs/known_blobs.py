"""Stored blobs: found by the hash of their bytes, streamed, and marked as poison."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec

from domain.blobs import Blob, Poison
from domain.ports import GRIDFS, S3, Location
from storage.blobs.stores.blob_stores import BlobStores
from storage.mongo.client import Collection, Database, Document


class KnownBlobs:
    """Finds and streams blobs."""

    def __init__(self, database: Database, stores: BlobStores) -> None:
        self._files = database["blobs.files"]
        self._stores = stores

    async def find(self, hashes: Sequence[str]) -> dict[str, Blob]:
        """Find blobs by hash; hashes without a blob are left out."""
        return await find_blobs(self._files, hashes)

    def stream(self, blob: Blob, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``, one chunk in memory at a time."""
        return self._stores.stream(blob.location, start, stop)

    async def sign(self, blob: Blob, seconds: float) -> str | None:
        """Make a URL of the bucket, valid for a time, from which anybody reads the bytes.

        Returns:
            None if the bytes are in MongoDB.

        Raises:
            BytesUnavailable: There are no credentials for now.
        """
        if blob.location.store != S3:
            return None
        return await self._stores.bucket.sign(blob.location.name, seconds)


class Poisons:
    """Writes and deletes poison records, so that equal bytes do not end child processes again.

    A record is part of its blob, and is deleted with it.
    """

    def __init__(self, database: Database) -> None:
        self._files = database["blobs.files"]

    async def remember(self, sha256: str, poison: Poison) -> None:
        """Record that work on a blob was given up; replaces an earlier record."""
        fields = msgspec.to_builtins(poison, builtin_types=(datetime,))
        await self._files.update_one(
            {"metadata.sha256": sha256}, {"$set": {"metadata.poison": fields}}
        )

    async def forget(self, hashes: Sequence[str]) -> None:
        """Delete the records of blobs, so that equal bytes are tried again."""
        await self._files.update_many(
            {"metadata.sha256": {"$in": list(hashes)}}, {"$unset": {"metadata.poison": ""}}
        )


async def find_blobs(files: Collection, hashes: Sequence[str]) -> dict[str, Blob]:
    """Find blobs by hash; hashes without a blob are left out."""
    found = files.find({"metadata.sha256": {"$in": list(hashes)}})
    return {file["metadata"]["sha256"]: blob_of(file) async for file in found}


def blob_of(file: Document) -> Blob:
    """Read a blob from its document."""
    metadata = file["metadata"]
    return Blob(
        file_id=file["_id"],
        sha256=metadata["sha256"],
        size_bytes=file["length"],
        location=location_of(file),
        facts={name: metadata.get(name) for name in ("format", "width", "height")},
        results=metadata["results"],
        poison=msgspec.convert(metadata.get("poison"), Poison | None),
    )


def location_of(file: Document) -> Location:
    """Say where the bytes of a blob are: its document names an object, or they are in GridFS."""
    metadata = file["metadata"]
    store = metadata.get("store", GRIDFS)
    return Location(store, file["_id"] if store == GRIDFS else metadata["object"])
