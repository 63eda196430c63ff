"""Documents of the stored counts: one for each count, but one for all quarters of an hour of a day.

A read needs thousands of quarters, and few of the other counts.

What no image carries, the bytes of deleted blobs, has notes of its own. A note is inserted in the
transaction that causes it and never updated, so deletes at the same time do not conflict on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from bson import ObjectId
from pymongo import DeleteOne, ReplaceOne

from domain.statistics import CAMERA, QUARTER, STORED_BYTES, Counts
from storage.mongo.client import Database, Document, Session

STATISTICS = "statistics"
CHANGES = "statistics_changes"
_DAY_CHARS = len(QUARTER + "2026-11-21")


def document_ids(names: Iterable[str]) -> list[str]:
    """Return the IDs of the documents that hold counts, each once."""
    return list(dict.fromkeys(map(_document_id, names)))


def day_range(first: str, after: str) -> Document:
    """Return the query for the documents that hold quarters from the first up to another."""
    return {"_id": {"$gte": _document_id(first), "$lte": _document_id(after)}}


def expand(documents: Iterable[Document]) -> Iterator[tuple[str, int]]:
    """Read names and counts from documents."""
    for document in documents:
        name = document["_id"]
        if "quarters" in document:
            yield from ((f"{name}T{time}", count) for time, count in document["quarters"].items())
        else:
            yield name, int(document["count"])  # Large values arrive as Int64.


def writes_of(
    stored: Mapping[str, int], change: Mapping[str, int]
) -> list[ReplaceOne[Document] | DeleteOne]:
    """Make the writes for changed counts; counts that become zero are deleted.

    ``stored`` has all counts of the documents that change.
    """
    after = dict(stored)
    for name, count in change.items():
        after[name] = stored.get(name, 0) + count
    days: dict[str, dict[str, int]] = defaultdict(dict)
    writes: list[ReplaceOne[Document] | DeleteOne] = []
    for name, count in after.items():
        if name.startswith(QUARTER):
            quarters = days[_document_id(name)]
            if count:
                quarters[name[_DAY_CHARS + 1 :]] = count
        elif change.get(name):
            family = {"family": CAMERA} if name.startswith(CAMERA) else {}
            writes.append(_write(name, {"count": count, **family} if count else {}))
    writes += [_write(day, {"quarters": of} if of else {}) for day, of in days.items()]
    return writes


def _write(name: str, fields: Document) -> ReplaceOne[Document] | DeleteOne:
    return ReplaceOne({"_id": name}, fields, upsert=True) if fields else DeleteOne({"_id": name})


def _document_id(name: str) -> str:
    return name[:_DAY_CHARS] if name.startswith(QUARTER) else name


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
