"""How full the service is, counted by MongoDB."""

from collections import Counter
from collections.abc import Iterator

from domain.fairness.admission import Load, tenant_of_key, tenant_of_user
from storage.backlog.workers import Workers
from storage.clock import utc_now
from storage.ledger.open_work import IS_OPEN, OPEN_JOBS
from storage.mongo.client import Database, Document

# The images of a job that are open: its open cells, of which each image has one an operation.
OPEN_IMAGES: Document = {
    "$divide": [
        {"$add": ["$tally.waiting", "$tally.running"]},
        {"$max": [1, {"$size": "$operations"}]},
    ]
}


class LoadMeter:
    """Counts what is waiting, and the room that is left.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._workers = Workers(database)

    async def read_work(self) -> Load:
        """Count the open images, by tenant, and the pace of the workers.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        by_owner = (
            await self._database["jobs"]
            .aggregate(
                [
                    {"$match": IS_OPEN},
                    {
                        "$group": {
                            "_id": {"user": "$user_id", "key": "$key_id"},
                            "images": {"$sum": {"$ceil": OPEN_IMAGES}},
                        }
                    },
                ],
                hint=OPEN_JOBS,
            )
            .to_list(None)
        )
        by_tenant: Counter[str] = Counter()
        for owner in by_owner:
            for tenant in _tenants(owner["_id"]):
                by_tenant[tenant] += int(owner["images"])
        return Load(
            images=sum(int(owner["images"]) for owner in by_owner),
            by_tenant=by_tenant,
            images_per_second=(await self._workers.workforce(utc_now())).images_per_second,
        )

    async def read_free_disk(self) -> int | None:
        """Read the room on MongoDB's disk, in bytes; None where it does not say.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        stats = await self._database.command("dbStats")
        if not stats.get("fsTotalSize"):
            return None
        return int(stats["fsTotalSize"] - stats["fsUsedSize"])

    async def read_stored_bytes(self) -> int:
        """Add up the sizes of all blobs, in bytes. Reads each file document.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        added_up = {"$group": {"_id": None, "bytes": {"$sum": "$length"}}}
        found = await self._database["blobs.files"].aggregate([added_up]).to_list(1)
        return int(found[0]["bytes"]) if found else 0


def _tenants(owner: Document) -> Iterator[str]:
    yield tenant_of_user(owner["user"])
    yield tenant_of_key(owner["key"])
