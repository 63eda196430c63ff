"""The sweeper: deletes what crashes leave behind, and what is no longer used.

It walks each collection piece by piece and stores its position in MongoDB, so a sweep costs the
same in a large database as in a small one. The age of an orphan is measured by MongoDB's clock from
the sweep that first saw it, because the clocks of processes, which IDs contain, may be wrong. Any
number of sweepers may run at the same time.
"""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from bson.min_key import MinKey
from pymongo import UpdateOne

from storage.access.stored_bytes import StoredBytes
from storage.blobs.left_chunks import remove_left_chunks
from storage.blobs.objects import RESUMABLE, ObjectSweeper
from storage.blobs.reference_counts import recount_blob
from storage.blobs.stores.blob_stores import BlobStores
from storage.mongo.client import Client, Database, Document, read_clock

# Number of documents that one sweep reads, by walk.
WALKED = {
    "blobs.chunks": 20_000,
    "variants.chunks": 20_000,
    "variants.files": 2_000,
    "blobs.files": 2_000,
    "idempotency": 2_000,
}
REMOVED_FILES = 1_000
BATCH_FILES = 50
# Expired keys stay in the list of keys for this long.
EXPIRED_KEYS_KEPT = timedelta(days=30)
REMOVED_KEYS = 10_000  # In one sweep.
BUCKETS = ("blobs", "variants")
IN_CHUNKS: Document = {"metadata.store": None}
"""Matches files whose bytes are chunks."""


class Swept(msgspec.Struct, frozen=True):
    """The numbers of things that one sweep deleted or corrected.

    Attributes:
        orphans: Files of which only chunks were left.
        variants: Variants of deleted blobs.
        blobs: Blobs with a wrong count of images; those without images were deleted.
        api_keys: Keys that expired long ago.
        idempotency_keys: Idempotency-Keys without a stored answer whose job was deleted.
        accounts: Young accounts of stored bytes with a wrong sum.
        objects: Objects that belong to nothing.
        multipart_uploads: Multipart uploads that were begun and abandoned.
    """

    orphans: int = 0
    variants: int = 0
    blobs: int = 0
    api_keys: int = 0
    idempotency_keys: int = 0
    accounts: int = 0
    objects: int = 0
    multipart_uploads: int = 0

    @property
    def total(self) -> int:
        """The sum of all numbers."""
        return sum(msgspec.structs.astuple(self))


class Sweeper:
    """Deletes what is unused, and never what belongs to a running upload.

    Args:
        min_age: Time from the first sight of an orphan to its deletion. It must be longer than
            the longest upload, whose chunks are orphans until it is accepted.
    """

    def __init__(
        self, client: Client, database: Database, stores: BlobStores, min_age: timedelta
    ) -> None:
        self._client = client
        self._database = database
        self._min_age = min_age
        self._marks = database["orphans"]
        self._positions = database["sweeper"]
        self._stored_bytes = StoredBytes(client, database)
        self._objects = ObjectSweeper(database, stores, min_age)

    async def sweep(self, now: datetime | None = None) -> Swept:
        """Sweep once. After an error the next sweep continues from there.

        Raises:
            BytesUnavailable: The bucket is away; all else was swept.
        """
        now = now or await read_clock(self._database)
        variants = await self._drop_variants(now - self._min_age)
        blobs = await self._recount_blobs()
        for bucket in BUCKETS:
            await self._mark_orphans(bucket, now)
        swept = Swept(
            orphans=await self._remove_orphans(now - self._min_age),
            variants=variants,
            blobs=blobs,
            api_keys=await self._drop_expired_keys(now - EXPIRED_KEYS_KEPT),
            idempotency_keys=await self._drop_unanswered_records(),
            accounts=await self._stored_bytes.recount_new(),
        )
        objects, multipart_uploads = await self._objects.sweep(now)
        return msgspec.structs.replace(swept, objects=objects, multipart_uploads=multipart_uploads)

    async def _drop_variants(self, before: datetime) -> int:
        """Delete variants without a blob, whose chunks then are orphans."""
        walked, _ = await self._walk("variants.files", {"metadata.sha256": 1, "uploadDate": 1})
        blob_of = {
            variant["_id"]: variant["metadata"]["sha256"]
            for variant in walked
            if variant["uploadDate"] < before
        }
        return await self._drop_dangling(
            "variants.files", blob_of, "blobs.files", "metadata.sha256"
        )

    async def _recount_blobs(self) -> int:
        """Find blobs with a wrong count of images, and correct each in a transaction."""
        fields = {"metadata.sha256": 1, "metadata.images": 1}
        walked, _ = await self._walk("blobs.files", fields)
        hashes = [file["metadata"]["sha256"] for file in walked]
        counted = self._database["images"].aggregate(
            [
                {"$match": {"sha256": {"$in": hashes}}},
                {"$group": {"_id": "$sha256", "images": {"$sum": 1}}},
            ]
        )
        images_of = {found["_id"]: found["images"] async for found in counted}
        doubtful = [
            file["_id"]
            for file in walked
            if images_of.get(file["metadata"]["sha256"]) != file["metadata"]["images"]
        ]
        return sum(
            [await recount_blob(self._client, self._database, file_id) for file_id in doubtful]
        )

    async def _mark_orphans(self, bucket: str, now: datetime) -> None:
        """Note files that have chunks and no document, with the time of the first sight."""
        fields = {"_id": 1, "metadata.store": 1}
        walked, within = await self._walk(f"{bucket}.files", fields, f"{bucket}.chunks")
        whole = {file["_id"] for file in walked if "store" not in file.get("metadata", {})}
        found = self._database[f"{bucket}.chunks"].aggregate(
            [{"$match": {"files_id": within}}, {"$group": {"_id": "$files_id"}}]
        )
        marks = [
            UpdateOne(
                {"_id": file["_id"]},
                {"$setOnInsert": {"bucket": bucket, "seen_at": now}},
                upsert=True,
            )
            async for file in found
            if file["_id"] not in whole
        ]
        if marks:
            await self._marks.bulk_write(marks, ordered=False)

    async def _remove_orphans(self, before: datetime) -> int:
        """Delete the chunks of old orphans that are still orphans."""
        due = self._marks.find({"seen_at": {"$lte": before}, "bucket": {"$in": BUCKETS}})
        marked = await due.sort("seen_at", 1).to_list(REMOVED_FILES)
        removed = 0
        for bucket in BUCKETS:
            ids = [mark["_id"] for mark in marked if mark["bucket"] == bucket]
            for start in range(0, len(ids), BATCH_FILES):
                removed += await self._remove_files(bucket, ids[start : start + BATCH_FILES])
        return removed

    async def _remove_files(self, bucket: str, ids: list[Any]) -> int:
        # In this order: the bytes of an upload belong to a file at the moment when a job uses it.
        kept = await self._find_existing(RESUMABLE, "file_id", ids, {"job_id": None})
        kept |= await self._find_existing(f"{bucket}.files", "_id", ids, IN_CHUNKS)
        orphans = [file_id for file_id in ids if file_id not in kept]
        moved = await self._find_existing(f"{bucket}.files", "_id", orphans)
        left = sum([await remove_left_chunks(self._client, self._database, one) for one in moved])
        chunks = self._database[f"{bucket}.chunks"]
        without = [file_id for file_id in orphans if file_id not in moved]
        deleted = await chunks.delete_many({"files_id": {"$in": without}})
        await self._marks.delete_many({"_id": {"$in": ids}})
        return len(orphans) if deleted.deleted_count or left else 0

    async def _drop_expired_keys(self, before: datetime) -> int:
        expired = {"expires_at": {"$type": "date", "$lt": before}}
        found = self._database["api_keys"].find(expired, {"_id": 1}).limit(REMOVED_KEYS)
        gone = [key["_id"] async for key in found]
        which = {"_id": {"$in": gone}}
        await self._database["webhook_key_secrets"].delete_many(which)
        removed = await self._database["api_keys"].delete_many(which)
        return removed.deleted_count

    async def _drop_unanswered_records(self) -> int:
        """Delete records that refer to a deleted job for their answer."""
        fields = {"answered.job_id": 1, "answered.status": 1}
        walked, _ = await self._walk("idempotency", fields)
        job_of = {
            record["_id"]: record["answered"]["job_id"]
            for record in walked
            if "answered" in record
            and record["answered"]["job_id"]
            and record["answered"]["status"] is None
        }
        return await self._drop_dangling("idempotency", job_of, "jobs", "_id")

    async def _drop_dangling(
        self, collection: str, target_of: dict[Any, Any], targets: str, field: str
    ) -> int:
        """Delete documents that refer to a missing one; ``target_of`` is by their ID."""
        there = await self._find_existing(targets, field, list(target_of.values()))
        gone = [document for document, target in target_of.items() if target not in there]
        removed = await self._database[collection].delete_many({"_id": {"$in": gone}})
        return removed.deleted_count

    async def _walk(
        self, collection: str, fields: Document, name: str | None = None
    ) -> tuple[list[Document], Document]:
        """Read the next documents by ID, with the range of their IDs, and advance the position.

        A walk has a name of its own if another one reads the same collection.
        """
        walk, limit = name or collection, WALKED[name or collection]
        state = await self._positions.find_one({"_id": walk})
        within: Document = {"$gt": state["position"] if state else MinKey()}
        found = self._database[collection].find({"_id": within}, fields).sort("_id", 1)
        walked = await found.to_list(limit)
        if len(walked) < limit:  # The end: the next sweep begins at the start.
            await self._positions.delete_one({"_id": walk})
        else:
            within["$lte"] = walked[-1]["_id"]
            position = {"$set": {"position": within["$lte"]}}
            await self._positions.update_one({"_id": walk}, position, upsert=True)
        return walked, within

    async def _find_existing(
        self, collection: str, field: str, values: list[Any], also: Document | None = None
    ) -> set[Any]:
        """Return the values of a field that exist, in documents that match another query too."""
        which = {field: {"$in": values}} | (also or {})
        return set(await self._database[collection].distinct(field, which))
