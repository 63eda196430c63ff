"""What a crash can leave behind: bytes whose parent was never written, or is gone."""

from datetime import datetime, timedelta

from bson import ObjectId

from storage.mongo import Database

BATCH = 1000


class Sweeper:
    """Removes orphans, by missing parent and age, never a live upload.

    Args:
        database: Holds everything.
        min_age: Nothing younger is touched: an upload may still be on its way.
    """

    def __init__(self, database: Database, min_age: timedelta) -> None:
        self._database = database
        self._min_age = min_age

    async def sweep(self, now: datetime) -> int:
        """Remove orphans once.

        Args:
            now: The time, UTC.

        Returns:
            How many files were removed.
        """
        # Chunk IDs are ObjectIds: they carry the second of their making.
        youngest = ObjectId.from_datetime(now - self._min_age)
        await self._drop_variants(now - self._min_age)
        removed = 0
        for bucket in ("blobs", "variants"):
            orphans = await self._find_orphan_chunks(bucket, youngest)
            chunks = self._database[f"{bucket}.chunks"]
            for start in range(0, len(orphans), BATCH):
                batch = orphans[start : start + BATCH]
                await chunks.delete_many({"files_id": {"$in": batch}})
            removed += len(orphans)
        return removed

    async def _find_orphan_chunks(self, bucket: str, youngest: ObjectId) -> list[object]:
        found = self._database[f"{bucket}.chunks"].aggregate(
            [
                # The first chunk that is left of each file: the index leads from one to the next.
                {"$sort": {"files_id": 1, "n": 1}},
                {"$group": {"_id": "$files_id", "chunk_id": {"$first": "$_id"}}},
                {"$match": {"chunk_id": {"$lt": youngest}}},
                {
                    "$lookup": {
                        "from": f"{bucket}.files",
                        "localField": "_id",
                        "foreignField": "_id",
                        "pipeline": [{"$project": {"_id": 1}}],
                        "as": "parents",
                    }
                },
                {"$match": {"parents": []}},
            ]
        )
        return [file["_id"] async for file in found]

    async def _drop_variants(self, before: datetime) -> None:
        """Remove variants whose blob is gone; their chunks are orphans then."""
        found = self._database["variants.files"].aggregate(
            [
                {"$match": {"uploadDate": {"$lt": before}}},
                {
                    "$lookup": {
                        "from": "blobs.files",
                        "localField": "metadata.sha256",
                        "foreignField": "metadata.sha256",
                        "pipeline": [{"$project": {"_id": 1}}],
                        "as": "parents",
                    }
                },
                {"$match": {"parents": []}},
                {"$project": {"_id": 1}},
            ]
        )
        ids = [variant["_id"] async for variant in found]
        await self._database["variants.files"].delete_many({"_id": {"$in": ids}})
