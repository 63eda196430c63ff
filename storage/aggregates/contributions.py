"""What each image has added to all that is counted: the statistics, signatures and days.

There is one document for each image that was counted. A delete leaves it as a tombstone, or makes
a bare one where the image was never counted, for two reasons: whoever folds next takes back what
it says and removes it; and whoever is about to count the image in that same moment writes the same
document, so that one of the two transactions is done again.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

import bson
import msgspec
import numpy as np
import numpy.typing as npt
from bson import Binary, Int64
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import UpdateOne
from pymongo.client_session import ClientSession

from domain.errors.capacity import Unavailable
from domain.images.values import BINS
from domain.statistics import Facts, Upload
from storage.mongo.client import Database, Document, PlainDatabase
from storage.mongo.leases import LEASES

IS_REMOVED = {"removed": True}

CONTRIBUTIONS = "contributions"
TAKEN_OVER = "contributions_taken_over"
READ_BYTES = 8_000_000
_ID_CHARS = 36
_READ: Document = {"uploaded_at": 1, "pixels": 1, "histogram": 1}


class Contribution(msgspec.Struct, frozen=True, gc=False):
    """What one image adds to all that is counted.

    Attributes:
        upload: What never changes.
        facts: What is known of it.
        histogram: 256 counts, packed as by ``pack_bins``; None where it has none.
        pixels: The sum of these counts; 0 where it has none.
    """

    upload: Upload
    facts: Facts
    histogram: bytes | None = None
    pixels: int = 0


class Histograms(msgspec.Struct, frozen=True):
    """Histograms of images, in the order of their IDs.

    Attributes:
        ids: As ASCII, shape (images,).
        uploaded_at: UTC, in milliseconds, shape (images,).
        pixels: What the counts of each add up to, shape (images,).
        counts: Shape (images, 256).
    """

    ids: npt.NDArray[np.bytes_]
    uploaded_at: npt.NDArray[np.datetime64]
    pixels: npt.NDArray[np.int64]
    counts: npt.NDArray[np.uint32]


def make_document(image_id: str, contribution: Contribution) -> Document:
    """Make the document of an image that is counted.

    What has the same size everywhere comes first, always in this order: see
    :func:`read_histograms`.
    """
    upload, facts = contribution.upload, contribution.facts
    document: Document = {"_id": image_id, "uploaded_at": upload.uploaded_at}
    if contribution.histogram is not None:
        document["pixels"] = Int64(contribution.pixels)
        document["histogram"] = Binary(contribution.histogram)
    document |= {
        "user_id": upload.user_id,
        "format": upload.format,
        "size_bytes": upload.size_bytes,
        "stored_bytes": upload.stored_bytes,
    }
    known = msgspec.structs.asdict(facts)
    return document | {name: value for name, value in known.items() if value}


def read_contribution(document: Document) -> Contribution:
    """Read the document of an image that is, or was, counted."""
    return Contribution(
        read_upload(document),
        read_facts(document),
        document.get("histogram"),
        document.get("pixels", 0),
    )


def read_upload(document: Document) -> Upload:
    """Read what never changes from an image, or from its contribution."""
    return Upload(
        document["user_id"],
        document["format"],
        document["uploaded_at"],
        document["size_bytes"],
        document.get("stored_bytes", 0),
    )


def read_facts(document: Document) -> Facts:
    """Read what is known of an image from its contribution, or what was once written on it."""
    return Facts(
        document.get("camera_model"),
        document.get("faces", 0),
        tuple(document.get("failures", ())),
    )


def read_former(image: Document) -> Facts | None:
    """Read from an image as what it was counted before there were contributions.

    Such images say it themselves, until a folder has made their contributions.

    Args:
        image: Its document.

    Returns:
        None where it was not counted, or has said so no more since.
    """
    counted = image.get("counted")
    return None if counted is None else read_facts(counted)


async def bury_images(
    database: Database, session: AsyncIOMotorClientSession, images: Sequence[Document]
) -> None:
    """Leave tombstones of images that go.

    Args:
        database: Holds everything.
        session: The transaction that removes them.
        images: Their whole documents, read within it.
    """
    await database[CONTRIBUTIONS].bulk_write(
        [
            UpdateOne(
                {"_id": image["_id"]},
                {"$set": IS_REMOVED, "$setOnInsert": _uncounted_fields(image)},
                upsert=True,
            )
            for image in images
        ],
        ordered=False,
        session=session,
    )


def _uncounted_fields(image: Document) -> Document:
    """Say of an image without a contribution what has to be known when it is gone."""
    former = read_former(image)
    if former is None:
        return {"stored_bytes": image.get("stored_bytes", 0)}
    fields = make_document(image["_id"], Contribution(read_upload(image), former))
    del fields["_id"]
    return fields


def read_histograms(
    database: PlainDatabase,
    session: ClientSession | None = None,
    first_id: str = "",
    after_id: str | None = None,
) -> Iterator[Histograms]:
    """Read what is counted of histograms, a batch at a time, in the order of the images' IDs.

    It is what was folded: what is not yet has to be laid over it, see
    :func:`storage.aggregates.pending.read_unfolded_histograms`. The three fields have the same
    size in each document, so that a batch is read as one array, without being decoded.

    Args:
        database: Is read.
        session: Of a snapshot.
        first_id: Lowest ID.
        after_id: All IDs are lower; None: there is no such limit.

    Yields:
        Batches of up to some megabytes.
    """
    within: Document = {"$gte": first_id} | ({} if after_id is None else {"$lt": after_id})
    found = database[CONTRIBUTIONS].find_raw_batches(
        {"_id": within, "histogram": {"$exists": True}},
        _READ,
        session=session,
        batch_size=READ_BYTES // _LAYOUT.itemsize,
    )
    for batch in found:
        # Of a raw batch PyMongo says that it is a document.
        rows = np.frombuffer(cast("bytes", batch), _LAYOUT)
        yield Histograms(
            rows["id"],
            rows["uploaded_at"].astype("datetime64[ms]"),
            rows["pixels"],
            rows["counts"],
        )


def is_taken_over(database: PlainDatabase, session: ClientSession | None = None) -> bool:
    """Say whether each image has a contribution or is uncounted, the oldest ones too."""
    mark = database[LEASES].find_one({"_id": TAKEN_OVER}, session=session)
    return mark is not None and bool(mark.get("has_ended"))


def check_is_taken_over(database: PlainDatabase, session: ClientSession) -> None:
    """Refuse questions about histograms as long as some would be missing in the answer.

    Raises:
        Unavailable: Images of before are being taken over.
    """
    if not is_taken_over(database, session):
        raise Unavailable("Images of before are being taken over; ask again in a minute.")


def _find_layout() -> np.dtype[Any]:
    """Find out where the values are in an encoded document."""
    moment, pixels, marker = 0x0102030405060708, 0x1112131415161718, bytes(range(256)) * 4
    encoded = bson.encode(
        {
            "_id": "i" * _ID_CHARS,
            "uploaded_at": bson.DatetimeMS(moment),
            "pixels": Int64(pixels),
            "histogram": Binary(marker),
        }
    )
    places = {
        "id": (f"S{_ID_CHARS}", encoded.index(b"i" * _ID_CHARS)),
        "uploaded_at": ("<i8", encoded.index(moment.to_bytes(8, "little"))),
        "pixels": ("<i8", encoded.index(pixels.to_bytes(8, "little"))),
        "counts": (f"({BINS},)<u4", encoded.index(marker)),
    }
    formats, offsets = zip(*places.values(), strict=True)
    return np.dtype(
        {
            "names": list(places),
            "formats": list(formats),
            "offsets": list(offsets),
            "itemsize": len(encoded),
        }
    )


_LAYOUT = _find_layout()
