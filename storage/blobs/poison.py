"""Poison records of blobs, so that equal bytes do not end child processes again."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.blobs import Poison
from storage.mongo.client import Database


class Poisons:
    """Writes and deletes poison records. A record is part of its blob, and is deleted with it."""

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
