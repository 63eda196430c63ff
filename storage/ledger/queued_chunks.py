"""Chunks that wait for a worker, in the order of a user's backlog, and their hints."""

from domain.fairness.work_units import estimate_units
from domain.jobs import ChunkHint, Status
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import Database, Document

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


class QueuedChunks:
    """Reads chunks that the queue in Redis may not contain."""

    def __init__(self, database: Database) -> None:
        self._jobs = database["jobs"]

    async def find(self, user_id: str, cursor: str, limit: int) -> list[ChunkHint]:
        """Find chunks of a user's open jobs with images that no worker has claimed, oldest first.

        The cursor is the position of the first chunk; if it is empty, the user's first one.
        """
        job_id, _, chunk = cursor.rpartition(":")
        is_at_or_after = {
            "$or": [{"_id.job_id": {"$gt": job_id}}, {"_id.chunk": {"$gte": int(chunk or 0)}}]
        }
        pipeline: list[Document] = [
            {"$match": {"user_id": user_id, "_id": {"$gte": job_id}, **IS_OPEN}},
            {"$sort": {"_id": 1}},
            {"$limit": limit + 1},  # The first job may have no chunk at or after the cursor.
            {
                "$lookup": {
                    "from": "images",
                    "localField": "_id",
                    "foreignField": "job_id",
                    "pipeline": [
                        {"$match": {"status": Status.QUEUED, **IS_OPEN}},
                        {"$group": GROUP_BY_CHUNK},
                        {"$sort": {"_id.chunk": 1}},
                    ],
                    "as": "found",
                }
            },
            {"$unwind": "$found"},
            {"$replaceRoot": {"newRoot": "$found"}},
            {"$match": is_at_or_after},
            {"$limit": limit},
        ]
        return [read_hint(group) async for group in self._jobs.aggregate(pipeline)]

    async def find_users(self) -> list[str]:
        """Find the users who have an open job."""
        users: list[str] = await self._jobs.distinct("user_id", IS_OPEN)
        return users
