"""Expiry: removes ended jobs and images after the time that the settings set."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import msgspec

from storage.access.scope import NOTED, note_expired
from storage.clock import first_id_at
from storage.mongo.client import Client, Database, Document, Session, read_clock
from storage.mongo.transactions import run_transaction
from storage.outbox.pending_events import PENDING_EVENTS
from storage.removal.removal import EXPIRED, note_in_jobs, remove_images
from storage.settings import WorkRules

BATCH = 200
# Images in one transaction.
TOGETHER = 20
Remove = Callable[[Document, list[Document]], Awaitable[int]]


class Removed(msgspec.Struct, frozen=True):
    """The numbers of removed jobs and images."""

    jobs: int
    images: int


class Expiry:
    """Removes expired jobs and images in batches. Any number of workers may do so at once."""

    def __init__(self, client: Client, database: Database, rules: WorkRules) -> None:
        self._client = client
        self._database = database
        self._rules = rules

    async def expire(self) -> Removed:
        """Remove all jobs and images that have expired by now."""
        return Removed(
            jobs=await self._expire("jobs", self._rules.job_ttl_seconds, self._remove_jobs),
            images=await self._expire("images", self._rules.image_ttl_seconds, self._remove_images),
        )

    async def _expire(self, collection: str, ttl_seconds: float, remove: Remove) -> int:
        removed = 0
        while ttl_seconds:
            past = await self._past(ttl_seconds)
            found = self._database[collection].find(past, NOTED).sort("_id", 1).limit(BATCH)
            batch = await found.to_list(None)
            removed += await remove(past, batch)
            if len(batch) < BATCH:
                break
        return removed

    async def _remove_jobs(self, past: Document, found: list[Document]) -> int:
        """Remove jobs after their notes are written; their images stay."""
        if not found:
            return 0
        notes = [note_expired(job, "job") for job in found]
        await self._database["expired"].bulk_write(notes, ordered=False)
        batch = {"_id": {"$in": [job["_id"] for job in found]}}
        # A job that was reopened in the meantime no longer matches.
        gone = await self._database["jobs"].delete_many({"$and": [past, batch]})
        return int(gone.deleted_count)

    async def _remove_images(self, past: Document, found: list[Document]) -> int:
        """Remove images as a delete does, except for the note in their jobs."""
        removed = 0
        for start in range(0, len(found), TOGETHER):
            ids = [image["_id"] for image in found[start : start + TOGETHER]]
            removed += await self._remove({"$and": [past, {"_id": {"$in": ids}}]})
        return removed

    async def _remove(self, which: Document) -> int:
        async def remove(session: Session) -> int:
            # Some may be deleted or reopened by now.
            images = await self._database["images"].find(which, session=session).to_list(None)
            if images:
                await remove_images(self._database, images, session)
                await note_in_jobs(self._database, images, EXPIRED, session)
                notes = [note_expired(image, "image") for image in images]
                await self._database["expired"].bulk_write(notes, session=session)
            return len(images)

        return await run_transaction(self._client, remove)

    async def _past(self, ttl_seconds: float) -> Document:
        """Return the query for what has expired, by MongoDB's clock.

        What ended before a time was created before it, and IDs contain the time of creation. So
        the index of IDs serves the query.
        """
        limit = await read_clock(self._database) - timedelta(seconds=ttl_seconds)
        return {
            "_id": {"$lt": first_id_at(limit)},
            "finished_at": {"$lt": limit},
            "due_at": {"$exists": False},
            PENDING_EVENTS: {"$exists": False},  # The events of a deleted job would be lost.
        }
