"""The images of a user that have certain bytes."""

from collections.abc import Collection

from storage.mongo.client import COMMITTED, Database, Document


class KnownImages:
    """Finds images by the hash of their bytes."""

    def __init__(self, database: Database) -> None:
        self._images = database.get_collection("images", read_concern=COMMITTED)

    async def find_newest(self, owner: str, hashes: Collection[str]) -> dict[str, str]:
        """Find the newest image of an owner (stored ID) for each hash that they have.

        Reads one key of the index of duplicates for each hash, whoever else has the bytes.
        """
        found = self._images.aggregate(self.pipeline(owner, hashes))
        return {group["_id"]: group["newest"] async for group in found}

    @staticmethod
    def pipeline(owner: str, hashes: Collection[str]) -> list[Document]:
        """Return the query."""
        return [
            {"$match": {"sha256": {"$in": list(hashes)}, "user_id": owner}},
            {"$sort": {"sha256": -1, "user_id": -1, "_id": -1}},
            {"$group": {"_id": "$sha256", "newest": {"$first": "$_id"}}},
        ]
