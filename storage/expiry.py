"""Ended jobs and images that are kept no longer, where a setting says for how long."""

from datetime import timedelta

import msgspec
from motor.motor_asyncio import AsyncIOMotorClientSession

from storage.blob_counts import release_blob
from storage.identifiers import first_id_at
from storage.mongo import Client, Database, Document, read_clock, run_transaction
from storage.settings import WorkRules
from storage.tombstones import NOTED, note_expired

BATCH = 200


class Removed(msgspec.Struct, frozen=True):
    """What was removed.

    Attributes:
        jobs: How many jobs.
        images: How many images.
    """

    jobs: int
    images: int


class Expiry:
    """Removes what ended so long ago, in batches. Any number of workers can do so at once.

    Args:
        client: For transactions.
        database: Holds everything.
        rules: How long jobs and images are kept.
    """

    def __init__(self, client: Client, database: Database, rules: WorkRules) -> None:
        self._client = client
        self._database = database
        self._rules = rules

    async def expire(self) -> Removed:
        """Remove what is past its time once; nothing where everything is kept."""
        return Removed(
            jobs=await self._expire_jobs(self._rules.job_ttl_seconds),
            images=await self._expire_images(self._rules.image_ttl_seconds),
        )

    async def _expire_jobs(self, ttl_seconds: float) -> int:
        """Remove jobs, each once its note is written. Their images stay."""
        removed = 0
        while ttl_seconds:
            past = await self._past(ttl_seconds)
            found = await self._find_batch("jobs", past)
            if found:
                notes = [note_expired(job, "job") for job in found]
                await self._database["expired"].bulk_write(notes, ordered=False)
                batch = {"_id": {"$in": [job["_id"] for job in found]}}
                # One that somebody has reopened meanwhile is not past its time any more.
                gone = await self._database["jobs"].delete_many({"$and": [past, batch]})
                removed += gone.deleted_count
            if len(found) < BATCH:
                break
        return removed

    async def _expire_images(self, ttl_seconds: float) -> int:
        """Remove images as a delete does."""
        removed = 0
        while ttl_seconds:
            past = await self._past(ttl_seconds)
            found = await self._find_batch("images", past)
            for image in found:
                removed += await self._expire_image({"$and": [past, {"_id": image["_id"]}]})
            if found:
                # What a job says of its cells stays true, but it shows fewer items than before.
                job_ids = list({image["job_id"] for image in found})
                await self._database["jobs"].update_many(
                    {"_id": {"$in": job_ids}}, {"$inc": {"version": 1}}
                )
            if len(found) < BATCH:
                break
        return removed

    async def _expire_image(self, which: Document) -> bool:
        async def remove(session: AsyncIOMotorClientSession) -> bool:
            images = self._database["images"]
            image: Document | None = await images.find_one_and_delete(which, session=session)
            if image is None:
                return False
            await release_blob(self._database, image["sha256"], session)
            notes = self._database["expired"]
            await notes.bulk_write([note_expired(image, "image")], session=session)
            return True

        return await run_transaction(self._client, remove)

    async def _past(self, ttl_seconds: float) -> Document:
        """Make the query for what ended so long ago, by MongoDB's clock.

        What ended before a time was made before it, and IDs carry the time of their making, so
        the index of the IDs leads to it.
        """
        limit = await read_clock(self._database) - timedelta(seconds=ttl_seconds)
        return {
            "_id": {"$lt": first_id_at(limit)},
            "finished_at": {"$lt": limit},
            "due_at": {"$exists": False},
        }

    async def _find_batch(self, collection: str, past: Document) -> list[Document]:
        fields = NOTED | {"job_id": 1}
        found = self._database[collection].find(past, fields).sort("_id", 1).limit(BATCH)
        return await found.to_list(None)
