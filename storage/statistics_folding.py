"""Brings the stored statistics up to date: one writer, in bulk, out of everybody's way.

In one transaction images are marked as counted and the stored counts get what these add, so that
neither a crash nor a second folder in the same moment can count anything twice, or not at all.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import UpdateMany

from domain.statistics import USERS, Counts, Facts, count_users
from storage.leases import Lease
from storage.mongo import IS_UNCOUNTED, UNCOUNTED, Client, Database, Document
from storage.statistics_adoption import adopt
from storage.statistics_changes import (
    CHANGES,
    COUNTED_FIELDS,
    add_image,
    add_notes,
)
from storage.stored_counts import STATISTICS, document_ids, expand, writes_of

FOLDER = "statistics"
BATCH = 1_000
# Open images are counted again when they end, and somebody may be about to claim the oldest.
OPEN_LEFT = 500
HAS_ENDED: Document = {**IS_UNCOUNTED, "finished_at": {"$gt": datetime(1970, 1, 1, tzinfo=UTC)}}
IS_OPEN: Document = {**IS_UNCOUNTED, "finished_at": None}


class StatisticsFolder:
    """Folds into the stored statistics what is not counted yet.

    Args:
        client: For transactions.
        database: Holds everything.
    """

    def __init__(self, client: Client, database: Database) -> None:
        self._database = database
        self._images = database["images"]
        self._changes = database[CHANGES]
        self._lease = Lease(client, database, FOLDER)
        self._has_adopted = False

    async def fold(self) -> int:
        """Fold until little is left, unless another folder is at it.

        Returns:
            How many images and notes were folded.

        Raises:
            PyMongoError: MongoDB cannot be reached; nothing is lost.
        """
        folded, last = 0, BATCH
        while last >= BATCH and await self._lease.hold():
            if not self._has_adopted:
                await adopt(self._database, self._lease)
                self._has_adopted = True
            last = await self._fold_once()
            folded += last
        return folded

    async def _fold_once(self) -> int:
        """Fold a batch of each: images that have ended, notes, and open images beyond a few."""
        ended = self._images.find(HAS_ENDED, {"_id": 1}).hint(UNCOUNTED).limit(BATCH)
        image_ids = [image["_id"] async for image in ended]
        note_ids = [note["_id"] async for note in self._changes.find({}, {"_id": 1}).limit(BATCH)]
        await self._fold_these(image_ids, note_ids)
        still_open = self._images.find(IS_OPEN, {"_id": 1}).hint(UNCOUNTED)
        open_ids = [image["_id"] async for image in still_open.skip(OPEN_LEFT).limit(BATCH)]
        # On their own: a claim of one of them has the transaction begin again.
        await self._fold_these(open_ids, [])
        return max(len(image_ids), len(note_ids), len(open_ids))

    async def _fold_these(self, image_ids: Sequence[str], note_ids: Sequence[Any]) -> None:
        if not image_ids and not note_ids:
            return

        async def write(session: AsyncIOMotorClientSession) -> None:
            counts = await self._count_images(image_ids, session)
            notes = self._changes.find({"_id": {"$in": list(note_ids)}}, session=session)
            counts.update(add_notes(await notes.to_list(None)))
            await self._changes.delete_many({"_id": {"$in": list(note_ids)}}, session=session)
            await self._add(counts, session)

        await self._lease.run_transaction(write)

    async def _count_images(
        self, image_ids: Sequence[str], session: AsyncIOMotorClientSession
    ) -> Counts:
        """Mark images as counted. Returns what they add."""
        counts = Counts()
        alike: dict[Facts, list[str]] = defaultdict(list)
        pipeline: list[Document] = [
            {"$match": {"_id": {"$in": list(image_ids)}, **IS_UNCOUNTED}},
            {"$project": COUNTED_FIELDS},
        ]
        found = self._images.aggregate(pipeline, session=session, batchSize=BATCH)
        for image in await found.to_list(None):
            alike[add_image(counts, image)].append(image["_id"])
        if alike:
            await self._images.bulk_write(
                [
                    UpdateMany(
                        {"_id": {"$in": ids}},
                        {
                            "$set": {"counted": msgspec.to_builtins(facts)},
                            "$unset": {"uncounted": ""},
                        },
                    )
                    for facts, ids in alike.items()
                ],
                ordered=False,
                session=session,
            )
        return counts

    async def _add(self, counts: Counts, session: AsyncIOMotorClientSession) -> None:
        """Add to the stored counts; those that come to nothing are removed."""
        statistics = self._database[STATISTICS]
        ids = document_ids([*counts, USERS])
        found = await statistics.find({"_id": {"$in": ids}}, session=session).to_list(None)
        stored = dict(expand(found))
        counts[USERS] += count_users(stored, counts)
        if writes := writes_of(stored, counts):
            await statistics.bulk_write(writes, ordered=False, session=session)
