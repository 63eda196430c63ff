"""Stored blobs: found by the hash of their bytes, streamed, and marked as poison."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

import msgspec

from domain.blobs import Blob, Poison
from storage.blobs.reads import ChunkReader, chunk_turns
from storage.mongo.client import Database, Document
from storage.queue.fair_turns import FairTurns


class KnownBlobs:
    """Finds and streams blobs."""

    def __init__(self, database: Database, turns: FairTurns | None = None) -> None:
        self._files = database["blobs.files"]
        self._reader = ChunkReader(database["blobs.chunks"], turns or chunk_turns())

    async def find(self, hashes: Sequence[str]) -> dict[str, Blob]:
        """Find blobs by hash; hashes without a blob are left out."""
        found = self._files.find({"metadata.sha256": {"$in": list(hashes)}})
        return {file["metadata"]["sha256"]: blob_of(file) async for file in found}

    def stream(self, blob: Blob, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``, one chunk in memory at a time."""
        return self._reader.stream(blob.file_id, start, stop, blob.chunk_bytes)


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


def blob_of(file: Document) -> Blob:
    """Read a blob from its document of GridFS."""
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
