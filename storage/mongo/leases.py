"""Who does what only one process is to do, until it has not been heard of for a while.

A process that is killed in a transaction leaves it open, with its locks, for a minute. Whoever
takes its lease over ends it first.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

from bson import Binary
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ReturnDocument

from storage.clock import new_id
from storage.mongo.client import Client, Database, Document
from storage.mongo.transactions import run_transaction_in

Result = TypeVar("Result")

LEASES = "leases"
LEASE_MS = 5_000
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Lease:
    """A lease, as one process sees it. Time is the server's.

    Args:
        client: Ends sessions.
        database: Holds the leases.
        name: What it is for.
    """

    def __init__(self, client: Client, database: Database, name: str) -> None:
        self._client = client
        self._leases = database[LEASES]
        self._name = name
        self._holder = new_id()
        self._session: AsyncIOMotorClientSession | None = None

    async def hold(self) -> bool:
        """Take the lease, or hold on to it, if nobody else has it.

        Returns:
            Whether it is held.
        """
        mine_or_free: Document = {
            "$or": [{"$eq": ["$holder", self._holder]}, {"$lt": ["$expires_at", "$$NOW"]}]
        }
        expiry = {"$add": ["$$NOW", LEASE_MS]}
        before: Document | None = await self._leases.find_one_and_update(
            {"_id": self._name, "$expr": mine_or_free},
            [{"$set": {"holder": self._holder, "session": None, "expires_at": expiry}}],
            return_document=ReturnDocument.BEFORE,
        )
        if before is None:  # It is another's, or there never was one.
            free = {"holder": None, "session": None, "expires_at": LONG_AGO}
            made = await self._leases.update_one(
                {"_id": self._name}, {"$setOnInsert": free}, upsert=True
            )
            return made.upserted_id is not None and await self.hold()
        if before["session"] is not None and before["holder"] != self._holder:
            await self._client.admin.command("killSessions", [{"id": before["session"]}])
        return True

    async def run_transaction(
        self, write: Callable[[AsyncIOMotorClientSession], Awaitable[Result]]
    ) -> Result | None:
        """Run a transaction, as long as the lease is held, that whoever takes it over can end.

        Args:
            write: Does the writes with the session; may be called several times.

        Returns:
            What ``write`` returned last; None where the lease was lost, and nothing was written.

        Raises:
            PyMongoError: Nothing was written, or (rarely) the answer to the commit was lost.
        """
        # Not of the pool, where all else would share it: it may be ended from outside.
        session = self._session or await self._client.start_session()
        self._session = None
        session_id: Binary = session.delegate.session_id["id"]

        async def write_while_held(session: AsyncIOMotorClientSession) -> Result | None:
            held = await self._leases.update_one(
                {"_id": self._name, "holder": self._holder}, {"$set": {"session": session_id}}
            )
            return await write(session) if held.matched_count else None

        writing = asyncio.ensure_future(run_transaction_in(session, self._client, write_while_held))
        try:
            result = await asyncio.shield(writing)
        except asyncio.CancelledError:  # Broken off, it would leave its locks as well.
            await asyncio.wait([writing], timeout=LEASE_MS / 1000)
            raise
        self._session = session  # Of one in which something went wrong nothing is known.
        return result
