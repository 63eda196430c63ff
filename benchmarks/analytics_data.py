"""Histograms of many users and images, stored as the aggregation writes them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from bson import Binary, Int64, ObjectId
from pymongo.database import Database

from benchmarks.image_documents import SIZE_BYTES, image_document
from domain.histograms.signatures import UNIT
from domain.images.operations import HISTOGRAM
from domain.statistics import Facts, Upload
from storage.aggregates.contributions import CONTRIBUTIONS, Contribution, make_document
from storage.aggregates.signatures import REVISIONS, SIGNATURES
from storage.clock import first_id_at

LEVELS = 256
HILLS = 4
PIXELS = 38_804
"""Pixels of an image of 178 × 218."""
IMAGES_OF_USER = 14
BATCH = 10_000

Shares = npt.NDArray[np.float32]
PlainDatabase = Database[dict[str, Any]]


def draw_shares(count: int, seed: int) -> Shares:
    """Draw histograms like those of photos: some hills with noise.

    Returns:
        Shares of the pixels, shape (count, 256).
    """
    chance = np.random.default_rng(seed)
    level = np.arange(LEVELS, dtype=np.float32)
    shares = np.full((count, LEVELS), 2e-4, np.float32)
    for _ in range(HILLS):
        middle = chance.uniform(0, 255, (count, 1)).astype(np.float32)
        width = chance.uniform(6, 50, (count, 1)).astype(np.float32)
        weight = chance.gamma(1, 1, (count, 1)).astype(np.float32)
        shares += weight / width * np.exp(-0.5 * ((level - middle) / width) ** 2)
    shares *= chance.gamma(20, 1 / 20, (count, LEVELS)).astype(np.float32)
    drawn: Shares = shares / shares.sum(axis=1, keepdims=True)
    return drawn


def user_name(number: int) -> str:
    """Return the ID of a user."""
    return f"user-{number:07}"


class SignatureFiller:
    """Appends users, each with the signature of some images.

    Args:
        database: The database to fill.
        most: The final number of users.
    """

    def __init__(self, database: PlainDatabase, most: int) -> None:
        self._signatures = database[SIGNATURES]
        self._revisions = database[REVISIONS]
        self._shares = np.empty((most, LEVELS), np.float32)
        self._filled = 0

    @property
    def shares(self) -> Shares:
        """The mean histogram of each user, shape (users, 256)."""
        return self._shares[: self._filled]

    def fill(self, users: int) -> None:
        """Append users up to a number, all with one revision."""
        counter = {"_id": "histograms"}
        before = self._revisions.find_one(counter) or {"newest": 0}
        revision = Int64(before["newest"] + 1)
        for start in range(self._filled, users, BATCH):
            end = min(start + BATCH, users)
            self._shares[start:end] = draw_shares(end - start, start)
            units = np.rint(self._shares[start:end].astype(np.float64) * UNIT) * IMAGES_OF_USER
            sums = units.astype("<i8")
            self._signatures.insert_many(
                [
                    {
                        "_id": user_name(number),
                        "images": IMAGES_OF_USER,
                        "sums": Binary(row.tobytes()),
                        "revision": revision,
                    }
                    for number, row in enumerate(sums, start)
                ],
                ordered=False,
            )
        self._filled = users
        self._revisions.update_one(counter, {"$set": {"newest": revision}}, upsert=True)


def fill_day(database: PlainDatabase, day: datetime, images: int) -> npt.NDArray[np.uint32]:
    """Write the contributions of images that are spread over a day.

    Args:
        database: The database to fill.
        day: Its first moment, UTC.
        images: Number of images.

    Returns:
        The counts of each, shape (images, 256).
    """
    counts = draw_counts(images)
    for start in range(0, images, BATCH):
        numbers = range(start, min(start + BATCH, images))
        moments = [day + timedelta(days=number / images) for number in numbers]
        database[CONTRIBUTIONS].insert_many(
            [
                make_document(
                    first_id_at(moment) + f"-7000-8000-{number:012x}",
                    _contribution(user_name(number % 100_000), moment, counts[number]),
                )
                for number, moment in zip(numbers, moments, strict=True)
            ],
            ordered=False,
        )
    return counts


def draw_counts(images: int, seed: int = 0) -> npt.NDArray[np.uint32]:
    """Draw the counts of images with equal numbers of pixels, shape (images, 256)."""
    counts = np.empty((images, LEVELS), np.uint32)
    for start in range(0, images, BATCH):
        shares = draw_shares(min(BATCH, images - start), seed + start)
        counts[start : start + BATCH] = np.rint(shares * PIXELS)
    return counts


def fill_images(
    database: PlainDatabase,
    owners: Sequence[str],
    moment: datetime,
    *,
    has_histogram: bool = True,
    is_uncounted: bool = False,
) -> None:
    """Write processed images, and the results of their blobs.

    Args:
        database: The database to fill.
        owners: The user of each image.
        moment: Upload of the first, UTC; the others follow a millisecond apart.
        has_histogram: Whether they asked for a histogram.
        is_uncounted: Whether they wait for their aggregation.
    """
    counts = draw_counts(len(owners))
    for start in range(0, len(owners), BATCH):
        numbers = range(start, min(start + BATCH, len(owners)))
        documents = [
            _image(owners[number], number, moment, has_histogram=has_histogram)
            | ({"uncounted": True} if is_uncounted else {})
            for number in numbers
        ]
        blobs = [
            _blob(document["sha256"], counts[number])
            for number, document in zip(numbers, documents, strict=True)
        ]
        database["blobs.files"].insert_many(blobs, ordered=False)
        database["images"].insert_many(documents, ordered=False)


def _contribution(user_id: str, moment: datetime, counts: npt.NDArray[np.uint32]) -> Contribution:
    packed = counts.astype("<u4").tobytes()
    upload = Upload(user_id, "jpeg", moment, SIZE_BYTES, SIZE_BYTES)
    return Contribution(upload, Facts(None, 0, ()), packed, int(counts.sum()))


def _image(owner: str, number: int, moment: datetime, *, has_histogram: bool) -> dict[str, Any]:
    uploaded_at = moment + timedelta(milliseconds=number)
    image_id = first_id_at(uploaded_at) + f"-7000-8000-{number:012x}"
    operation = HISTOGRAM if has_histogram else "metadata"
    return image_document(image_id, owner, f"{image_id:0<64}", uploaded_at, [operation])


def _blob(sha256: str, counts: npt.NDArray[np.uint32]) -> dict[str, Any]:
    value = Binary(counts.astype("<u4").tobytes())
    return {
        "_id": ObjectId(),
        "length": SIZE_BYTES,
        "metadata": {"sha256": sha256, "results": {HISTOGRAM: {"version": 1, "value": value}}},
    }
