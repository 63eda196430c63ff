"""The images that a batch selects, in the order of their IDs."""

import msgspec

from domain.batches import CHECK_HASHES, REMOVE, BatchOrder
from domain.jobs import Status
from storage.catalog.image_search import query_of
from storage.mongo.client import COMMITTED, Database, Document

COUNTED_TOGETHER = 50_000


class Counted(msgspec.Struct, frozen=True):
    """The number of selected images, and the size of their files."""

    images: int
    size_bytes: int


def selection(order: BatchOrder, before: str) -> Document:
    """Return the query of an order, for images older than the ID ``before``.

    Only images that have ended are selected: the work on the others follows from their jobs.
    """
    also: Document = {"due_at": {"$exists": False}, "_id": {"$lt": before}}
    if order.operation not in {CHECK_HASHES, REMOVE}:
        # What was given up, or canceled, is started again by its own routes.
        also["status"] = {"$in": [Status.SUCCEEDED.value, Status.PARTIAL.value]}
        also["gave_up_at"] = {"$exists": False}
    return {"$and": [query_of(order.filter), also]}


class Selection:
    """Counts and finds selected images."""

    def __init__(self, database: Database) -> None:
        self._images = database.get_collection("images", read_concern=COMMITTED)

    async def count(self, order: BatchOrder, before: str) -> Counted:
        """Count the images, in steps: one call for millions would exceed its time."""
        images = size_bytes = 0
        after = ""
        while True:
            found = self._images.aggregate(
                [
                    {"$match": _after(selection(order, before), after)},
                    {"$sort": {"_id": 1}},
                    {"$limit": COUNTED_TOGETHER},
                    {
                        "$group": {
                            "_id": None,
                            "images": {"$sum": 1},
                            "size_bytes": {"$sum": "$size_bytes"},
                            "last": {"$max": "$_id"},
                        }
                    },
                ]
            )
            nothing: Document = {"images": 0, "size_bytes": 0}
            part: Document = next(iter(await found.to_list(1)), nothing)
            images, size_bytes = images + part["images"], size_bytes + part["size_bytes"]
            if part["images"] < COUNTED_TOGETHER:
                return Counted(images, size_bytes)
            after = part["last"]

    async def find_next(self, order: BatchOrder, after: str, before: str, limit: int) -> list[str]:
        """Find the IDs of the next images after an ID, in order."""
        query = _after(selection(order, before), after)
        found = self._images.find(query, {"_id": 1}).sort("_id", 1).limit(limit)
        return [image["_id"] async for image in found]


def _after(query: Document, image_id: str) -> Document:
    return {"$and": [*query["$and"], {"_id": {"$gt": image_id}}]}
