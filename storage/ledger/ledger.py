"""The ledger that workers write: claims with a lease and a fence, guarded finishes, settling.

A claim counts up the ``fence`` of each image, which never goes back. A finish carries it, so
that a worker whose lease ran out, and whose work another one took over, writes nothing. A claim
also counts up ``attempts``, which a worker that is told to stop gives back. Time is read from the
server, so that workers with different clocks agree on leases.
"""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import UpdateOne
from pymongo.results import UpdateResult

from domain.jobs import JobChange, Status
from storage.clock import new_id, utc_now
from storage.ledger.attempts import BROKEN_OFF, LEASE_EXPIRED, UNEXPECTED_ERROR, logged_if
from storage.ledger.job_states import JobStates
from storage.ledger.rows import (
    ClaimedImage,
    FinishedImage,
    finishing_update,
    read_claimed_image,
    roll_up_cells,
)
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Database, Document
from storage.outbox.subscriptions import Subscriptions

# An image that is claimed and not held back is worked on.
WAS_AT_WORK: Document = {
    "$and": [{"$eq": ["$status", Status.PROCESSING.value]}, {"$not": ["$lease.held_back"]}]
}


class Ledger:
    """The state machine of images and jobs.

    Args:
        database: Holds everything.
        lease_seconds: A claim that is not renewed for this long is open to others.
        max_attempts: An image that was claimed this often without an end has failed.
        metrics: Told of every image and job that ends.
        subscriptions: Say which ends are to be announced.
    """

    def __init__(
        self,
        database: Database,
        lease_seconds: float,
        max_attempts: int,
        metrics: WorkMetrics | None = None,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self._images = database["images"]
        self._lease_ms = int(lease_seconds * 1000)
        self._max_attempts = max_attempts
        self._metrics = metrics or WorkMetrics()
        self._subscriptions = subscriptions or Subscriptions(database)
        self.states = JobStates(database, self._metrics, self._subscriptions)
        """The jobs, which follow from their images."""

    async def claim(
        self, job_id: str, chunk: int, worker: str | None = None
    ) -> tuple[str, list[ClaimedImage]]:
        """Claim what is open in one chunk; see :meth:`claim_chunks`."""
        return (await self.claim_chunks([(job_id, chunk)], worker))[0]

    async def claim_chunks(
        self, chunks: Sequence[tuple[str, int]], worker: str | None = None
    ) -> list[tuple[str, list[ClaimedImage]]]:
        """Claim what is open in chunks, of one job or of many.

        Args:
            chunks: Job and number of each chunk.
            worker: Who claims, as ``host:pid``.

        Returns:
            For each chunk the claim's ID, for :meth:`renew` and :meth:`release`, and the
            images; none if others hold them, or they are another's in this list, or all have
            ended.
        """
        self._subscriptions.prefetch()
        claim_id = new_id()
        wanted: Document = {"$or": [{"job_id": job_id, "chunk": n} for job_id, n in chunks]}
        expiry = {"$add": ["$$NOW", self._lease_ms]}
        lease = {"claim_id": claim_id, "worker": {"$literal": worker}, "expires_at": expiry}
        claimed: UpdateResult = await self._images.update_many(
            {
                "attempts": {"$lt": self._max_attempts},
                "$and": [
                    wanted,
                    {
                        "$or": [
                            {"status": Status.QUEUED},
                            {
                                "status": Status.PROCESSING,
                                "$expr": {"$lt": ["$lease.expires_at", "$$NOW"]},
                            },
                        ]
                    },
                ],
            },
            [
                {
                    "$set": {
                        "status": Status.PROCESSING.value,
                        "attempts": {"$add": ["$attempts", 1]},
                        "fence": {"$add": [{"$ifNull": ["$fence", 0]}, 1]},
                        "lease": lease,
                        "due_at": expiry,
                        "attempt_log": logged_if(WAS_AT_WORK, LEASE_EXPIRED, "$lease.expires_at"),
                    }
                }
            ],
        )
        held: dict[tuple[str, int], list[ClaimedImage]] = defaultdict(list)
        if claimed.modified_count:
            async for image in self._images.find({**wanted, "lease.claim_id": claim_id}):
                held[image["job_id"], image["chunk"]].append(read_claimed_image(image))
        return [(claim_id, held.pop(chunk, [])) for chunk in chunks]

    async def renew(self, claim_id: str, images: Sequence[ClaimedImage]) -> int:
        """Hold on to a claim for another lease.

        Returns:
            How many of the images the claim still holds: those that ended, were canceled or
            were taken over are no longer its own.
        """
        expiry = {"$add": ["$$NOW", self._lease_ms]}
        renewed = await self._images.update_many(
            {"_id": {"$in": [image.id for image in images]}, "lease.claim_id": claim_id},
            [{"$set": {"lease.expires_at": expiry, "due_at": expiry}}],
        )
        return renewed.matched_count

    async def release(
        self, claim_id: str, images: Sequence[ClaimedImage], *, count_attempt: bool = False
    ) -> None:
        """Give back what has not ended, at once.

        Args:
            claim_id: The claim.
            images: Its images.
            count_attempt: Whether the attempt went wrong, rather than being broken off.
        """
        now = utc_now()
        reason = UNEXPECTED_ERROR if count_attempt else BROKEN_OFF
        given_back = 0 if count_attempt else {"$cond": [WAS_AT_WORK, 1, 0]}
        await self._images.update_many(
            {
                "_id": {"$in": [image.id for image in images]},
                "status": Status.PROCESSING,
                "lease.claim_id": claim_id,
            },
            [
                {
                    "$set": {
                        "status": Status.QUEUED.value,
                        "due_at": now,
                        "attempts": {"$subtract": ["$attempts", given_back]},
                        "attempt_log": logged_if(WAS_AT_WORK, reason, now),
                    }
                },
                {"$unset": "lease"},
            ],
        )

    async def hold_back(self, images: Sequence[ClaimedImage]) -> None:
        """Give back the attempts of images that stay claimed, until :meth:`begin` takes each."""
        await self._images.bulk_write(
            [
                UpdateOne(
                    _held(image), {"$set": {"lease.held_back": True}, "$inc": {"attempts": -1}}
                )
                for image in images
            ],
            ordered=False,
        )

    async def begin(self, image: ClaimedImage) -> bool:
        """Count an attempt at an image that was held back.

        Returns:
            Whether this claim still holds it.
        """
        begun = await self._images.update_one(
            {**_held(image), "lease.held_back": True},
            {"$unset": {"lease.held_back": ""}, "$inc": {"attempts": 1}},
        )
        return begun.modified_count == 1

    async def finish(self, finished: Sequence[FinishedImage]) -> int:
        """Write how images ended, each only if this attempt still holds it.

        Returns:
            How many were written; the others are no longer this worker's.
        """
        return (await self.finish_all([finished]))[0]

    async def finish_all(self, groups: Sequence[Sequence[FinishedImage]]) -> list[int]:
        """Write how images of several tasks ended; see :meth:`finish`.

        Returns:
            How many of each group were written.
        """
        finished = [image for group in groups for image in group]
        if not finished:
            return [0] * len(groups)
        guard, wanted = {"status": Status.PROCESSING}, await self._subscriptions.wanted_types()
        result = await self._images.bulk_write(
            [finishing_update(image, guard, wanted) for image in finished], ordered=False
        )
        lost: set[str] = set()
        if result.modified_count < len(finished):
            written = await self._find_ended(finished) if result.modified_count else set[str]()
            lost = {image.id for image in finished} - written
        for image in finished:
            if image.id not in lost:
                self._metrics.images_ended(roll_up_cells(image.cells))
        return [sum(image.id not in lost for image in group) for group in groups]

    async def _find_ended(self, finished: Sequence[FinishedImage]) -> set[str]:
        """Find those images that ended with the fence that they were finished with."""
        ended = self._images.find(
            {
                "$or": [{"_id": image.id, "fence": image.fence} for image in finished],
                "status": {"$ne": Status.PROCESSING},
            },
            {"_id": 1},
        )
        return {image["_id"] async for image in ended}

    async def settle(self, job_id: str) -> JobChange | None:
        """Bring one job up to date with its images, durably; see :meth:`JobStates.settle`."""
        return (await self.states.settle([job_id]))[0]

    async def start_job(self, job_id: str) -> JobChange | None:
        """Mark one job as begun, if it was not."""
        return (await self.states.start([job_id]))[0]


def _held(image: ClaimedImage) -> Document:
    return {"_id": image.id, "fence": image.fence, "status": Status.PROCESSING}
