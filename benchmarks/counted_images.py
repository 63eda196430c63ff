"""Millions of images, stored as the workers and the aggregation write them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import bson
import numpy as np
import numpy.typing as npt
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient
from pymongo.collection import Collection

from benchmarks.image_documents import SIZE_BYTES, image_document
from domain.images.operations import DEFAULT_OPERATIONS
from domain.statistics import (
    BYTES,
    CAMERA,
    FACES,
    FORMAT,
    IMAGES,
    QUARTER,
    STORED_BYTES,
    USER,
    USERS,
    name_quarter,
)
from storage.aggregates.counters import writes_of

BATCH = 20_000
IMAGES_OF_USER = 5
CAMERAS = 4_096
"""Cameras are named by three hex digits."""
FACE_COUNTS = 3
COPIES = 10
"""One image in so many has the bytes of the previous one."""
SPREAD_SECONDS = 40 * 24 * 3600

Numbers = npt.NDArray[np.int64]
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
_MARK = "ffffffff"


class ImageFiller:
    """Appends images, and writes their statistics.

    Args:
        client: A client of MongoDB.
        database: The name of the database.
        now: Time of the last upload, UTC.
    """

    def __init__(self, client: MongoClient[Any], database: str, now: datetime) -> None:
        self._images: Collection[Any] = client[database]["images"]
        self._statistics: Collection[Any] = client[database]["statistics"]
        self._first_upload = now.replace(microsecond=0) - timedelta(seconds=SPREAD_SECONDS)
        self._filled = 0

    def fill(self, images: int) -> None:
        """Append images up to a number, a multiple of :data:`BATCH`."""
        for start in range(self._filled, images, BATCH):
            numbers = np.arange(start, start + BATCH)
            self._images.insert_many(self._documents(numbers), ordered=False)
            users = np.unique(numbers // IMAGES_OF_USER)
            self._statistics.insert_many(
                [{"_id": f"{USER}{number:08x}", "count": IMAGES_OF_USER} for number in users],
                ordered=False,
            )
        self._filled = images
        self._write_counts(np.arange(images))

    def _documents(self, numbers: Numbers) -> Iterator[RawBSONDocument]:
        """Make image documents from a template; to encode each would take most of the time."""
        template, places = _template(self._first_upload)
        rows = np.tile(np.frombuffer(template, np.uint8), (len(numbers), 1))
        owners = numbers // IMAGES_OF_USER
        values = [numbers, owners, owners, _contents(numbers)]
        for place, value in zip(places["hex"], values, strict=True):
            rows[:, place : place + 8] = _hex_digits(value, 8)
        for place in places["camera"]:
            rows[:, place : place + 3] = _hex_digits(_cameras(numbers), 3)
        moments = self._first_upload.timestamp() * 1000 + 1000 * _seconds(numbers)
        packed = moments.astype("<i8").view(np.uint8).reshape(-1, 8)
        for place in places["moment"]:
            rows[:, place : place + 8] = packed
        for place in places["faces"]:
            rows[:, place] = numbers % FACE_COUNTS
        return (RawBSONDocument(row.tobytes()) for row in rows)

    def _write_counts(self, numbers: Numbers) -> None:
        is_first = _contents(numbers) == numbers
        counts = {
            IMAGES: len(numbers),
            USERS: len(numbers) // IMAGES_OF_USER,
            BYTES: SIZE_BYTES * len(numbers),
            STORED_BYTES: SIZE_BYTES * int(is_first.sum()),
            FACES: int((numbers % FACE_COUNTS).sum()),
            FORMAT + "jpeg": len(numbers),
        }
        cameras = np.bincount(_cameras(numbers), minlength=CAMERAS)
        quarters = np.bincount(_seconds(numbers) // 900)
        first = self._first_upload
        for number, count in enumerate(quarters):
            name = QUARTER + name_quarter(first + timedelta(seconds=900 * number))
            counts[name] = int(count)
        for number, count in enumerate(cameras):
            counts[f"{CAMERA}camera {number:03x}"] = int(count)
        self._statistics.bulk_write(writes_of({}, counts), ordered=False)


def _template(moment: datetime) -> tuple[bytes, dict[str, list[int]]]:
    """Encode a document; return it with the offsets of the values that vary between images."""
    camera, mark = "camera fff", f"{_MARK}-0000-7000-8000-000000000000"
    document = image_document(mark, _MARK, _MARK * 8, moment, DEFAULT_OPERATIONS) | {
        "width": 178,
        "height": 218,
        "camera_make": "maker",
        "camera_model": camera,
        "faces": 1,
    }
    encoded = bson.encode(document)
    names = (b"\x02_id\0", b"\x02job_id\0", b"\x02user_id\0", b"\x02sha256\0")
    places = {
        "hex": [encoded.index(name) + len(name) + 4 for name in names],
        "camera": [at + len("camera ") for at in _find(encoded, camera.encode())],
        "moment": _find(encoded, bson.encode({"": moment})[6:14]),
        "faces": [at + len("\x10faces\0") for at in _find(encoded, b"\x10faces\0")],
    }
    return encoded, places


def _find(data: bytes, part: bytes) -> list[int]:
    found, at = [], data.find(part)
    while at >= 0:
        found.append(at)
        at = data.find(part, at + 1)
    return found


def _hex_digits(numbers: Numbers, digits: int) -> npt.NDArray[np.uint8]:
    shifts = 4 * np.arange(digits)[::-1]
    digit: npt.NDArray[np.uint8] = _HEX[(numbers[:, None] >> shifts) & 15]
    return digit


def _contents(numbers: Numbers) -> Numbers:
    """Number the contents of images: a copy has that of the previous image."""
    return np.where(numbers % COPIES == COPIES - 1, numbers - 1, numbers)


def _cameras(numbers: Numbers) -> Numbers:
    """Number the cameras of images: squares, so that some are far more frequent than others."""
    return numbers * numbers % CAMERAS


def _seconds(numbers: Numbers) -> Numbers:
    """Spread the uploads over the time of :data:`SPREAD_SECONDS`."""
    return numbers * 7919 % SPREAD_SECONDS
