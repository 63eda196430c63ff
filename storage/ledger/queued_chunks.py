"""Chunks that wait for a worker, in the order of a user's backlog, and their hints."""

from collections.abc import Mapping

import msgspec

from domain.fairness.work_units import estimate_units
from domain.jobs import ChunkHint, Status
from storage.ledger.open_work import IS_OPEN, OPEN_JOBS_OF_USER
from storage.mongo.client import Database, Document

# Enough for a chunk: most have fewer.
IMAGES_OF_CHUNK = 25
IMAGES_OF_JOB = {"job_id": 1, "index": 1}
SIZE_FIELDS = {"user_id": 1, "tally.waiting": 1, "tally.running": 1, "operations": 1}

# Grouped fields of the images of one chunk.
GROUP_BY_CHUNK: Document = {
    "_id": {"job_id": "$job_id", "chunk": "$chunk"},
    "number": {"$max": "$hint"},
    "user_id": {"$first": "$user_id"},
    "images": {"$sum": 1},
    "size_bytes": {"$sum": "$size_bytes"},
}


def read_hint(group: Document) -> ChunkHint:
    """Read the hint of a group that :data:`GROUP_BY_CHUNK` made."""
    return ChunkHint(
        group["_id"]["job_id"],
        group["_id"]["chunk"],
        group["number"],
        group["user_id"],
        estimate_units(group["images"], group["size_bytes"]),
    )


class FoundChunks(msgspec.Struct):
    """The first chunks of a user with images that no worker has claimed, the oldest first.

    Attributes:
        is_whole: Whether there are no more.
    """

    hints: list[ChunkHint] = []
    is_whole: bool = True


class QueuedChunks:
    """Reads chunks that the queue in Redis may not contain."""

    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]
        self._images = database["images"]

    async def find(self, cursors: Mapping[str, str], limit: int) -> dict[str, FoundChunks]:
        """Find the first chunks of users' open jobs with images that no worker has claimed.

        Two calls for any number of users, and one more for each with more jobs than are read.

        Args:
            cursors: For each user the position of the first chunk; "0": the first one.
            limit: Most chunks of one user.
        """
        found = {user_id: FoundChunks() for user_id in cursors}
        job_ids = await self._find_jobs(cursors, limit, found)
        queued: Document = {"job_id": {"$in": job_ids}, "status": Status.QUEUED, **IS_OPEN}
        groups = self._images.aggregate(
            [
                {"$match": queued},
                {"$group": GROUP_BY_CHUNK},
                {"$sort": {"_id.job_id": 1, "_id.chunk": 1}},
            ],
            hint=IMAGES_OF_JOB,
        )
        async for group in groups:
            hint = read_hint(group)
            chunks = found.get(hint.user_id)
            if chunks is None or (hint.job_id, hint.chunk) < _read(cursors[hint.user_id]):
                continue
            if len(chunks.hints) < limit:
                chunks.hints.append(hint)
            else:
                chunks.is_whole = False
        return found

    async def _find_jobs(
        self, cursors: Mapping[str, str], limit: int, found: Mapping[str, FoundChunks]
    ) -> list[str]:
        """Find enough open jobs of each user for so many chunks; say who has more of them."""
        job_ids: list[str] = []
        firsts = {user_id: _read(cursor)[0] for user_id, cursor in cursors.items()}
        while firsts:
            jobs = images = 0
            user_id = ""
            query = {"user_id": {"$in": list(firsts)}, "_id": {"$gte": min(firsts.values())}}
            open_jobs = self._jobs.find({**query, **IS_OPEN}, SIZE_FIELDS, hint=OPEN_JOBS_OF_USER)
            async for job in open_jobs.sort(OPEN_JOBS_OF_USER):
                if job["user_id"] != user_id:
                    user_id, jobs, images = job["user_id"], 0, 0
                if job["_id"] < firsts[user_id]:
                    continue
                # The first job may have no chunk at or after the cursor.
                if jobs > limit or images >= limit * IMAGES_OF_CHUNK:
                    found[user_id].is_whole = False
                    break
                job_ids.append(job["_id"])
                jobs, images = jobs + 1, images + (_count_open(job) if jobs else 0)
            else:
                return job_ids
            firsts = {other: first for other, first in firsts.items() if other > user_id}
        return job_ids

    async def find_users(self) -> list[str]:
        """Find the users who have an open job."""
        users: list[str] = await self._jobs.distinct("user_id", IS_OPEN)
        return users


def _read(cursor: str) -> tuple[str, int]:
    job_id, _, chunk = cursor.rpartition(":")
    return job_id, int(chunk or 0)


def _count_open(job: Document) -> int:
    cells: int = job["tally"]["waiting"] + job["tally"]["running"]
    return -(-cells // max(1, len(job["operations"])))
