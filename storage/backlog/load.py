"""Open work and room in MongoDB, as the admission of uploads needs them."""

from collections import Counter

from domain.fairness.admission import Load, tenant_of_key, tenant_of_user
from domain.fairness.estimates import OpenJob
from storage.backlog.workers import total_pace
from storage.clock import utc_now
from storage.ledger.open_work import IS_OPEN, OPEN_JOBS
from storage.mongo.client import Database, Document

MAX_OPEN_JOBS = 20_000
"""Jobs that positions in the queue are computed from; counting more would take too long."""

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
OPEN_BY_TENANT: list[Document] = [
    {"$match": IS_OPEN},
    {
        "$group": {
            "_id": {"user_id": "$user_id", "key_id": "$key_id"},
            "jobs": {"$sum": 1},
            "images": {"$sum": OPEN_IMAGES},
            # IDs are in the order of acceptance.
            "oldest": {"$min": {"$cond": [{"$gt": ["$tally.waiting", 0]}, "$_id", None]}},
        }
    },
]


class LoadMeter:
    """Measures open work and room; raises ``PyMongoError`` if MongoDB cannot be reached."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_work(self) -> Load:
        """Count open images by tenant, and add up the throughput of the workers; one call."""
        images, pace = 0, 0.0
        by_tenant = Counter[str]()
        pipeline = [*OPEN_BY_TENANT, total_pace(utc_now())]
        async for found in self._database["jobs"].aggregate(pipeline, hint=OPEN_JOBS):
            if "pace" in found:
                pace = found["pace"]
                continue
            of_owner = int(found["images"])
            images += of_owner
            by_tenant[tenant_of_user(found["_id"]["user_id"])] += of_owner
            by_tenant[tenant_of_key(found["_id"]["key_id"])] += of_owner
        return Load(images=images, by_tenant=by_tenant, images_per_second=pace)

    async def open_jobs(self) -> list[OpenJob]:
        """Read the oldest open jobs, up to :data:`MAX_OPEN_JOBS`, with their open images."""
        pipeline: list[Document] = [
            {"$match": IS_OPEN},
            {"$sort": {"_id": 1}},
            {"$limit": MAX_OPEN_JOBS},
            {"$project": {"user_id": 1, "images": OPEN_IMAGES}},
        ]
        found = await self._database["jobs"].aggregate(pipeline, hint=OPEN_JOBS).to_list(None)
        return [OpenJob(job["_id"], job["user_id"], int(job["images"])) for job in found]

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
