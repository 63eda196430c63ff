"""Leases: one process at a time does a job; a lease that is not renewed expires.

A process that is killed in a transaction leaves it open, with its locks, for a minute. The next
holder of the lease ends that transaction first.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from bson import Binary
from pymongo import ReturnDocument

from storage.clock import new_id
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction_in

Result = TypeVar("Result")

LEASES = "leases"
LEASE_SECONDS = 5.0
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Lease:
    """A lease as one process sees it, by the clock of the server.

    Args:
        seconds: Time after which it expires, unless it is renewed.
    """

    def __init__(
        self, client: Client, database: Database, name: str, seconds: float = LEASE_SECONDS
    ) -> None:
        self._client = client
        self._leases = database[LEASES]
        self._name = name
        self._seconds = seconds
        self._held_until = -math.inf
        self._holder = new_id()
        self._session: Session | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process took or renewed the lease, and it cannot have expired since."""
        return time.monotonic() < self._held_until

    async def hold(self) -> bool:
        """Take or renew the lease; return False if another process holds it."""
        now = time.monotonic()
        if not self.is_held and await self._is_of_another():
            return False
        self._held_until = now + self._seconds if await self._take() else -math.inf
        return self.is_held

    async def release(self) -> None:
        """Let another process take the lease at once, if this one holds it."""
        if not self.is_held:
            return
        self._held_until = -math.inf
        await self._leases.update_one(
            {"_id": self._name, "holder": self._holder}, {"$set": {"expires_at": LONG_AGO}}
        )

    async def _is_of_another(self) -> bool:
        """Say whether another process holds it, with a read: many may ask, again and again."""
        others: Document = {
            "$and": [{"$ne": ["$holder", self._holder]}, {"$gte": ["$expires_at", "$$NOW"]}]
        }
        return await self._leases.find_one({"_id": self._name, "$expr": others}, {}) is not None

    async def _take(self) -> bool:
        mine_or_free: Document = {
            "$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$expires_at", "$$NOW"]}]
        }
        expiry = {"$add": ["$$NOW", int(1000 * self._seconds)]}
        before: Document | None = await self._leases.find_one_and_update(
            {"_id": self._name, "$expr": mine_or_free},
            [{"$set": {"holder": self._holder, "session": None, "expires_at": expiry}}],
            return_document=ReturnDocument.BEFORE,
        )
        if before is None:  # Another process holds it, or it does not exist.
            free = {"holder": None, "session": None, "expires_at": LONG_AGO}
            made = await self._leases.update_one(
                {"_id": self._name}, {"$setOnInsert": free}, upsert=True
            )
            return made.upserted_id is not None and await self._take()
        if before["session"] is not None and before["holder"] != self._holder:
            await self._client.admin.command("killSessions", [{"id": before["session"]}])
        return True

    async def run_transaction(self, write: Callable[[Session], Awaitable[Result]]) -> Result | None:
        """Run a transaction while the lease is held. The next holder can end it.

        Returns:
            The value that ``write``, which may run several times, returned last; None if the lease
            was lost and nothing was written.

        Raises:
            PyMongoError: Nothing was written or, rarely, the answer to the commit was lost.
        """
        # Not a session of the pool, which other calls share: another process may end this one.
        session = self._session or await self._client.start_session()
        self._session = None
        session_id: Binary = session.delegate.session_id["id"]

        async def write_while_held(session: Session) -> Result | None:
            held = await self._leases.update_one(
                {"_id": self._name, "holder": self._holder}, {"$set": {"session": session_id}}
            )
            return await write(session) if held.matched_count else None

        writing = asyncio.ensure_future(run_transaction_in(session, self._client, write_while_held))
        try:
            result = await asyncio.shield(writing)
        except asyncio.CancelledError:  # A cancelled transaction would leave its locks.
            await asyncio.wait([writing], timeout=self._seconds)
            raise
        # After an error the state of a session is unknown: only a good one is kept.
        self._session = session
        return result
