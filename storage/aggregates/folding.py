"""Brings all that is counted up to date: one writer, in bulk, out of everybody's way.

In one transaction the contributions of images are written, with all that these add to: the stored
counts, the signatures of users, the marks of what has changed. So neither a crash nor a second
folder in the same moment can count anything twice, or not at all. That an image is counted is
written on it afterwards; where that is missed, the image is folded again, and adds nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import InsertOne, ReplaceOne, UpdateMany
from pymongo.client_session import ClientSession

from domain.statistics import USERS, Counts, count_users
from storage.aggregates.adoption import Adoption
from storage.aggregates.changes import CHANGES, add_notes
from storage.aggregates.contributions import CONTRIBUTIONS, IS_REMOVED, make_document
from storage.aggregates.counted_images import (
    IS_UNCOUNTED,
    UNCOUNTED,
    CountedImage,
    read_tombstones,
    read_uncounted,
)
from storage.aggregates.counters import STATISTICS, document_ids, expand, writes_of
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
from storage.mongo.client import Client, Database, Document, PlainDatabase
from storage.mongo.deadlines import run_in_thread
from storage.mongo.leases import Lease

FOLDER = "statistics"
BATCH = 1_000
# A fold has a price of its own, whatever it folds: so few may wait for others.
FEW = 50
# Open images are counted again when they end, and most end soon.
OPEN_LEFT = 500
HAS_ENDED: Document = {**IS_UNCOUNTED, "finished_at": {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}}
IS_OPEN: Document = {**IS_UNCOUNTED, "finished_at": None}


class Batch(msgspec.Struct, frozen=True):
    """What is folded in one transaction, if it is still there: IDs.

    Attributes:
        images: Of uncounted images.
        tombstones: Of images that are gone.
        notes: Of blobs that are gone.
        vanished: Of users who have had no histogram for long.
    """

    images: Sequence[str] = ()
    tombstones: Sequence[str] = ()
    notes: Sequence[Any] = ()
    vanished: Sequence[str] = ()

    @property
    def size(self) -> int:
        """How many of the kind of which there are most."""
        return max(map(len, (self.images, self.tombstones, self.notes, self.vanished)))


class StatisticsFolder:
    """Folds what is not counted yet into all that counts.

    Args:
        client: For transactions.
        database: Holds everything.
    """

    def __init__(self, client: Client, database: Database) -> None:
        self._database = database
        self._images = database["images"]
        self._lease = Lease(client, database, FOLDER)
        self._adoption = Adoption(database, self._lease)

    async def has_many(self) -> bool:
        """Say whether more than a few ended images wait to be folded.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        beyond = self._images.find(HAS_ENDED, {"_id": 1}).hint(UNCOUNTED).skip(FEW).limit(1)
        return bool(await beyond.to_list(None))

    async def fold(self) -> int:
        """Fold until little is left, unless another folder is at it.

        Returns:
            How many images, tombstones or notes were folded.

        Raises:
            PyMongoError: MongoDB cannot be reached; nothing is lost.
        """
        folded, goes_on = 0, True
        while goes_on and await self._lease.hold():
            goes_on = await self._adoption.go_on()
            last = await self._fold_once()
            folded += last
            goes_on = goes_on or last >= BATCH
        return folded

    async def _fold_once(self) -> int:
        """Fold a batch of each: what has ended or is gone, and open images beyond a few."""
        ended = self._images.find(HAS_ENDED, {"_id": 1}).hint(UNCOUNTED)
        buried = self._database[CONTRIBUTIONS].find(IS_REMOVED, {"_id": 1})
        notes = self._database[CHANGES].find({}, {"_id": 1})
        vanished = self._database[SIGNATURES].find(vanished_before(utc_now()), {"_id": 1})
        batch = Batch(*[await _ids(found) for found in (ended, buried, notes, vanished)])
        await self._fold_batch(batch)
        still_open = self._images.find(IS_OPEN, {"_id": 1}).hint(UNCOUNTED)
        opened = Batch(images=await _ids(still_open.skip(OPEN_LEFT)))
        await self._fold_batch(opened)
        return max(batch.size, opened.size)

    async def _fold_batch(self, batch: Batch) -> None:
        if not batch.size:
            return

        async def write(session: AsyncIOMotorClientSession) -> list[CountedImage]:
            return await run_in_thread(
                lambda: _fold_within(self._database.delegate, session.delegate, batch)
            )

        counted = await self._lease.run_transaction(write)
        await self._note_counted(counted or [])

    async def _note_counted(self, counted: Sequence[CountedImage]) -> None:
        """Take off images that they are uncounted, unless they have changed since they were read.

        No image opens, ends or is claimed without either a new fence or another of the two states.
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
                {"$unset": {"uncounted": "", "counted": ""}},
            )
            for (fence, is_open), ids in alike.items()
        ]
        if writes:
            await self._images.bulk_write(writes, ordered=False)


async def _ids(found: Any) -> list[Any]:
    return [document["_id"] for document in await found.limit(BATCH).to_list(None)]


def _fold_within(
    database: PlainDatabase, session: ClientSession, batch: Batch
) -> list[CountedImage]:
    """Fold a batch within a transaction. Gives the images as they were counted."""
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
    """Write what images have added, where it was not written yet, and remove what is gone."""
    writes: list[InsertOne[Document] | ReplaceOne[Document]] = []
    for image in images:
        document = make_document(image.image_id, image.after)
        if not image.has_contribution:
            writes.append(InsertOne(document))
        elif image.before != image.after:
            writes.append(ReplaceOne({"_id": image.image_id}, document))
    contributions = database[CONTRIBUTIONS]
    if writes:
        contributions.bulk_write(writes, ordered=False, session=session)
    if gone:
        contributions.delete_many({"_id": {"$in": gone}}, session=session)


def _write_counts(database: PlainDatabase, session: ClientSession, counts: Counts) -> None:
    """Add to the stored counts; those that come to nothing are removed."""
    statistics = database[STATISTICS]
    counts = Counts({name: count for name, count in counts.items() if count})
    ids = document_ids([*counts, USERS])
    stored = dict(expand(statistics.find({"_id": {"$in": ids}}, session=session)))
    counts[USERS] += count_users(stored, counts)
    if writes := writes_of(stored, counts):
        statistics.bulk_write(writes, ordered=False, session=session)
