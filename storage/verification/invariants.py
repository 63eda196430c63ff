"""What an invariant is: a claim, and a way to find what it does not hold for.

Each look is a snapshot of one moment, so that whatever is written in one transaction is seen
whole. What takes several writes, or has to wait for the sweeper, is only wrong when it is old, or
when it is still there at a second look.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from domain.jobs import TERMINAL, Status
from storage.mongo.client import Client, Database, Document, Session

ENDED = sorted(status.value for status in TERMINAL)
OPEN = [Status.QUEUED.value, Status.PROCESSING.value]


class Look(msgspec.Struct, frozen=True):
    """One look at a piece of a collection.

    Attributes:
        client: For looks with sessions of their own.
        database: Holds everything.
        session: Of the snapshot.
        within: Which documents: a condition on the field that is walked along.
        before: What is older than this should have been removed or mended; UTC.
    """

    client: Client
    database: Database
    session: Session
    within: Document
    before: datetime


Find = Callable[[Look], Awaitable[list[Any]]]


class Invariant(msgspec.Struct, frozen=True):
    """Something that is always true.

    Attributes:
        name: Stable, for programs.
        claim: What is true, for people.
        collection: What is looked through.
        find: Gives the IDs for which it is not true.
        key: The field that is walked along.
        piece: How many documents a look takes; 0: one look takes all.
    """

    name: str
    claim: str
    collection: str
    find: Find
    key: str = "_id"
    piece: int = 1_000


def matching(collection: str, *stages: Document, key: str = "_id") -> Find:
    """Make a look that runs a pipeline, which leaves what is wrong."""

    async def find(look: Look) -> list[Any]:
        pipeline = [{"$match": {key: look.within}}, *stages, {"$project": {"_id": 1}}]
        found = look.database[collection].aggregate(pipeline, session=look.session)
        return [document["_id"] async for document in found]

    return find


def lookup(collection: str, local: str, foreign: str, *stages: Document, to: str) -> Document:
    """Make a stage that joins another collection."""
    joined = {"from": collection, "localField": local, "foreignField": foreign, "as": to}
    return {"$lookup": joined | {"pipeline": list(stages) or [{"$project": {"_id": 1}}]}}


def where(*expressions: Any) -> Document:
    """Make a stage that keeps documents for which any of some expressions holds."""
    return {"$match": {"$expr": {"$or": list(expressions)}}}


def given(*expressions: Any) -> Document:
    """Make a stage that keeps documents for which all of some expressions hold."""
    return {"$match": {"$expr": {"$and": list(expressions)}}}


def has(field: Any) -> Document:
    """Make an expression: a field is there, and not null."""
    return {"$gt": [field, None]}


def differ(*sides: Any) -> Document:
    """Make an expression: two values are not the same."""
    return {"$ne": list(sides)}


def is_one_of(field: str, values: list[str]) -> Document:
    """Make an expression: a field holds one of some values."""
    return {"$in": [field, values]}


def rolled_up(succeeded: Any, failed: Any, canceled: Any) -> Document:
    """Make an expression for the status of cells that have ended; see ``domain.jobs.roll_up``."""
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
