"""Contributions: what each counted image has added to statistics, signatures and days.

Each counted image has one document here, which the aggregator writes when it counts the image. A
delete turns it into a tombstone, until the aggregator takes it back. So a delete and an aggregator
that meet at an image conflict, and one transaction runs again. A deleted image that was never
counted leaves a bare tombstone, for an aggregator that is counting it.
"""

from collections.abc import Sequence

import msgspec
from bson import Binary, Int64
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from domain.statistics import Facts, Upload
from storage.mongo.client import Database, Document, Session
from storage.mongo.threads import PlainDatabase

CONTRIBUTIONS = "contributions"
IS_REMOVED = {"removed": True}
PART = 1_000


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """What one image adds to the aggregates.

    Attributes:
        histogram: 256 counts, packed as ``unpack_bins`` reads them; None without a histogram.
        pixels: The sum of the counts; 0 without a histogram.
    """

    upload: Upload
    facts: Facts
    histogram: bytes | None = None
    pixels: int = 0


def make_document(image_id: str, contribution: Contribution) -> Document:
    """Make the document of a contribution.

    Fields of fixed size come first and always in this order, see
    :mod:`storage.aggregates.histogram_batches`.
    """
    upload, facts = contribution.upload, contribution.facts
    document: Document = {"_id": image_id, "uploaded_at": upload.uploaded_at}
    if contribution.histogram is not None:
        document["pixels"] = Int64(contribution.pixels)
        document["histogram"] = Binary(contribution.histogram)
    known = {name: value for name, value in msgspec.structs.asdict(facts).items() if value}
    return document | msgspec.structs.asdict(upload) | known


def read_contribution(document: Document) -> Contribution:
    """Read a contribution from its document; a tombstone must have been counted."""
    return Contribution(
        msgspec.convert(document, Upload),
        msgspec.convert(document, Facts),
        document.get("histogram"),
        document.get("pixels", 0),
    )


class Tombstones(msgspec.Struct, frozen=True):
    """Tombstones of deleted images.

    ``counted`` has contributions by image ID; ``left_bytes`` adds up all ``stored_bytes``.
    """

    ids: list[str]
    counted: dict[str, Contribution]
    left_bytes: int


async def bury_images(database: Database, session: Session, images: Sequence[Document]) -> None:
    """Write the tombstones of images, given their documents as read within the transaction."""
    writes = []
    for image in images:
        left = {"stored_bytes": image.get("stored_bytes", 0)}
        mark = {"$set": IS_REMOVED, "$setOnInsert": left}
        writes.append(UpdateOne({"_id": image["_id"]}, mark, upsert=True))
    await database[CONTRIBUTIONS].bulk_write(writes, ordered=False, session=session)


def read_tombstones(
    database: PlainDatabase,
    session: ClientSession | None,
    among: Document | None = None,
    fields: Document | None = None,
) -> Tombstones:
    """Read tombstones.

    ``among`` is a condition on the image ID; None for all.
    """
    which = {**IS_REMOVED, **({} if among is None else {"_id": among})}
    found = database[CONTRIBUTIONS].find(which, fields, session=session, batch_size=PART)
    documents = list(found)
    return Tombstones(
        [document["_id"] for document in documents],
        {one["_id"]: read_contribution(one) for one in documents if "user_id" in one},
        sum(document["stored_bytes"] for document in documents),
    )
