"""The keys that sign URLs: made by the service, the same for all API processes, and rotated.

They lie in MongoDB unencrypted: who reads them there can read the pictures there, too.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec
from pymongo import ReturnDocument

from domain.signed_urls import SigningKey
from storage.clock import utc_now
from storage.mongo.client import DURABLE, Database, Document

STATE = "service_state"
WHICH = {"_id": "signing_keys"}
SECRET_BYTES = 32
NUMBER_BITS = 31
ROTATION = timedelta(days=30)
"""After this time a new key signs. The one before it is kept for as long: no URL lives longer."""
READ_SECONDS = 60.0
"""A process sees within this time that the keys were deleted."""
AGAIN_SECONDS = 1.0
"""Unknown numbers make a process read the keys no more often than this."""


class SigningKeys:
    """The signing keys, the newest first. Their age in memory is measured with ``clock``."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._state = database.get_collection(STATE, write_concern=DURABLE)
        self._clock = clock
        self._keys: list[SigningKey] = []
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def newest(self) -> SigningKey:
        """Return the key that signs; make the first one, or one to follow a key that is old."""
        await self._read_if_older_than(READ_SECONDS)
        if not self._keys:
            await self._make_first()
        elif utc_now() - self._keys[0].created_at > ROTATION:
            await self._rotate(self._keys[0])
        return self._keys[0]

    async def find(self, number: int) -> SigningKey | None:
        """Find a key by its number. Another process may have made it a moment ago."""
        key = self._known(number)
        await self._read_if_older_than(READ_SECONDS if key else AGAIN_SECONDS)
        return self._known(number)

    async def _read_if_older_than(self, seconds: float) -> None:
        """Read the keys, once for all requests that wait for them."""
        if self._is_older_than(seconds):
            async with self._reading:
                if self._is_older_than(seconds):
                    await self._read()

    async def _read(self) -> None:
        self._take(await self._state.find_one(WHICH))

    async def _make_first(self) -> None:
        first = {"$setOnInsert": {"keys": [_new_key()]}}
        self._take(
            await self._state.find_one_and_update(
                WHICH, first, upsert=True, return_document=ReturnDocument.AFTER
            )
        )

    async def _rotate(self, old: SigningKey) -> None:
        """Put a new key before an old one; of two processes that try, one does."""
        newest = {"$each": [_new_key()], "$position": 0, "$slice": 2}
        await self._state.update_one(
            WHICH | {"keys.0.number": old.number}, {"$push": {"keys": newest}}
        )
        await self._read()

    def _take(self, document: Document | None) -> None:
        stored = document["keys"] if document else []
        self._keys = msgspec.convert(stored, list[SigningKey])
        self._read_at = self._clock()

    def _known(self, number: int) -> SigningKey | None:
        return next((key for key in self._keys if key.number == number), None)

    def _is_older_than(self, seconds: float) -> bool:
        return self._read_at is None or self._clock() - self._read_at > seconds


def _new_key() -> Document:
    return {
        "number": secrets.randbits(NUMBER_BITS),
        "secret": secrets.token_bytes(SECRET_BYTES),
        "created_at": utc_now(),
    }
