"""Leases: one process at a time does a job; a lease that is not renewed expires.

A process that is killed in a transaction leaves it open, with its locks, for a minute. The next
holder of the lease ends that transaction first.
"""

import asyncio
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
LEASE_MS = 5_000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Lease:
    """A lease as one process sees it, by the clock of the server."""

    def __init__(self, client: Client, database: Database, name: str) -> None:
        self._client = client
        self._leases = database[LEASES]
        self._name = name
        self._holder = new_id()
        self._session: Session | None = None

    async def hold(self) -> bool:
        """Take or renew the lease; return False if another process holds it."""
        mine_or_free: Document = {
            "$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$expires_at", "$$NOW"]}]
        }
        expiry = {"$add": ["$$NOW", LEASE_MS]}
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
            return made.upserted_id is not None and await self.hold()
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
            await asyncio.wait([writing], timeout=LEASE_MS / 1000)
            raise
        # After an error the state of a session is unknown: only a good one is kept.
        self._session = session
        return result
