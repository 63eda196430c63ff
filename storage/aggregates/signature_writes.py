"""Writes of the aggregator to signatures, revisions and marks of changed quarters of an hour.

A user whose last histogram is deleted keeps a row without sums for a day, so that indexes in
memory learn of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bson import Binary, Int64
from pymongo import ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession

from domain.statistics import name_quarter
from storage.aggregates.signatures import (
    COUNTER,
    HISTOGRAM_CHANGES,
    REVISIONS,
    SIGNATURES,
    SignatureChange,
    read_revision,
    read_signatures,
)
from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase

VANISHED_KEPT = timedelta(days=1)


def raise_revision(database: PlainDatabase, session: ClientSession) -> int:
    """Begin an aggregation, and return its revision: two at the same time conflict here."""
    raised = {"$inc": {"newest": Int64(1)}}
    database[REVISIONS].update_one(COUNTER, raised, upsert=True, session=session)
    return read_revision(database, session)


def write_signatures(
    database: PlainDatabase,
    session: ClientSession,
    changes: Mapping[str, SignatureChange],
    revision: int,
    now: datetime,
) -> None:
    """Apply changes by user to the stored signatures.

    ``now`` (UTC) is noted on users who have no histogram left.
    """
    if not changes:
        return
    stored = read_signatures(database, session, list(changes))
    place = {user_id: at for at, user_id in enumerate(stored.user_ids)}
    writes: list[ReplaceOne[Document]] = []
    for user_id, change in changes.items():
        images, sums = change.images, change.sums
        if (at := place.get(user_id)) is not None:
            images, sums = images + int(stored.images[at]), sums + stored.sums[at]
        row: Document = {"images": images, "sums": Binary(sums.astype("<i8").tobytes())}
        if not images:
            row = {"images": 0, "vanished_at": now}
        row["revision"] = Int64(revision)
        writes.append(ReplaceOne({"_id": user_id}, row, upsert=True))
    database[SIGNATURES].bulk_write(writes, ordered=False, session=session)


def mark_quarters(
    database: PlainDatabase, session: ClientSession, moments: Iterable[datetime], revision: int
) -> None:
    """Mark the quarters of an hour that hold some moments as changed in a revision."""
    quarters = {name_quarter(moment) for moment in moments}
    if quarters:
        marks = [
            UpdateOne({"_id": quarter}, {"$set": {"revision": Int64(revision)}}, upsert=True)
            for quarter in sorted(quarters)
        ]
        database[HISTOGRAM_CHANGES].bulk_write(marks, ordered=False, session=session)


def vanished_before(now: datetime) -> Document:
    """Return the query for users whose row without sums can be deleted."""
    return {"vanished_at": {"$lt": now - VANISHED_KEPT}}


def forget_vanished(
    database: PlainDatabase, session: ClientSession, user_ids: Sequence[str]
) -> None:
    """Delete the rows of vanished users, unless they have a histogram again."""
    gone = {"_id": {"$in": list(user_ids)}, "images": 0}
    revisions = [row["revision"] for row in database[SIGNATURES].find(gone, session=session)]
    if revisions:
        database[SIGNATURES].delete_many(gone, session=session)
        forgotten = {"$max": {"forgotten": max(revisions)}}
        database[REVISIONS].update_one(COUNTER, forgotten, session=session)
