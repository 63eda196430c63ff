"""Notes of what is to be added to the statistics, beside what images add.

Notes are only ever added, in the transaction that they are of, so that no two deletes meet there.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClientSession

from domain.statistics import STORED_BYTES, Counts
from storage.mongo.client import Database, Document

CHANGES = "statistics_changes"


async def take_back_blobs(
    database: Database, session: AsyncIOMotorClientSession, file_ids: Sequence[ObjectId]
) -> None:
    """Note that blobs go, before they do, so that their bytes are not counted as stored.

    Args:
        database: Holds everything.
        session: The transaction that removes them.
        file_ids: The blobs.
    """
    found = database["blobs.files"].find(
        {"_id": {"$in": list(file_ids)}}, {"length": 1}, session=session
    )
    stored = sum([file["length"] async for file in found])
    if stored:
        # As pairs: a name may hold dots, which have a meaning in the names of fields.
        counts = [[STORED_BYTES, -stored]]
        await database[CHANGES].insert_one({"counts": counts}, session=session)


def add_notes(notes: Iterable[Document]) -> Counts:
    """Add up what was noted."""
    counts = Counts()
    for name, count in chain.from_iterable(note["counts"] for note in notes):
        counts[name] += count
    return counts
