"""Signatures: the sum of the histograms of each user, and the revisions they changed in.

Each aggregation has a revision, one higher than the last. What it changes bears its revision, so
an index in memory or a stored median can ask for what is newer than it knows. A user whose last
histogram is deleted keeps a row without sums for a day, so that indexes in memory learn of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from bson import Binary, Int64
from pymongo import ReplaceOne, UpdateOne
from pymongo.client_session import ClientSession

from domain.histograms.signatures import Sums, count_units, read_counts
from domain.images.values import BINS
from domain.statistics import name_quarter
from storage.aggregates.pending import HistogramChange
from storage.mongo.client import Document, batched
from storage.mongo.threads import PlainDatabase

SIGNATURES = "signatures"
HISTOGRAM_CHANGES = "histogram_changes"
REVISIONS = "revisions"
BATCH = 2_000
COUNTER: Document = {"_id": "histograms"}
VANISHED_KEPT = timedelta(days=1)


class Signatures(msgspec.Struct, frozen=True):
    """Signatures of users.

    Attributes:
        images: Number of histograms in each sum, shape (users,); 0 for a user who has none left.
        sums: As of ``count_units``, shape (users, 256).
    """

    user_ids: list[str]
    images: npt.NDArray[np.int64]
    sums: Sums


class SignatureChange(msgspec.Struct):
    """The difference to the number of histograms in a signature, and to its sums, shape (256,)."""

    images: int
    sums: Sums


def read_revision(database: PlainDatabase, session: ClientSession | None = None) -> int:
    """Read the newest revision; 0 before the first aggregation."""
    counter = database[REVISIONS].find_one(COUNTER, session=session)
    return 0 if counter is None else int(counter["newest"])


def can_follow(database: PlainDatabase, session: ClientSession | None, after_revision: int) -> bool:
    """Return whether every user who vanished after a revision still has a row.

    If rows were deleted, an index of that revision must read all signatures again.
    """
    counter = database[REVISIONS].find_one(COUNTER, session=session) or {}
    return after_revision >= int(counter.get("forgotten", 0))


def iterate_signatures(
    database: PlainDatabase, session: ClientSession | None = None, after_revision: int = 0
) -> Iterator[Signatures]:
    """Read the signatures that are newer than a revision, or all after 0, in batches."""
    newer = {"revision": {"$gt": after_revision}} if after_revision else {}
    found = database[SIGNATURES].find(newer, session=session, batch_size=BATCH)
    yield from map(_signatures_of, batched(found, BATCH))


def read_signatures(
    database: PlainDatabase, session: ClientSession | None, user_ids: Sequence[str]
) -> Signatures:
    """Read the signatures of users; those without one are left out."""
    named = {"_id": {"$in": list(user_ids)}, "images": {"$gt": 0}}
    return _signatures_of(list(database[SIGNATURES].find(named, session=session)))


def newest_change(
    database: PlainDatabase,
    session: ClientSession | None,
    first_quarter: str,
    after_quarter: str,
) -> int:
    """Read the newest revision in which a histogram of a range of quarters changed.

    The quarters are named by ``name_quarter``, the last one is excluded. 0 if none ever changed.
    """
    within = {"_id": {"$gte": first_quarter, "$lt": after_quarter}}
    found = database[HISTOGRAM_CHANGES].find(within, session=session)
    return max((int(mark["revision"]) for mark in found), default=0)


def add_changes(changes: Sequence[HistogramChange]) -> dict[str, SignatureChange]:
    """Add up changes of histograms by user."""
    if not changes:
        return {}
    counts = read_counts([change.histogram for change in changes])
    times = np.array([change.times for change in changes], np.int64)
    units = times[:, np.newaxis] * count_units(counts, [change.pixels for change in changes])
    rows: dict[str, list[int]] = defaultdict(list)
    for row, change in enumerate(changes):
        rows[change.user_id].append(row)
    return {
        user_id: SignatureChange(int(times[of].sum()), units[of].sum(axis=0))
        for user_id, of in rows.items()
    }


def _signatures_of(rows: Sequence[Mapping[str, Any]]) -> Signatures:
    nothing = bytes(8 * BINS)
    packed = b"".join(row.get("sums", nothing) for row in rows)
    return Signatures(
        [row["_id"] for row in rows],
        np.array([row["images"] for row in rows], np.int64),
        np.frombuffer(packed, "<i8").reshape(len(rows), BINS),
    )


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
