"""Claims of lone images: claimed, and read with all that the work needs, in one round trip.

An upload of one photo to an idle service waits for every round trip. So the claim and the read
are sent at the same time. What is read may be older than the claim by a moment: the guards of the
writes that follow, fence and version, hold all the same.
"""

import asyncio
from collections.abc import Sequence

import msgspec
from pymongo import ReturnDocument

from domain.blobs import Blob
from domain.claims import ClaimedImage
from storage.blobs.known_blobs import blob_of
from storage.clock import new_id
from storage.ledger.cells import JOB_FIELDS
from storage.ledger.claim_updates import can_be_claimed, claiming
from storage.ledger.open_work import IS_OPEN
from storage.ledger.rows import read_claimed_image
from storage.mongo.client import Database, Document
from storage.mongo.threads import plain_database, run_in_thread
from storage.outbox.subscriptions import Subscriptions

# By estimate, a chunk of less work than this is one image, of less than two chunks of GridFS.
LONE_UNITS = 2.0


class Claimed(msgspec.Struct, frozen=True):
    """A claim, and what was read with it.

    Attributes:
        id: For renewals and for the release.
        images: The claimed images.
        blobs: What is known of their bytes, by hash; empty if that was not read.
        data: Their bytes, by hash; empty if these were not read.
        job: The job, as settling it needs it, if it has no other file than the only image.
    """

    id: str
    images: list[ClaimedImage]
    blobs: dict[str, Blob] = {}
    data: dict[str, bytes] = {}
    job: Document | None = None


class LoneClaims:
    """Claims chunks of one small image."""

    def __init__(
        self,
        database: Database,
        lease_seconds: float,
        max_attempts: int,
        subscriptions: Subscriptions,
    ) -> None:
        self._images = plain_database(database)["images"]
        self._lease_ms = int(lease_seconds * 1000)
        self._max_attempts = max_attempts
        self._subscriptions = subscriptions

    async def claim(self, job_id: str, chunk: int, worker: str | None) -> Claimed:
        """Claim the open image of a chunk for a worker (``host:pid``), and read its job and bytes.

        There is no image if another worker holds it, or if it has ended.
        """
        self._subscriptions.prefetch()
        claim_id = new_id()
        claimed, found = await asyncio.gather(
            run_in_thread(lambda: self._claim(job_id, chunk, claim_id, worker)),
            run_in_thread(lambda: list(self._images.aggregate(_reads(job_id, chunk)))),
        )
        if claimed is None:
            return Claimed(claim_id, [])
        image = read_claimed_image(claimed)
        if [row["_id"] for row in found] != [image.id]:
            return Claimed(claim_id, [image])
        return _with_reads(claim_id, image, found[0])

    def _claim(self, job_id: str, chunk: int, claim_id: str, worker: str | None) -> Document | None:
        return self._images.find_one_and_update(
            can_be_claimed([(job_id, chunk)], self._max_attempts),
            claiming(claim_id, worker, self._lease_ms),
            return_document=ReturnDocument.AFTER,
        )


def _reads(job_id: str, chunk: int) -> list[Document]:
    file = {"localField": "sha256", "foreignField": "metadata.sha256"}
    chunks = {"localField": "file._id", "foreignField": "files_id"}
    job = {"localField": "job_id", "foreignField": "_id", "pipeline": [{"$project": JOB_FIELDS}]}
    return [
        {"$match": {"job_id": job_id, "chunk": chunk, **IS_OPEN}},
        {"$limit": 2},
        {"$project": {"sha256": 1, "job_id": 1}},
        {"$lookup": {"from": "jobs", "as": "job", **job}},
        {"$lookup": {"from": "blobs.files", "as": "file", **file}},
        {"$lookup": {"from": "blobs.chunks", "as": "chunks", **chunks}},
    ]


def _with_reads(claim_id: str, image: ClaimedImage, row: Document) -> Claimed:
    blobs = {file["metadata"]["sha256"]: blob_of(file) for file in row["file"]}
    chunks = sorted(row["chunks"], key=lambda chunk: chunk["n"])
    content = b"".join(chunk["data"] for chunk in chunks)
    data = {image.sha256: content} if len(content) == image.size_bytes else {}
    return Claimed(claim_id, [image], blobs, data, _job_of_one(row["job"], image))


def _job_of_one(found: Sequence[Document], image: ClaimedImage) -> Document | None:
    """Return the job if all its cells are those of an image, or of refused files."""
    for job in found:
        tally: dict[str, int] = job["tally"]
        if "fetches" not in job and sum(tally.values()) - tally["refused"] == len(image.cells):
            return job
    return None
