"""The aggregator: counts pending changes in bulk, one process at a time.

One transaction writes the contributions of a batch of images and all that follows from them:
counts, signatures of users, marks of changed quarters of an hour. So a crash or a second
aggregator cannot count anything twice or lose it. That an image is counted is written on the image
afterwards. If that write is lost, the image is counted again, and its difference is zero.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel, InsertOne, ReplaceOne, UpdateMany
from pymongo.client_session import ClientSession

from domain.statistics import USERS, Counts, count_users
from storage.aggregates.contributions import (
    CONTRIBUTIONS,
    IS_REMOVED,
    make_document,
    read_tombstones,
)
from storage.aggregates.counted_images import (
    IS_UNCOUNTED,
    UNCOUNTED,
    CountedImage,
    read_uncounted,
)
from storage.aggregates.counters import (
    CHANGES,
    STATISTICS,
    add_notes,
    document_ids,
    expand,
    writes_of,
)
from storage.aggregates.pending import compare_histograms, count_changes
from storage.aggregates.signatures import (
    SIGNATURES,
    add_changes,
    forget_vanished,
    mark_quarters,
    raise_revision,
    vanished_before,
    write_signatures,
)
from storage.clock import utc_now
from storage.mongo.client import Client, Database, Document
from storage.mongo.leases import Lease
from storage.mongo.looks import Look, also
from storage.mongo.threads import PlainDatabase, run_with_session

LEASE_NAME = "statistics"
BATCH = 1_000
# A transaction has a fixed cost, so up to this many ended images may wait for others.
FEW = 50
# Open images change again when they end, and most end soon: this many are left uncounted.
OPEN_LEFT = 500
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
HAS_ENDED: Document = {**IS_UNCOUNTED, "finished_at": {"$gt": LONG_AGO}}
IS_OPEN: Document = {**IS_UNCOUNTED, "finished_at": None}

AGGREGATE_INDEXES: dict[str, list[IndexModel]] = {
    "images": [
        # Ended images first, by the time of their end; then open ones by age.
        IndexModel(
            [("finished_at", ASCENDING), ("_id", ASCENDING)],
            name=UNCOUNTED,
            partialFilterExpression=IS_UNCOUNTED,
        ),
    ],
    "contributions": [IndexModel([("removed", ASCENDING)], partialFilterExpression=IS_REMOVED)],
    "signatures": [
        IndexModel([("revision", ASCENDING)]),
        IndexModel(
            [("vanished_at", ASCENDING)],
            partialFilterExpression={"vanished_at": {"$exists": True}},
        ),
    ],
    "statistics": [
        # Only ranked families have the field.
        IndexModel(
            [("family", ASCENDING), ("count", DESCENDING), ("_id", ASCENDING)],
            partialFilterExpression={"family": {"$exists": True}},
        ),
    ],
}


class Batch(msgspec.Struct, frozen=True):
    """IDs of what one transaction counts, as far as it still exists.

    Notes are of deleted blobs; vanished users have had no histogram for a day.
    """

    images: Sequence[str] = ()
    tombstones: Sequence[str] = ()
    notes: Sequence[Any] = ()
    vanished: Sequence[str] = ()

    @property
    def size(self) -> int:
        """The number of IDs of the most frequent kind."""
        return max(map(len, (self.images, self.tombstones, self.notes, self.vanished)))


class Aggregator:
    """Counts pending changes into the aggregates."""

    def __init__(self, client: Client, database: Database) -> None:
        self._database = database
        self._images = database["images"]
        self._lease = Lease(client, database, LEASE_NAME)

    async def has_any(self) -> bool:
        """Return whether there is anything for :meth:`aggregate` to count."""
        has_ended = {"$gt": ["$finished_at", LONG_AGO]}
        pipeline: list[Document] = [
            {"$match": IS_UNCOUNTED},
            {"$limit": BATCH},
            {"$group": {"_id": has_ended, "images": {"$sum": 1}}},
            {"$match": {"$or": [{"_id": True}, {"images": {"$gt": OPEN_LEFT}}]}},
            *also(
                {
                    "removed": Look(CONTRIBUTIONS, IS_REMOVED),
                    "notes": Look(CHANGES, {}),
                    "vanished": Look(SIGNATURES, vanished_before(utc_now())),
                }
            ),
        ]
        return bool(await self._images.aggregate(pipeline, hint=UNCOUNTED).to_list(1))

    async def has_many(self) -> bool:
        """Return whether more than :data:`FEW` ended images are uncounted."""
        beyond = self._images.find(HAS_ENDED, {"_id": 1}).hint(UNCOUNTED).skip(FEW).limit(1)
        return bool(await beyond.to_list(None))

    async def aggregate(self) -> int:
        """Count until little is pending, unless another process holds the lease.

        Returns:
            The number of images, tombstones or notes that were counted.

        Raises:
            PyMongoError: MongoDB cannot be reached; nothing is lost.
        """
        counted, last = 0, BATCH
        while last >= BATCH and await self._lease.hold():
            last = await self._aggregate_once()
            counted += last
        return counted

    async def _aggregate_once(self) -> int:
        """Count one batch of ended and deleted images, and one of open images beyond a few."""
        ended = self._images.find(HAS_ENDED, {"_id": 1}).hint(UNCOUNTED)
        buried = self._database[CONTRIBUTIONS].find(IS_REMOVED, {"_id": 1})
        notes = self._database[CHANGES].find({}, {"_id": 1})
        vanished = self._database[SIGNATURES].find(vanished_before(utc_now()), {"_id": 1})
        batch = Batch(*[await _ids(found) for found in (ended, buried, notes, vanished)])
        await self._count_batch(batch)
        still_open = self._images.find(IS_OPEN, {"_id": 1}).hint(UNCOUNTED)
        opened = Batch(images=await _ids(still_open.skip(OPEN_LEFT)))
        await self._count_batch(opened)
        return max(batch.size, opened.size)

    async def _count_batch(self, batch: Batch) -> None:
        if not batch.size:
            return
        counted = await self._lease.run_transaction(
            lambda session: run_with_session(
                self._database, session, lambda plain, within: _count_within(plain, within, batch)
            )
        )
        await self._note_counted(counted or [])

    async def _note_counted(self, counted: Sequence[CountedImage]) -> None:
        """Mark images as counted, unless they have changed since they were read.

        Every claim raises the fence, and every end or reopening changes ``finished_at``, so these
        two show whether an image has changed.
        """
        alike: dict[tuple[int | None, bool], list[str]] = defaultdict(list)
        for image in counted:
            alike[image.fence, image.is_open].append(image.image_id)
        writes = [
            UpdateMany(
                {
                    "_id": {"$in": ids},
                    "fence": fence,
                    "finished_at": None if is_open else {"$ne": None},
                },
                {"$unset": {"uncounted": ""}},
            )
            for (fence, is_open), ids in alike.items()
        ]
        if writes:
            await self._images.bulk_write(writes, ordered=False)


async def _ids(found: Any) -> list[Any]:
    return [document["_id"] for document in await found.limit(BATCH).to_list(None)]


def _count_within(
    database: PlainDatabase, session: ClientSession, batch: Batch
) -> list[CountedImage]:
    """Count a batch within a transaction; returns the images as they were counted."""
    revision = raise_revision(database, session)
    images = read_uncounted(database, session, {"$in": batch.images})
    gone = read_tombstones(database, session, {"$in": batch.tombstones})
    named = {"_id": {"$in": batch.notes}}
    counts = count_changes(images, gone)
    counts.update(add_notes(database[CHANGES].find(named, session=session)))
    database[CHANGES].delete_many(named, session=session)
    _write_contributions(database, session, images, gone.ids)
    _write_counts(database, session, counts)
    changes = compare_histograms(images, gone)
    write_signatures(database, session, add_changes(changes), revision, utc_now())
    mark_quarters(database, session, [change.uploaded_at for change in changes], revision)
    forget_vanished(database, session, batch.vanished)
    return images


def _write_contributions(
    database: PlainDatabase,
    session: ClientSession,
    images: Sequence[CountedImage],
    gone: Sequence[str],
) -> None:
    """Write contributions that are new or have changed, and delete those of deleted images."""
    writes: list[InsertOne[Document] | ReplaceOne[Document]] = []
    for image in images:
        document = make_document(image.image_id, image.after)
        if image.before is None:
            writes.append(InsertOne(document))
        elif image.before != image.after:
            writes.append(ReplaceOne({"_id": image.image_id}, document))
    contributions = database[CONTRIBUTIONS]
    if writes:
        contributions.bulk_write(writes, ordered=False, session=session)
    if gone:
        contributions.delete_many({"_id": {"$in": gone}}, session=session)


def _write_counts(database: PlainDatabase, session: ClientSession, counts: Counts) -> None:
    statistics = database[STATISTICS]
    counts = Counts({name: count for name, count in counts.items() if count})
    ids = document_ids([*counts, USERS])
    stored = dict(expand(statistics.find({"_id": {"$in": ids}}, session=session)))
    counts[USERS] += count_users(stored, counts)
    if writes := writes_of(stored, counts):
        statistics.bulk_write(writes, ordered=False, session=session)
