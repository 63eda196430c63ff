"""What is remembered of bytes that ended their children: equal bytes need not do so again."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.records import ItemError
from storage.mongo.client import Database


class Poison(msgspec.Struct, frozen=True):
    """How the work on a blob was given up.

    Attributes:
        error: Why.
        operations: What was tried, with its versions.
        at: When, UTC.
    """

    error: ItemError
    operations: dict[str, int]
    at: datetime


class Poisons:
    """Remembers poison with the blob, so that it goes when the blob does.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._files = database["blobs.files"]

    async def remember(self, sha256: str, poison: Poison) -> None:
        """Remember how the work on a blob was given up last."""
        fields = msgspec.to_builtins(poison, builtin_types=(datetime,))
        await self._files.update_one(
            {"metadata.sha256": sha256}, {"$set": {"metadata.poison": fields}}
        )

    async def forget(self, hashes: Sequence[str]) -> None:
        """Let equal bytes be tried again."""
        await self._files.update_many(
            {"metadata.sha256": {"$in": list(hashes)}}, {"$unset": {"metadata.poison": ""}}
        )
