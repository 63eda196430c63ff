"""Reads histograms of contributions in large batches, without decoding single documents.

The first fields of a contribution have a fixed size and order, so a raw batch of MongoDB is an
array of fixed records.
"""

from collections.abc import Iterator
from typing import Any, cast

import bson
import msgspec
import numpy as np
import numpy.typing as npt
from bson import Binary, Int64
from pymongo.client_session import ClientSession

from domain.images.values import BINS
from storage.aggregates.contributions import CONTRIBUTIONS
from storage.mongo.client import Document
from storage.mongo.threads import PlainDatabase

READ_BYTES = 8_000_000
_ID_CHARS = 36
_READ: Document = {"uploaded_at": 1, "pixels": 1, "histogram": 1}


class Histograms(msgspec.Struct, frozen=True):
    """Histograms of images, ordered by image ID.

    Attributes:
        ids: Image IDs as ASCII, shape (images,).
        uploaded_at: UTC, in milliseconds, shape (images,).
        pixels: Sum of the counts of each image, shape (images,).
        counts: Shape (images, 256).
    """

    ids: npt.NDArray[np.bytes_]
    uploaded_at: npt.NDArray[np.datetime64]
    pixels: npt.NDArray[np.int64]
    counts: npt.NDArray[np.uint32]


def read_histograms(
    database: PlainDatabase,
    session: ClientSession | None = None,
    first_id: str = "",
    after_id: str | None = None,
) -> Iterator[Histograms]:
    """Read counted histograms, from one image ID up to another, in batches ordered by image ID.

    Pending changes are not in them; see
    :func:`storage.aggregates.pending.read_pending_histograms`.
    """
    within: Document = {"$gte": first_id} | ({} if after_id is None else {"$lt": after_id})
    found = database[CONTRIBUTIONS].find_raw_batches(
        {"_id": within, "histogram": {"$exists": True}},
        _READ,
        session=session,
        batch_size=READ_BYTES // _LAYOUT.itemsize,
    )
    for batch in found:
        # PyMongo's types call a raw batch a document.
        rows = np.frombuffer(cast("bytes", batch), _LAYOUT)
        yield Histograms(
            rows["id"],
            rows["uploaded_at"].astype("datetime64[ms]"),
            rows["pixels"],
            rows["counts"],
        )


def _find_layout() -> np.dtype[Any]:
    """Find the offsets of the values in an encoded document."""
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
