"""The ledger that workers write: claims with a lease and a fence, guarded finishes, settling.

A claim counts up the ``fence`` of each image, which never goes back. A finish carries it, so
that a worker whose lease ran out, and whose work another one took over, writes nothing. A claim
also counts up ``attempts``, which a worker that is told to stop gives back. Time is read from the
server, so that workers with different clocks agree on leases.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from pymongo import ReturnDocument, UpdateOne
from pymongo.results import UpdateResult

from domain.jobs import TERMINAL, Status, Tally, roll_up
from domain.records import Cell, ItemError
from storage.identifiers import new_id, utc_now
from storage.mongo import DURABLE, Database, Document

# An open cell of a claimed image runs; only images are claimed, cells are not written for it.
CELL_STATUS: Document = {
    "$cond": [
        {
            "$and": [
                {"$eq": ["$cells.v.status", Status.QUEUED.value]},
                {"$eq": ["$status", Status.PROCESSING.value]},
            ]
        },
        Status.PROCESSING.value,
        "$cells.v.status",
    ]
}


class ClaimedImage(msgspec.Struct, frozen=True):
    """An image that this worker holds.

    Attributes:
        id: The image.
        sha256: Its blob.
        fence: Number of this claim; the finish must carry it.
        size_bytes: Size of the blob.
        format: Sniffed when it was uploaded.
        cells: Its cells; those that are queued are to be worked on.
    """

    id: str
    sha256: str
    fence: int
    size_bytes: int
    format: str
    cells: dict[str, Cell]

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations whose cells are open."""
        return tuple(name for name, cell in self.cells.items() if cell.status is Status.QUEUED)


class FinishedImage(msgspec.Struct, frozen=True):
    """How an image ended.

    Attributes:
        id: The image.
        fence: Number of the claim that ended it.
        cells: All its cells.
        error: Why the whole image failed.
        facts: Further fields that reads and searches want beside the image.
    """

    id: str
    fence: int
    cells: dict[str, Cell]
    error: ItemError | None = None
    facts: dict[str, Any] = msgspec.field(default_factory=dict)


class JobChange(msgspec.Struct, frozen=True):
    """What listeners are told.

    Attributes:
        job_id: The job.
        version: Its version after the change.
        status: Its status after the change.
    """

    job_id: str
    version: int
    status: Status


class Ledger:
    """The state machine of images and jobs.

    Args:
        database: Holds everything.
        lease_seconds: A claim that is not renewed for this long is open to others.
        max_attempts: An image that was claimed this often without an end has failed.
    """

    def __init__(self, database: Database, lease_seconds: float, max_attempts: int) -> None:
        self._images = database["images"]
        self._jobs = database["jobs"]
        self._durable_jobs = self._jobs.with_options(write_concern=DURABLE)
        self._lease_ms = int(lease_seconds * 1000)
        self._max_attempts = max_attempts

    async def claim(self, job_id: str, chunk: int) -> tuple[str, list[ClaimedImage]]:
        """Claim what is open in a chunk.

        Args:
            job_id: The job.
            chunk: Number of the chunk.

        Returns:
            The claim's own ID, for :meth:`renew` and :meth:`release`, and the images; none if
            others hold them or all have ended.
        """
        claim_id = new_id()
        expiry = {"$add": ["$$NOW", self._lease_ms]}
        claimed: UpdateResult = await self._images.update_many(
            {
                "job_id": job_id,
                "chunk": chunk,
                "attempts": {"$lt": self._max_attempts},
                "$or": [
                    {"status": Status.QUEUED},
                    {
                        "status": Status.PROCESSING,
                        "$expr": {"$lt": ["$lease.expires_at", "$$NOW"]},
                    },
                ],
            },
            [
                {
                    "$set": {
                        "status": Status.PROCESSING.value,
                        "attempts": {"$add": ["$attempts", 1]},
                        "fence": {"$add": [{"$ifNull": ["$fence", 0]}, 1]},
                        "lease": {"claim_id": claim_id, "expires_at": expiry},
                        "due_at": expiry,
                    }
                }
            ],
        )
        if not claimed.modified_count:
            return claim_id, []
        held = self._images.find({"job_id": job_id, "chunk": chunk, "lease.claim_id": claim_id})
        return claim_id, [read_claimed_image(image) async for image in held]

    async def renew(self, claim_id: str, images: Sequence[ClaimedImage]) -> None:
        """Hold on to a claim for another lease."""
        expiry = {"$add": ["$$NOW", self._lease_ms]}
        await self._images.update_many(
            {"_id": {"$in": [image.id for image in images]}, "lease.claim_id": claim_id},
            [{"$set": {"lease.expires_at": expiry, "due_at": expiry}}],
        )

    async def release(
        self, claim_id: str, images: Sequence[ClaimedImage], *, count_attempt: bool = False
    ) -> None:
        """Give back what has not ended, at once.

        Args:
            claim_id: The claim.
            images: Its images.
            count_attempt: Whether the attempt went wrong, rather than being broken off.
        """
        await self._images.update_many(
            {
                "_id": {"$in": [image.id for image in images]},
                "status": Status.PROCESSING,
                "lease.claim_id": claim_id,
            },
            {
                "$set": {"status": Status.QUEUED, "due_at": utc_now()},
                "$inc": {"attempts": 0 if count_attempt else -1},
                "$unset": {"lease": ""},
            },
        )

    async def finish(self, finished: Sequence[FinishedImage]) -> int:
        """Write how images ended, each only if this attempt still holds it.

        Returns:
            How many were written; the others are no longer this worker's.
        """
        if not finished:
            return 0
        result = await self._images.bulk_write(
            [finishing_update(image, {"status": Status.PROCESSING}) for image in finished],
            ordered=False,
        )
        return result.modified_count

    async def settle(self, job_id: str) -> JobChange | None:
        """Bring a job's status and progress up to date with its images, durably.

        The state is worked out from the images each time, never counted up, so that a crash
        between two writes leaves nothing wrong for longer than until the next settling.

        Returns:
            The change, or None if there was none.
        """
        while True:
            state = await self._read_state(job_id)
            if state is None:
                return None
            job, tally = state
            status = roll_up(tally)
            if not tally.total and job["status"] in TERMINAL:
                status = Status(job["status"])  # Deleting what is done undoes nothing.
            tallied = msgspec.to_builtins(tally)
            if job["status"] == status and job["tally"] == tallied:
                return None
            update: Document = {
                "$set": {"status": status.value, "tally": tallied},
                "$inc": {"version": 1},
            }
            if status in TERMINAL and job["status"] not in TERMINAL:
                update["$set"]["finished_at"] = utc_now()
                update["$unset"] = {"due_at": ""}
            written = await self._durable_jobs.update_one(
                {"_id": job_id, "version": job["version"]}, update
            )
            if written.modified_count:
                return JobChange(job_id, job["version"] + 1, status)

    async def start_job(self, job_id: str) -> JobChange | None:
        """Mark a job as begun, if it was not."""
        job = await self._jobs.find_one_and_update(
            {"_id": job_id, "status": Status.QUEUED, "due_at": {"$exists": True}},
            {"$set": {"status": Status.PROCESSING.value}, "$inc": {"version": 1}},
            projection={"version": 1},
            return_document=ReturnDocument.AFTER,
        )
        return JobChange(job_id, job["version"], Status.PROCESSING) if job else None

    async def _read_state(self, job_id: str) -> tuple[Document, Tally] | None:
        """Read a job, then tally its images: in this order a stale tally cannot win."""
        pipeline: list[Document] = [
            {"$match": {"_id": job_id}},
            {
                "$lookup": {
                    "from": "images",
                    "localField": "_id",
                    "foreignField": "job_id",
                    "pipeline": [
                        {"$project": {"status": 1, "cells": {"$objectToArray": "$cells"}}},
                        {"$unwind": "$cells"},
                        {"$group": {"_id": CELL_STATUS, "count": {"$sum": 1}}},
                    ],
                    "as": "counts",
                }
            },
            {"$project": {"status": 1, "version": 1, "tally": 1, "counts": 1}},
        ]
        async for job in self._jobs.aggregate(pipeline):
            count = {entry["_id"]: entry["count"] for entry in job["counts"]}
            tally = Tally(
                succeeded=count.get(Status.SUCCEEDED, 0),
                failed=count.get(Status.FAILED, 0),
                canceled=count.get(Status.CANCELED, 0),
                waiting=count.get(Status.QUEUED, 0),
                running=count.get(Status.PROCESSING, 0),
                refused=job["tally"]["refused"],
            )
            return job, tally
        return None


def read_claimed_image(image: Document) -> ClaimedImage:
    """Read what a worker needs of an image document."""
    return ClaimedImage(
        id=image["_id"],
        sha256=image["sha256"],
        fence=image.get("fence", 0),
        size_bytes=image["size_bytes"],
        format=image["format"],
        cells=msgspec.convert(image["cells"], dict[str, Cell]),
    )


def finishing_update(image: FinishedImage, guard: Document) -> UpdateOne:
    """Make the one write that ends an image, for the holder of its fence alone."""
    fields: Document = {
        "status": roll_up_cells(image.cells).value,
        "error": msgspec.to_builtins(image.error),
        "finished_at": utc_now(),
        "cells": msgspec.to_builtins(image.cells),
        **image.facts,
    }
    return UpdateOne(
        {"_id": image.id, "fence": image.fence, **guard},
        {"$set": fields, "$unset": {"lease": "", "due_at": ""}},
    )


def roll_up_cells(cells: dict[str, Cell]) -> Status:
    """Say with one status how the cells of an image stand."""
    counts = dict.fromkeys(Status, 0)
    for cell in cells.values():
        counts[cell.status] += 1
    return roll_up(
        Tally(
            succeeded=counts[Status.SUCCEEDED],
            failed=counts[Status.FAILED],
            canceled=counts[Status.CANCELED],
            waiting=counts[Status.QUEUED],
            running=counts[Status.PROCESSING],
        )
    )
