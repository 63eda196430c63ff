"""Signatures of users, and which quarters of an hour have changed: kept by who folds.

Each fold has a revision, one more than the last one: all folds write the number, so that they come
one after the other. What a fold changes bears its revision, and whoever keeps signatures in memory,
or medians, asks what is newer than what he has. Of a user who has no histogram any more a row
without sums tells so for a day.
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
from storage.mongo.client import Document, PlainDatabase

SIGNATURES = "signatures"
HISTOGRAM_CHANGES = "histogram_changes"
REVISIONS = "revisions"
VANISHED_KEPT = timedelta(days=1)
BATCH = 2_000
_COUNTER: Document = {"_id": "histograms"}


class Signatures(msgspec.Struct, frozen=True):
    """Signatures of some users.

    Attributes:
        user_ids: Whose they are.
        images: How many histograms each is the sum of, shape (users,); 0: there is none any more.
        sums: As of ``count_units``, shape (users, 256).
    """

    user_ids: list[str]
    images: npt.NDArray[np.int64]
    sums: Sums


class SignatureChange(msgspec.Struct):
    """What is to be added to a signature.

    Attributes:
        images: How many histograms more, or fewer.
        sums: Shape (256,).
    """

    images: int
    sums: Sums


def read_revision(database: PlainDatabase, session: ClientSession | None = None) -> int:
    """Read the newest revision; 0 where nothing was folded yet."""
    counter = database[REVISIONS].find_one(_COUNTER, session=session)
    return 0 if counter is None else int(counter["newest"])


def can_follow(database: PlainDatabase, session: ClientSession | None, after_revision: int) -> bool:
    """Say whether all users that have vanished after a revision are still told of.

    Returns:
        False: whoever is there yet has to read all signatures anew.
    """
    counter = database[REVISIONS].find_one(_COUNTER, session=session) or {}
    return after_revision >= int(counter.get("forgotten", 0))


def iterate_signatures(
    database: PlainDatabase, session: ClientSession | None = None, after_revision: int = 0
) -> Iterator[Signatures]:
    """Read the signatures that are newer than a revision, a batch at a time.

    Args:
        database: Is read.
        session: Of a snapshot; the revision is to be read in the same one.
        after_revision: 0: all of them.
    """
    newer = {"revision": {"$gt": after_revision}} if after_revision else {}
    found = database[SIGNATURES].find(newer, session=session, batch_size=BATCH)
    rows = []
    for row in found:
        rows.append(row)
        if len(rows) == BATCH:
            yield _gather(rows)
            rows = []
    if rows:
        yield _gather(rows)


def read_signatures(
    database: PlainDatabase, session: ClientSession | None, user_ids: Sequence[str]
) -> Signatures:
    """Read the signatures of some users; those that have none are left out."""
    named = {"_id": {"$in": list(user_ids)}, "images": {"$gt": 0}}
    return _gather(list(database[SIGNATURES].find(named, session=session)))


def newest_change(
    database: PlainDatabase,
    session: ClientSession | None,
    first_quarter: str,
    after_quarter: str,
) -> int:
    """Read the newest revision in which a histogram of some quarters of an hour has changed.

    Args:
        database: Is read.
        session: Of a snapshot.
        first_quarter: As ``name_quarter`` names them.
        after_quarter: The one after the last.

    Returns:
        The revision; 0 where there never was one.
    """
    within = {"_id": {"$gte": first_quarter, "$lt": after_quarter}}
    found = database[HISTOGRAM_CHANGES].find(within, session=session)
    return max((int(mark["revision"]) for mark in found), default=0)


def add_changes(changes: Sequence[HistogramChange]) -> dict[str, SignatureChange]:
    """Add up what changes of histograms add to the signatures of their users."""
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


def raise_revision(database: PlainDatabase, session: ClientSession) -> int:
    """Begin a fold: no other one can end beside it.

    Returns:
        Its revision.
    """
    raised = {"$inc": {"newest": Int64(1)}}
    database[REVISIONS].update_one(_COUNTER, raised, upsert=True, session=session)
    return read_revision(database, session)


def write_signatures(
    database: PlainDatabase,
    session: ClientSession,
    changes: Mapping[str, SignatureChange],
    revision: int,
    now: datetime,
) -> None:
    """Bring the stored signatures up to date.

    Args:
        database: Holds them.
        session: The transaction of the fold.
        changes: By user.
        revision: Of the fold.
        now: When users vanish that have nothing left, UTC.
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
    """Mark the quarters of an hour that some moments are in as changed."""
    quarters = {name_quarter(moment) for moment in moments}
    if quarters:
        marks = [
            UpdateOne({"_id": quarter}, {"$set": {"revision": Int64(revision)}}, upsert=True)
            for quarter in sorted(quarters)
        ]
        database[HISTOGRAM_CHANGES].bulk_write(marks, ordered=False, session=session)


def vanished_before(now: datetime) -> Document:
    """Make the query for users who vanished so long ago that they are to be forgotten."""
    return {"vanished_at": {"$lt": now - VANISHED_KEPT}}


def forget_vanished(
    database: PlainDatabase, session: ClientSession, user_ids: Sequence[str]
) -> None:
    """Forget that users have vanished, those of them who have not come back.

    Args:
        database: Holds the signatures.
        session: The transaction of a fold.
        user_ids: The users.
    """
    gone = {"_id": {"$in": list(user_ids)}, "images": 0}
    revisions = [row["revision"] for row in database[SIGNATURES].find(gone, session=session)]
    if revisions:
        database[SIGNATURES].delete_many(gone, session=session)
        forgotten = {"$max": {"forgotten": max(revisions)}}
        database[REVISIONS].update_one(_COUNTER, forgotten, session=session)


def _gather(rows: Sequence[Mapping[str, Any]]) -> Signatures:
    nothing = bytes(8 * BINS)
    packed = b"".join(row.get("sums", nothing) for row in rows)
    return Signatures(
        [row["_id"] for row in rows],
        np.array([row["images"] for row in rows], np.int64),
        np.frombuffer(packed, "<i8").reshape(len(rows), BINS),
    )
