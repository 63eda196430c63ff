"""The last use of keys: noted in memory by requests, and written together.

A key is written once a minute at most, however many requests it has. Nothing waits for a write, and
a process that dies loses the notes of its last seconds.
"""

import asyncio
from datetime import datetime

from cachetools import LRUCache
from pymongo import UpdateOne

from storage.clock import utc_now
from storage.errors import MONGODB_FAILED
from storage.mongo.client import Database
from telemetry.interruptions import Interruptions

WRITE_SECONDS = 5.0
MOST_KEYS = 20_000
"""Keys whose uses wait to be written, and keys whose last written minute is known."""


class KeyUses:
    """The uses of keys in this process. What is beyond :data:`MOST_KEYS` waits for its next use."""

    def __init__(self, database: Database) -> None:
        self._keys = database["api_keys"]
        self._noted: LRUCache[str, datetime] = LRUCache(MOST_KEYS)
        self._to_write: dict[str, datetime] = {}

    def note(self, key_id: str) -> None:
        """Note that a key is used now."""
        minute = utc_now().replace(second=0, microsecond=0)
        if self._noted.get(key_id) != minute and len(self._to_write) < MOST_KEYS:
            self._noted[key_id] = self._to_write[key_id] = minute

    async def write(self) -> int:
        """Write what was noted; return how many keys were changed.

        A use that another process has written changes nothing.

        Raises:
            PyMongoError: Some were not written, and wait for their next use.
        """
        uses, self._to_write = self._to_write, {}
        if not uses:
            return 0
        writes = [
            UpdateOne(
                {"_id": key_id, "last_used_at": {"$not": {"$gte": minute}}},
                {"$set": {"last_used_at": minute}},
            )
            for key_id, minute in uses.items()
        ]
        return int((await self._keys.bulk_write(writes, ordered=False)).modified_count)

    async def run(self) -> None:
        """Write every few seconds, until cancelled."""
        interruptions = Interruptions("key_uses_interrupted")
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await self.write()
                interruptions.ended()
            except MONGODB_FAILED as error:
                interruptions.failed(error)
