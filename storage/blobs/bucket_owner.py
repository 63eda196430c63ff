"""The owner of a bucket: only the database that it belongs to has objects removed from it.

A copy of the database, restored from a backup, may be given the same bucket. It reads what is
there. To the copy, what came after the backup would be orphans.
"""

import structlog
from bson import ObjectId
from pymongo import ReturnDocument

from storage.blobs.stores.blob_stores import BlobStores
from storage.mongo.client import DURABLE, Database

_log = structlog.get_logger(__name__)


class BucketOwner:
    """Compares the owner that the bucket names with the one that the database names."""

    def __init__(self, database: Database, stores: BlobStores) -> None:
        self._states = database.get_collection("sweeper", write_concern=DURABLE)
        self._stores = stores

    async def is_ours(self) -> bool:
        """Say whether objects may be removed; a bucket without an owner becomes ours.

        Raises:
            BytesUnavailable: The bucket is away.
        """
        state = await self._states.find_one_and_update(
            {"_id": "bucket"},
            {"$setOnInsert": {"owner": str(ObjectId())}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        ours, bucket = str(state["owner"]), self._stores.bucket
        owner = await bucket.read_owner()
        if owner is None:
            await bucket.write_owner(ours)
            owner = await bucket.read_owner()
        if owner != ours:
            _log.warning("bucket_of_another_database")
        return owner == ours

    async def leave(self) -> None:
        """Become another owner: that of a copy, whose bucket belongs to the original."""
        await self._states.replace_one({"_id": "bucket"}, {"owner": str(ObjectId())}, upsert=True)
