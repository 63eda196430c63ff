"""Look-ups of secrets by their hash that a flood of wrong ones cannot turn into a flood of reads.

A secret that was not found is remembered for a while. No client sends a secret before it exists, so
this hides no new one.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from cachetools import TTLCache

from domain.keys import hash_secret
from storage.mongo.client import Collection, Document
from storage.queue.batching import Batcher

UNKNOWN_SECONDS = 10.0
UNKNOWN_SECRETS = 10_000
TOGETHER_SECONDS = 0.1
MOST_TOGETHER = 1_000


class SecretLookups:
    """Finds documents by the hash of their secret.

    Args:
        field: The field with the hash.
        condition: Further filter of the documents.
    """

    def __init__(
        self,
        collection: Collection,
        field: str,
        condition: Document,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._collection = collection
        self._field = field
        self._condition = condition
        self._unknown: TTLCache[str, None] = TTLCache(UNKNOWN_SECRETS, UNKNOWN_SECONDS, timer=clock)
        self._together = Batcher(self._find_together, MOST_TOGETHER)

    async def find(self, secret: str, *, together: bool) -> Document | None:
        """Find the document of a secret; None if it is unknown.

        With ``together``, all secrets of a tenth of a second share one read.
        """
        hashed = hash_secret(secret)
        if hashed in self._unknown:
            return None
        if together:
            found = await self._together.submit(hashed)
        else:
            found = await self._collection.find_one({self._field: hashed} | self._condition)
        if found is None:
            self._unknown[hashed] = None
        return found

    async def _find_together(self, hashes: Sequence[str]) -> list[Document | None]:
        await asyncio.sleep(TOGETHER_SECONDS)  # More may come meanwhile, for the next read.
        query = {self._field: {"$in": list(set(hashes))}} | self._condition
        found = {one[self._field]: one async for one in self._collection.find(query)}
        return [found.get(hashed) for hashed in hashes]
