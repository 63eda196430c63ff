"""Objects that belong to nothing: found by walking the bucket, and removed by their age."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import UpdateOne

from domain.ports import S3, ListedStore
from storage.blobs.bucket_owner import BucketOwner
from storage.blobs.known_blobs import location_of
from storage.blobs.removals import REMOVALS
from storage.blobs.stores.blob_stores import BlobStores
from storage.blobs.stores.object_names import file_of
from storage.mongo.client import Database, Document, batched

WALKED_PAGES = 10
REMOVED_OBJECTS = 1_000
OBJECTS = "objects"
RESUMABLE = "resumable_uploads"
"""The collection of uploads whose bytes have no blob until a job uses them."""


class ObjectSweeper:
    """Removes objects that no blob, upload or removal names, and abandoned multipart uploads."""

    def __init__(self, database: Database, stores: BlobStores, min_age: timedelta) -> None:
        self._database = database
        self._stores = stores
        self._owner = BucketOwner(database, stores)
        self._min_age = min_age
        self._marks = database["orphans"]
        self._positions = database["sweeper"]

    async def sweep(self, now: datetime) -> tuple[int, int]:
        """Sweep once; count the removed objects, and the aborted multipart uploads.

        Raises:
            BytesUnavailable: The bucket is away.
        """
        if not self._stores.has_bucket or not await self._owner.is_ours():
            return 0, 0
        await self._mark(now)
        removed = await self._remove(now - self._min_age)
        return removed, await self._stores.bucket.leftovers.remove(self._min_age)

    async def _mark(self, now: datetime) -> None:
        """Walk a part of the bucket, and note what belongs to nothing with the time."""
        state = await self._positions.find_one({"_id": OBJECTS})
        pages, last = 0, None
        bucket: ListedStore = self._stores.bucket
        async for page in bucket.walk(state["position"] if state else None):
            names = [found.name for found in page]
            last = names[-1] if names else last
            marks = [
                UpdateOne(
                    {"_id": name},
                    {"$setOnInsert": {"bucket": OBJECTS, "seen_at": now}},
                    upsert=True,
                )
                for name in await find_orphans(self._database, names)
            ]
            if marks:
                await self._marks.bulk_write(marks, ordered=False)
            pages += 1
            if pages == WALKED_PAGES and last is not None:
                position = {"$set": {"position": last}}
                await self._positions.update_one({"_id": OBJECTS}, position, upsert=True)
                return
        await self._positions.delete_one({"_id": OBJECTS})

    async def _remove(self, before: datetime) -> int:
        """Remove old orphans that are still orphans."""
        due = self._marks.find({"seen_at": {"$lte": before}, "bucket": OBJECTS})
        marked = [mark["_id"] for mark in await due.sort("seen_at", 1).to_list(REMOVED_OBJECTS)]
        orphans = await find_orphans(self._database, marked)
        if orphans:
            await self._stores.bucket.remove(orphans)
        await self._marks.delete_many({"_id": {"$in": marked}})
        return len(orphans)


async def find_orphans(database: Database, names: Sequence[str]) -> list[str]:
    """Return the names of objects that belong to nothing."""
    orphans = []
    for batch in batched(names, 1_000):
        # In this order: the object of an upload is that of a blob when a job uses it, and that of
        # a removal when the blob, or the variant, is deleted.
        which: Document = {"object_name": {"$in": batch}, "job_id": None}
        known = set(await database[RESUMABLE].distinct("object_name", which))
        blobs = database["blobs.files"].find({"_id": {"$in": [file_of(name) for name in batch]}})
        known |= {place.name async for blob in blobs if (place := location_of(blob)).store == S3}
        which = {"metadata.object": {"$in": batch}}
        known |= set(await database["variants.files"].distinct("metadata.object", which))
        known |= set(await database[REMOVALS].distinct("name", {"name": {"$in": batch}}))
        orphans += [name for name in batch if name not in known]
    return orphans
