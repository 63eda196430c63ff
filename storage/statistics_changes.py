"""What images add to the statistics when they are counted, and what is taken back of them.

An image is ``uncounted`` while what it adds is not, or not any more, what it has added. Nothing of
the statistics is written in the way of an upload or of the work: that is done in bulk by
``storage/statistics_folding.py``, and a reader adds what was not done yet. What goes leaves a note
behind, in the same transaction; notes are only ever added, so that no two deletes meet there.
"""

from collections.abc import Iterable, Sequence
from itertools import chain

import msgspec
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClientSession

from domain.jobs import Status
from domain.statistics import (
    STORED_BYTES,
    Counts,
    Facts,
    Upload,
    add_change,
    add_removal,
)
from storage.mongo import Database, Document

CHANGES = "statistics_changes"
_ERROR_CODES: Document = {
    "$setUnion": [
        [{"$ifNull": ["$error.code", None]}],
        {
            "$map": {
                "input": {"$objectToArray": "$cells"},
                "in": {"$ifNull": ["$$this.v.error.code", None]},
            }
        },
    ]
}
COUNTED_FIELDS: Document = {
    "_id": 1,
    "counted": 1,
    "user_id": 1,
    "format": 1,
    "uploaded_at": 1,
    "size_bytes": 1,
    "stored_bytes": 1,
    "camera_model": 1,
    "faces": 1,
    # Where all cells have succeeded there is nothing to look for.
    "failures": {"$cond": [{"$eq": ["$status", Status.SUCCEEDED.value]}, [], _ERROR_CODES]},
}
"""What is read of an image to count it."""


def add_image(counts: Counts, image: Document) -> Facts:
    """Add what an uncounted image adds to what it has added already.

    Args:
        counts: Is added to.
        image: As read with :data:`COUNTED_FIELDS`.

    Returns:
        What is known of it now, to be kept as ``counted``.
    """
    failures = sorted(code for code in image["failures"] if code)
    facts = Facts(image.get("camera_model") or None, image.get("faces", 0), tuple(failures))
    add_change(counts, _read_upload(image), _read_counted(image), facts)
    return facts


async def take_back(
    database: Database, session: AsyncIOMotorClientSession, images: Sequence[Document]
) -> None:
    """Note that images go, so that the statistics forget them.

    Args:
        database: Holds everything.
        session: The transaction that removes them.
        images: Their whole documents, read within it.
    """
    counts = Counts()
    for image in images:
        add_removal(counts, _read_upload(image), _read_counted(image))
    await _note(database, session, counts)


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
    await _note(database, session, Counts({STORED_BYTES: -stored}))


def add_notes(notes: Iterable[Document]) -> Counts:
    """Add up what was noted."""
    counts = Counts()
    for name, count in chain.from_iterable(note["counts"] for note in notes):
        counts[name] += count
    return counts


async def _note(database: Database, session: AsyncIOMotorClientSession, counts: Counts) -> None:
    # As pairs: a name may hold dots, which have a meaning in the names of fields.
    pairs = [[name, count] for name, count in counts.items() if count]
    if pairs:
        await database[CHANGES].insert_one({"counts": pairs}, session=session)


def _read_upload(image: Document) -> Upload:
    return Upload(
        image["user_id"],
        image["format"],
        image["uploaded_at"],
        image["size_bytes"],
        image.get("stored_bytes", 0),
    )


def _read_counted(image: Document) -> Facts | None:
    counted = image.get("counted")
    return None if counted is None else msgspec.convert(counted, Facts)
