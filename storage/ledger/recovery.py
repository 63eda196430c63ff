"""What the reconciler asks of the ledger: which work has nobody, and who may hint it again."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.fairness.work_units import estimate_units
from domain.jobs import ChunkHint, Status
from storage.ledger.open_work import IS_OPEN
from storage.ledger.rows import ClaimedImage, FinishedImage, finishing_update, read_claimed_image
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Database, Document
from storage.outbox.subscriptions import Subscriptions


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


# Of a group of images that share a chunk.
HINT_FIELDS: Document = {
    "number": {"$max": "$hint"},
    "user_id": {"$first": "$user_id"},
    "images": {"$sum": 1},
    "size_bytes": {"$sum": "$size_bytes"},
}


class Recovery:
    """Finds work that has no hint and no worker.

    Args:
        database: Holds everything.
        max_attempts: An image that was claimed this often without an end has failed.
        metrics: Told of every image that ends.
        subscriptions: Say which ends are to be announced.
    """

    def __init__(
        self,
        database: Database,
        max_attempts: int,
        metrics: WorkMetrics | None = None,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self._images = database["images"]
        self._jobs = database["jobs"]
        self._max_attempts = max_attempts
        self._metrics = metrics or WorkMetrics()
        self._subscriptions = subscriptions or Subscriptions(database)

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
                    **HINT_FIELDS,
                    "abandoned": abandoned,
                    "exhausted": exhausted,
                    "due_at": {"$min": "$due_at"},
                }
            },
            {"$sort": {"due_at": 1}},
        ]
        return [
            DueChunk(_read_hint(found), found["abandoned"], found["exhausted"])
            async for found in self._images.aggregate(pipeline)
        ]

    async def find_queued(self, user_id: str, cursor: str, limit: int) -> list[ChunkHint]:
        """Find chunks of a user's open jobs with images that nobody has claimed.

        Args:
            user_id: The user.
            cursor: Position of the first one.
            limit: Most chunks.

        Returns:
            The chunks, oldest first.
        """
        job_id, _, chunk = cursor.rpartition(":")
        pipeline: list[Document] = [
            {"$match": {"user_id": user_id, "_id": {"$gte": job_id}, **IS_OPEN}},
            {"$sort": {"_id": 1}},
            {"$limit": limit + 1},  # Of the first one perhaps nothing is left.
            {
                "$lookup": {
                    "from": "images",
                    "localField": "_id",
                    "foreignField": "job_id",
                    "pipeline": [
                        {"$match": {"status": Status.QUEUED, **IS_OPEN}},
                        {
                            "$group": {
                                "_id": {"job_id": "$job_id", "chunk": "$chunk"},
                                **HINT_FIELDS,
                            }
                        },
                        {"$sort": {"_id.chunk": 1}},
                    ],
                    "as": "found",
                }
            },
            {"$unwind": "$found"},
            {"$replaceRoot": {"newRoot": "$found"}},
            {
                "$match": {
                    "$or": [{"_id.job_id": {"$gt": job_id}}, {"_id.chunk": {"$gte": int(chunk)}}]
                }
            },
            {"$limit": limit},
        ]
        return [_read_hint(found) async for found in self._jobs.aggregate(pipeline)]

    async def find_users(self) -> list[str]:
        """Find the users who have an open job."""
        users: list[str] = await self._jobs.distinct("user_id", IS_OPEN)
        return users

    async def make_due(self, hints: Sequence[ChunkHint], now: datetime) -> None:
        """Have chunks looked after now whose hint was taken, if nobody has claimed them."""
        chunks = [{"job_id": hint.job_id, "chunk": hint.chunk} for hint in hints]
        await self._images.update_many(
            {"$or": chunks, "status": Status.QUEUED, "due_at": {"$gt": now}},
            {"$set": {"due_at": now}},
        )

    async def find_ended(self, hints: Sequence[ChunkHint]) -> list[ChunkHint]:
        """Find hints to chunks of which nothing is open."""
        chunks = [{"job_id": hint.job_id, "chunk": hint.chunk} for hint in hints]
        found = self._images.find({"$or": chunks, **IS_OPEN}, {"job_id": 1, "chunk": 1})
        busy = {(image["job_id"], image["chunk"]) async for image in found}
        return [hint for hint in hints if (hint.job_id, hint.chunk) not in busy]

    async def postpone(self, hint: ChunkHint, until: datetime) -> None:
        """Look after a chunk later: its hint was taken a moment ago."""
        await self._images.update_many(
            {"job_id": hint.job_id, "chunk": hint.chunk, "status": Status.QUEUED},
            {"$set": {"due_at": until}},
        )

    async def postpone_jobs(self, job_ids: Sequence[str], now: datetime, until: datetime) -> None:
        """Look after what is due and queued of some jobs later: it waits for its turn."""
        await self._images.update_many(
            {
                "job_id": {"$in": job_ids},
                "status": Status.QUEUED,
                "due_at": {"$lt": now},
            },
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
        again = msgspec.structs.replace(hint, number=number)
        return again if taken.modified_count else None

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

    async def fail(self, image: FinishedImage, now: datetime) -> bool:
        """End an image that is due; one that a worker still renews is left alone.

        Returns:
            Whether it was ended.
        """
        wanted = await self._subscriptions.wanted_types()
        update = finishing_update(image, {"due_at": {"$lt": now}}, wanted)
        failed = await self._images.bulk_write([update])
        self._metrics.images_ended(Status.FAILED, failed.modified_count)
        return failed.modified_count == 1

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


def _read_hint(found: Document) -> ChunkHint:
    return ChunkHint(
        found["_id"]["job_id"],
        found["_id"]["chunk"],
        found["number"],
        found["user_id"],
        estimate_units(found["images"], found["size_bytes"]),
    )
