"""Notes of changes to the statistics that no image carries: bytes of deleted blobs.

A note is inserted in the transaction that causes it and never updated, so deletes that run at the
same time do not conflict on it.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

from bson import ObjectId

from domain.statistics import STORED_BYTES, Counts
from storage.mongo.client import Database, Document, Session

CHANGES = "statistics_changes"


async def take_back_blobs(
    database: Database, session: Session, file_ids: Sequence[ObjectId]
) -> None:
    """Note that the bytes of blobs are no longer stored. Call it before the blobs are deleted."""
    found = database["blobs.files"].find(
        {"_id": {"$in": list(file_ids)}}, {"length": 1}, session=session
    )
    stored = sum([file["length"] async for file in found])
    if stored:
        # Pairs, because a name may hold dots, which separate fields in MongoDB.
        counts = [[STORED_BYTES, -stored]]
        await database[CHANGES].insert_one({"counts": counts}, session=session)


def add_notes(notes: Iterable[Document]) -> Counts:
    """Add up notes."""
    counts = Counts()
    for name, count in chain.from_iterable(note["counts"] for note in notes):
        counts[name] += count
    return counts
