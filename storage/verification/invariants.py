"""Invariants: a claim about documents, and a check that finds those that break it.

Each check reads one snapshot, so it sees transactions whole. What takes several writes, or waits
for the sweeper, breaks a claim only if it is old or if a second check still finds it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from domain.jobs import TERMINAL, Status
from storage.blobs.stores.blob_stores import BlobStores
from storage.mongo.client import Client, Database, Document, Session

ENDED = sorted(status.value for status in TERMINAL)
OPEN = [Status.QUEUED.value, Status.PROCESSING.value]


class Look(msgspec.Struct, frozen=True):
    """The input of one check, in a snapshot, of a part of a collection.

    Attributes:
        within: Condition on the key of the walk: the documents to check.
        before: UTC. Leftovers that are older should have been deleted or corrected.
    """

    client: Client
    database: Database
    stores: BlobStores
    session: Session
    within: Document
    before: datetime


Find = Callable[[Look], Awaitable[list[Any]]]


class Invariant(msgspec.Struct, frozen=True):
    """A claim that always holds, with a stable name for programs.

    Attributes:
        find: Returns the IDs of documents that break the claim.
        key: The field that the walk is ordered by.
        piece: Number of documents in one check; 0 for all.
    """

    name: str
    claim: str
    collection: str
    find: Find
    key: str = "_id"
    piece: int = 1_000


def pipeline_invariant(
    name: str, claim: str, collection: str, *stages: Document, key: str = "_id", piece: int = 1_000
) -> Invariant:
    """Make an invariant from a pipeline that keeps what breaks the claim."""

    async def find(look: Look) -> list[Any]:
        pipeline = [{"$match": {key: look.within}}, *stages, {"$project": {"_id": 1}}]
        found = look.database[collection].aggregate(
            pipeline, session=look.session, let={"before": look.before}
        )
        return [document["_id"] async for document in found]

    return Invariant(name, claim, collection, find, key, piece)


def document_invariant(
    name: str, claim: str, collection: str, is_wrong: Callable[[Document], bool]
) -> Invariant:
    """Make an invariant from a function that tests one document."""

    async def find(look: Look) -> list[Any]:
        found = look.database[collection].find({"_id": look.within}, session=look.session)
        return [document["_id"] async for document in found if is_wrong(document)]

    return Invariant(name, claim, collection, find)


def lookup(collection: str, local: str, foreign: str, *stages: Document, to: str) -> Document:
    """Return a stage that joins another collection."""
    joined = {"from": collection, "localField": local, "foreignField": foreign, "as": to}
    return {"$lookup": joined | {"pipeline": list(stages) or [{"$project": {"_id": 1}}]}}


def first_of(found: str, field: str) -> Document:
    """Return the expression of a field in the first document of a lookup; 0 if there is none."""
    return {"$ifNull": [{"$first": f"${found}.{field}"}, 0]}


def where(*expressions: Any) -> Document:
    """Return a stage that keeps documents for which any expression is true."""
    return {"$match": {"$expr": {"$or": list(expressions)}}}


def given(*expressions: Any) -> Document:
    """Return a stage that keeps documents for which all expressions are true."""
    return {"$match": {"$expr": {"$and": list(expressions)}}}


def has(field: Any) -> Document:
    """Return an expression: a field exists and is not null."""
    return {"$gt": [field, None]}


def is_old(moment: Any) -> Document:
    """Return an expression: a time is before :attr:`Look.before`; only in the stages of a claim."""
    return {"$and": [has(moment), {"$lt": [moment, "$$before"]}]}


def differ(*sides: Any) -> Document:
    """Return an expression: two values differ."""
    return {"$ne": list(sides)}


def is_one_of(field: str, values: list[str]) -> Document:
    """Return an expression: a field has one of some values."""
    return {"$in": [field, values]}


def rolled_up(succeeded: Any, failed: Any, canceled: Any) -> Document:
    """Return an expression: the status of ended cells together; see ``domain.jobs.roll_up``."""
    cases = [
        (canceled, Status.CANCELED),
        ({"$and": [succeeded, failed]}, Status.PARTIAL),
        (succeeded, Status.SUCCEEDED),
        (failed, Status.FAILED),
    ]
    return {
        "$switch": {
            "branches": [{"case": case, "then": status.value} for case, status in cases],
            "default": Status.CANCELED.value,
        }
    }
