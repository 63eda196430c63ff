"""Open work and room in MongoDB, as admission, estimates and metrics need them."""

import asyncio
from collections.abc import Iterable
from datetime import datetime

import msgspec

from storage.backlog.workers import Workers
from storage.clock import utc_now
from storage.ledger.open_work import IS_OPEN, OPEN_JOBS
from storage.mongo.client import Database, Document

# Each open image has one open cell for each operation of its job.
OPEN_IMAGES: Document = {
    "$ceil": {
        "$divide": [
            {"$add": ["$tally.waiting", "$tally.running"]},
            {"$max": [1, {"$size": "$operations"}]},
        ]
    }
}
"""MongoDB expression: the number of open images of a job."""
BATCH = 10_000


class OpenTenant(msgspec.Struct, array_like=True):
    """The open jobs of a user through one key.

    Attributes:
        job_ids: In no order.
        images: The open images of each.
        oldest: ID of the oldest job with work that has not begun; None if all of it runs.
    """

    user_id: str
    key_id: str
    job_ids: list[str] = []
    images: list[int] = []
    oldest: str | None = None


class WorkReading(msgspec.Struct, array_like=True):
    """All open work, and the pace of the workers.

    Attributes:
        at: When it was begun: later uploads may be missing.
        images_per_second: The throughput of the live workers; 0.0 while unknown.
    """

    at: datetime
    images_per_second: float
    tenants: list[OpenTenant]

    @property
    def images(self) -> int:
        """The number of open images."""
        return sum(sum(tenant.images) for tenant in self.tenants)


class RoomReading(msgspec.Struct, array_like=True):
    """The room that was left.

    Attributes:
        at: When it was begun.
        free_disk_bytes: On MongoDB's disk; None if MongoDB does not report it.
        stored_bytes: The size of all blobs; None if it was not added up.
        intake_bytes: What the fleet had admitted before; None if unknown.
    """

    at: datetime
    free_disk_bytes: int | None
    stored_bytes: int | None
    intake_bytes: int | None


class LoadMeter:
    """Measures open work and room; raises ``PyMongoError`` if MongoDB cannot be reached."""

    def __init__(self, database: Database, workers: Workers) -> None:
        self._database = database
        self._workers = workers

    async def read_work(self) -> WorkReading:
        """Read the open jobs of each tenant, and add up the throughput of the workers."""
        at = utc_now()
        pipeline: list[Document] = [
            {"$match": IS_OPEN},
            {
                "$project": {
                    "user_id": 1,
                    "key_id": 1,
                    "images": OPEN_IMAGES,
                    "waits": {"$gt": ["$tally.waiting", 0]},
                }
            },
        ]
        found = self._database["jobs"].aggregate(pipeline, hint=OPEN_JOBS, batchSize=BATCH)
        jobs, workforce = await asyncio.gather(found.to_list(None), self._workers.workforce(at))
        tenants = await asyncio.to_thread(_group, jobs)
        return WorkReading(at, workforce.images_per_second, tenants)

    async def read_free_disk(self) -> int | None:
        """Read the free space on MongoDB's disk, in bytes; None if MongoDB does not report it."""
        stats = await self._database.command("dbStats")
        if not stats.get("fsTotalSize"):
            return None
        return int(stats["fsTotalSize"] - stats["fsUsedSize"])

    async def read_stored_bytes(self) -> int:
        """Add up the sizes of all blobs, in bytes. Reads every file document."""
        added_up = {"$group": {"_id": None, "bytes": {"$sum": "$length"}}}
        found = await self._database["blobs.files"].aggregate([added_up]).to_list(1)
        return int(found[0]["bytes"]) if found else 0


def _group(jobs: Iterable[Document]) -> list[OpenTenant]:
    tenants: dict[tuple[str, str], OpenTenant] = {}
    for job in jobs:
        owner = job["user_id"], job["key_id"]
        tenant = tenants.get(owner)
        if tenant is None:
            tenant = tenants[owner] = OpenTenant(*owner)
        job_id = job["_id"]
        tenant.job_ids.append(job_id)
        tenant.images.append(int(job["images"]))
        if job["waits"] and (tenant.oldest is None or job_id < tenant.oldest):
            tenant.oldest = job_id
    return list(tenants.values())
