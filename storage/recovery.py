"""What the reconciler asks of the ledger: which work has nobody, and who may hint it again."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.jobs import Status
from storage.ledger import (
    ClaimedImage,
    FinishedImage,
    finishing_update,
    read_claimed_image,
)
from storage.mongo import Database, Document


class ChunkHint(msgspec.Struct, frozen=True):
    """A chunk of a job that a worker should look at.

    Attributes:
        job_id: The job.
        chunk: Number of the chunk.
        number: How often it has been hinted before; never reused.
    """

    job_id: str
    chunk: int
    number: int = 0


class DueChunk(msgspec.Struct, frozen=True):
    """A chunk that has waited longer than it should.

    Attributes:
        hint: Its last hint.
        abandoned: Whether a worker had claimed it and let its lease run out.
        exhausted: Whether an image of it was begun as often as is allowed.
    """

    hint: ChunkHint
    abandoned: bool
    exhausted: bool


class Recovery:
    """Finds work that has no hint and no worker.

    Args:
        database: Holds everything.
        max_attempts: An image that was claimed this often without an end has failed.
    """

    def __init__(self, database: Database, max_attempts: int) -> None:
        self._images = database["images"]
        self._jobs = database["jobs"]
        self._max_attempts = max_attempts

    async def find_due(self, now: datetime, limit: int) -> list[DueChunk]:
        """Find chunks that nobody has begun, or whose lease ran out.

        Args:
            now: The time, UTC.
            limit: Most images that are looked at.

        Returns:
            The chunks, longest due first.
        """
        abandoned = {"$max": {"$eq": ["$status", Status.PROCESSING.value]}}
        exhausted = {"$max": {"$gte": ["$attempts", self._max_attempts]}}
        pipeline: list[Document] = [
            {"$match": {"due_at": {"$lt": now}}},
            {"$sort": {"due_at": 1}},
            {"$limit": limit},
            {
                "$group": {
                    "_id": {"job_id": "$job_id", "chunk": "$chunk"},
                    "number": {"$max": "$hint"},
                    "abandoned": abandoned,
                    "exhausted": exhausted,
                    "due_at": {"$min": "$due_at"},
                }
            },
            {"$sort": {"due_at": 1}},
        ]
        return [
            DueChunk(
                ChunkHint(found["_id"]["job_id"], found["_id"]["chunk"], found["number"]),
                found["abandoned"],
                found["exhausted"],
            )
            async for found in self._images.aggregate(pipeline)
        ]

    async def make_all_due(self, now: datetime) -> int:
        """Have all queued work looked after now, because all hints are lost.

        Returns:
            How many images that are.
        """
        result = await self._images.update_many(
            {"due_at": {"$gt": now}, "status": Status.QUEUED}, {"$set": {"due_at": now}}
        )
        return result.modified_count

    async def make_due(self, hints: Sequence[ChunkHint], now: datetime) -> None:
        """Have chunks looked after now whose hint was taken, if nobody has claimed them."""
        chunks = [{"job_id": hint.job_id, "chunk": hint.chunk} for hint in hints]
        await self._images.update_many(
            {"$or": chunks, "status": Status.QUEUED, "due_at": {"$gt": now}},
            {"$set": {"due_at": now}},
        )

    async def postpone(self, hint: ChunkHint, until: datetime) -> None:
        """Look after a chunk later: its hint is still there."""
        await self._images.update_many(
            {"job_id": hint.job_id, "chunk": hint.chunk, "status": Status.QUEUED},
            {"$set": {"due_at": until}},
        )

    async def hint_again(self, hint: ChunkHint, until: datetime) -> ChunkHint | None:
        """Take the next hint number of a chunk; of two reconcilers one gets it.

        Args:
            hint: The last hint.
            until: When to look after the chunk again.

        Returns:
            The hint to send, or None where another reconciler was faster.
        """
        number = hint.number + 1
        taken = await self._images.update_many(
            {
                "job_id": hint.job_id,
                "chunk": hint.chunk,
                "hint": {"$lte": hint.number},
                "due_at": {"$exists": True},
            },
            {"$set": {"due_at": until, "hint": number}},
        )
        return ChunkHint(hint.job_id, hint.chunk, number) if taken.modified_count else None

    async def find_exhausted(self, hint: ChunkHint, now: datetime) -> list[ClaimedImage]:
        """Find the images of a due chunk that were begun as often as is allowed."""
        found = self._images.find(
            {
                "job_id": hint.job_id,
                "chunk": hint.chunk,
                "attempts": {"$gte": self._max_attempts},
                "due_at": {"$lt": now},
            }
        )
        return [read_claimed_image(image) async for image in found]

    async def fail(self, images: Sequence[FinishedImage], now: datetime) -> None:
        """End images that are due; one that a worker still renews is left alone."""
        await self._images.bulk_write(
            [finishing_update(image, {"due_at": {"$lt": now}}) for image in images],
            ordered=False,
        )

    async def find_unsettled(self, now: datetime, until: datetime, limit: int) -> list[str]:
        """Find due jobs of which no image is open: somebody died before settling them.

        Args:
            now: The time, UTC.
            until: When to look at the other due jobs again.
            limit: Most jobs.

        Returns:
            The jobs to settle.
        """
        due = self._jobs.find({"due_at": {"$lt": now}}, {"_id": 1}).sort("due_at", 1)
        job_ids = [job["_id"] async for job in due.limit(limit)]
        if not job_ids:
            return []
        await self._jobs.update_many(
            {"_id": {"$in": job_ids}, "due_at": {"$exists": True}}, {"$set": {"due_at": until}}
        )
        is_open = {"job_id": {"$in": job_ids}, "due_at": {"$exists": True}}
        busy = set(await self._images.distinct("job_id", is_open))
        return [job_id for job_id in job_ids if job_id not in busy]
