"""Looks: one call that says which of several kinds of documents there are."""

from collections.abc import Mapping
from typing import Any

import msgspec

from storage.mongo.client import Database, Document


class Look(msgspec.Struct, frozen=True):
    """A search for one document.

    Attributes:
        order: The field of the index that is to be followed; None if the query alone decides.
    """

    collection: str
    query: Document
    order: str | None = None

    def pipeline(self, kind: str) -> list[dict[str, Any]]:
        """Return the stages that find one document, and name its kind."""
        order = [{"$sort": {self.order: 1}}] if self.order else []
        named = {"$project": {"_id": {"$literal": kind}}}
        return [{"$match": self.query}, *order, {"$limit": 1}, named]


def also(looks: Mapping[str, Look]) -> list[dict[str, Any]]:
    """Return the stages that add the kinds that there are to the documents of a pipeline."""
    return [
        {"$unionWith": {"coll": look.collection, "pipeline": look.pipeline(kind)}}
        for kind, look in looks.items()
    ]


async def find_kinds(database: Database, looks: Mapping[str, Look]) -> set[str]:
    """Return the kinds of which there is a document."""
    (kind, first), *rest = looks.items()
    pipeline = [*first.pipeline(kind), *also(dict(rest))]
    return {found["_id"] async for found in database[first.collection].aggregate(pipeline)}
