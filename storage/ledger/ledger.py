"""The ledger that workers write: claims with a lease and a fence, and guarded ends.

A claim increments the ``fence`` of each image, which never decreases. The end of an image carries
the fence and the ID of its claim: a worker whose lease expired, and whose images another worker
took over, writes nothing. A claim also increments ``attempts``, which a worker that is asked to
stop decrements again. Leases follow the server's clock: the clocks of workers do not matter.
"""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import UpdateOne
from pymongo.results import UpdateResult

from domain.claims import ClaimedImage, FinishedImage
from domain.job_changes import JobChange
from domain.jobs import Status
from storage.clock import new_id, utc_now
from storage.ledger.claim_updates import can_be_claimed, claiming, expiry, in_chunks, releasing
from storage.ledger.job_states import JobStates
from storage.ledger.rows import finishing_update, read_claimed_image
from storage.ledger.work_metrics import WorkMetrics
from storage.mongo.client import Database, Document
from storage.outbox.subscriptions import Subscriptions


class Ledger:
    """Claims and ends of images."""

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

    async def claim_chunks(
        self, chunks: Sequence[tuple[str, int]], worker: str | None = None
    ) -> list[tuple[str, list[ClaimedImage]]]:
        """Claim the open images of chunks, given by job and number, for a worker (``host:pid``).

        Returns:
            For each chunk the ID of the claim, for :meth:`renew` and :meth:`release`, and the
            images. There are none if other workers hold them, if all have ended, or if the chunk
            occurs earlier in the list.
        """
        self._subscriptions.prefetch()
        claim_id = new_id()
        claimed: UpdateResult = await self._images.update_many(
            can_be_claimed(chunks, self._max_attempts), claiming(claim_id, worker, self._lease_ms)
        )
        held: dict[tuple[str, int], list[ClaimedImage]] = defaultdict(list)
        if claimed.modified_count:
            mine = {**in_chunks(chunks), "lease.claim_id": claim_id}
            async for image in self._images.find(mine):
                held[image["job_id"], image["chunk"]].append(read_claimed_image(image))
        return [(claim_id, held.pop(chunk, [])) for chunk in chunks]

    async def renew(self, claim_id: str, images: Sequence[ClaimedImage]) -> int:
        """Extend a claim by another lease, and count the images that it still holds.

        The others ended, were canceled or were taken over.
        """
        end = expiry(self._lease_ms)
        renewed = await self._images.update_many(
            {"_id": {"$in": [image.id for image in images]}, "lease.claim_id": claim_id},
            [{"$set": {"lease.expires_at": end, "due_at": end}}],
        )
        return renewed.matched_count

    async def release(
        self, claim_id: str, images: Sequence[ClaimedImage], *, count_attempt: bool = False
    ) -> None:
        """Make the images of a claim that have not ended available to other workers at once.

        An attempt that was interrupted instead of failed does not count.
        """
        await self._images.update_many(
            {
                "_id": {"$in": [image.id for image in images]},
                "status": Status.PROCESSING,
                "lease.claim_id": claim_id,
            },
            releasing(utc_now(), count_attempt=count_attempt),
        )

    async def hold_back(self, images: Sequence[ClaimedImage]) -> None:
        """Uncount the attempts of claimed images, until :meth:`begin` counts that of each."""
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
        """Count the attempt of an image that was held back; False if the claim has lost it."""
        begun = await self._images.update_one(
            {**_held(image), "lease.held_back": True},
            {"$unset": {"lease.held_back": ""}, "$inc": {"attempts": 1}},
        )
        return begun.modified_count == 1

    async def finish(self, groups: Sequence[Sequence[FinishedImage]]) -> list[int]:
        """Write the ends of images that their claims still hold, and count those of each group."""
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
                self._metrics.images_ended(image.status)
        return [sum(image.id not in lost for image in group) for group in groups]

    async def _find_ended(self, finished: Sequence[FinishedImage]) -> set[str]:
        """Return the IDs of those images that ended with the fence of their claim."""
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


def _held(image: ClaimedImage) -> Document:
    claim = {"fence": image.fence, "lease.claim_id": image.claim_id}
    return {"_id": image.id, **claim, "status": Status.PROCESSING}
