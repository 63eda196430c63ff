"""Work without a worker: found, sent again by one reconciler, or failed after too many attempts."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.claims import ClaimedImage, FinishedImage
from domain.jobs import ChunkHint, Status
from storage.ledger.claim_updates import in_chunks
from storage.ledger.open_work import IS_OPEN
from storage.ledger.queued_chunks import GROUP_BY_CHUNK, read_hint
from storage.ledger.rows import finishing_update, read_claimed_image
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Database, Document
from storage.outbox.subscriptions import Subscriptions


class DueChunk(msgspec.Struct, frozen=True):
    """A chunk that has waited longer than it should, given by its last hint.

    Attributes:
        abandoned: Whether a worker claimed it and let the lease expire.
        exhausted: Whether an image of it has had all its attempts.
    """

    hint: ChunkHint
    abandoned: bool
    exhausted: bool


class Recovery:
    """The reconciler's view of the ledger. It looks at an image at ``due_at``. Times are UTC."""

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
        """Find chunks that no worker has claimed in time, or whose lease has expired.

        At most `limit` images are read. The chunk that is due longest comes first.
        """
        pipeline: list[Document] = [
            {"$match": {"due_at": {"$lt": now}}},
            {"$sort": {"due_at": 1}},
            {"$limit": limit},
            {
                "$group": {
                    **GROUP_BY_CHUNK,
                    "abandoned": {"$max": {"$eq": ["$status", Status.PROCESSING.value]}},
                    "exhausted": {"$max": {"$gte": ["$attempts", self._max_attempts]}},
                    "due_at": {"$min": "$due_at"},
                }
            },
            {"$sort": {"due_at": 1}},
        ]
        return [
            DueChunk(read_hint(group), group["abandoned"], group["exhausted"])
            async for group in self._images.aggregate(pipeline)
        ]

    async def make_due(self, hints: Sequence[ChunkHint], now: datetime) -> None:
        """Make the queued images of chunks due now: their hints were taken, but not claimed."""
        await self._images.update_many(
            {**_chunks(hints), "status": Status.QUEUED, "due_at": {"$gt": now}},
            {"$set": {"due_at": now}},
        )

    async def find_ended(self, hints: Sequence[ChunkHint]) -> list[ChunkHint]:
        """Return those hints whose chunks have no open image."""
        found = self._images.find({**_chunks(hints), **IS_OPEN}, {"job_id": 1, "chunk": 1})
        busy = {(image["job_id"], image["chunk"]) async for image in found}
        return [hint for hint in hints if (hint.job_id, hint.chunk) not in busy]

    async def postpone(self, hint: ChunkHint, until: datetime) -> None:
        """Make a chunk due later, because its hint was taken a moment ago."""
        queued = {**_chunks([hint]), "status": Status.QUEUED}
        await self._images.update_many(queued, {"$set": {"due_at": until}})

    async def postpone_jobs(self, job_ids: Sequence[str], now: datetime, until: datetime) -> None:
        """Make the due queued images of some jobs due later, because they wait for their turn."""
        await self._images.update_many(
            {"job_id": {"$in": job_ids}, "status": Status.QUEUED, "due_at": {"$lt": now}},
            {"$set": {"due_at": until}},
        )

    async def hint_again(self, hint: ChunkHint, until: datetime) -> ChunkHint | None:
        """Number the next hint of a chunk, which is then due again at `until`.

        Returns the hint to send; None if another reconciler got it, or nothing is open.
        """
        chunk = {**_chunks([hint]), **IS_OPEN}
        unchanged = {"hint": {"$lte": hint.number}}
        again = msgspec.structs.replace(hint, number=hint.number + 1)
        change = {"$set": {"due_at": until, "hint": again.number}}
        # Updates of many images interleave; the update of one image has one winner.
        first = await self._images.find_one(chunk, {"_id": 1}, sort=[("_id", 1)])
        if first is None:
            return None
        taken = await self._images.update_one({"_id": first["_id"], **IS_OPEN, **unchanged}, change)
        if not taken.modified_count:
            return None
        await self._images.update_many({**chunk, **unchanged}, change)
        return again

    async def find_exhausted(self, hint: ChunkHint, now: datetime) -> list[ClaimedImage]:
        """Find the images of a due chunk that have had all their attempts."""
        exhausted = {"attempts": {"$gte": self._max_attempts}, "due_at": {"$lt": now}}
        found = self._images.find({**_chunks([hint]), **exhausted})
        return [read_claimed_image(image) async for image in found]

    async def fail(self, image: FinishedImage, now: datetime) -> bool:
        """End an image that is due, unless a worker renews its lease. Returns whether it did."""
        wanted = await self._subscriptions.wanted_types()
        update = finishing_update(image, {"due_at": {"$lt": now}}, wanted)
        failed = await self._images.bulk_write([update])
        self._metrics.images_ended(Status.FAILED, failed.modified_count)
        return failed.modified_count == 1

    async def find_unsettled(self, now: datetime, until: datetime, limit: int) -> list[str]:
        """Find due jobs without an open image: their last worker died before it settled them.

        At most `limit` due jobs are read. Those that stay open are due again at `until`.
        """
        due = self._jobs.find({"due_at": {"$lt": now}}, {"_id": 1}).sort("due_at", 1)
        job_ids = [job["_id"] async for job in due.limit(limit)]
        if not job_ids:
            return []
        still_open = {"_id": {"$in": job_ids}, **IS_OPEN}
        await self._jobs.update_many(still_open, {"$set": {"due_at": until}})
        busy = set(await self._images.distinct("job_id", {"job_id": {"$in": job_ids}, **IS_OPEN}))
        return [job_id for job_id in job_ids if job_id not in busy]


def _chunks(hints: Sequence[ChunkHint]) -> Document:
    return in_chunks([(hint.job_id, hint.chunk) for hint in hints])
