"""Sums of the histograms that each user has uploaded since a time."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import numpy as np
import numpy.typing as npt
from pymongo.client_session import ClientSession

from domain.calendar.days import LAST_MOMENT
from domain.errors.requests import TooManyImages
from domain.histograms.signatures import Sums, count_units, read_counts
from domain.images.values import BINS
from storage.aggregates.contributions import CONTRIBUTIONS
from storage.aggregates.pending import read_pending_histograms
from storage.histograms.periods import Period
from storage.mongo.client import Document, batched
from storage.mongo.threads import PlainDatabase

BATCH = 2_000


class _SumsByUser:
    """Sums of histograms by user, in arrays that grow with the number of users."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.images = np.zeros(BATCH, np.int64)
        self.sums: Sums = np.zeros((BATCH, BINS), np.int64)

    def add(
        self, user_ids: list[str], histograms: list[bytes], pixels: list[int], times: list[int]
    ) -> None:
        rows = np.array([self.rows.setdefault(user, len(self.rows)) for user in user_ids])
        while len(self.rows) > len(self.images):
            self.images = np.concatenate([self.images, np.zeros_like(self.images)])
            self.sums = np.concatenate([self.sums, np.zeros_like(self.sums)])
        np.add.at(self.images, rows, times)
        signs = np.array(times)[:, np.newaxis]
        np.add.at(self.sums, rows, signs * count_units(read_counts(histograms), pixels))


def sum_since(
    database: PlainDatabase, session: ClientSession, since: datetime, most: int
) -> tuple[list[str], npt.NDArray[np.int64], Sums]:
    """Add up the histograms that each user has uploaded since a time (UTC).

    Returns:
        Users with such histograms; the number of images of each, shape (users,); and the sums,
        shape (users, 256).

    Raises:
        TooManyImages: More than ``most`` images were uploaded since then.
    """
    first_id, after_id = Period(since, LAST_MOMENT).ids
    found = database[CONTRIBUTIONS].find(
        {
            "_id": {"$gte": first_id, "$lt": after_id},
            "histogram": {"$exists": True},
            "uploaded_at": {"$gte": since},
        },
        {"_id": 0, "user_id": 1, "pixels": 1, "histogram": 1},
        session=session,
        batch_size=BATCH,
        limit=most + 1,
    )
    pending = read_pending_histograms(database, session, first_id, after_id)
    changes = [change for change in pending if change.uploaded_at >= since]
    total, read = _SumsByUser(), len(changes)
    for batch in batched(found, BATCH):
        read += len(batch)
        if read > most:
            raise TooManyImages(f"More than {most:,} images were uploaded since then.")
        total.add(*_columns(batch), [1] * len(batch))
    if changes:
        rows = [msgspec.structs.asdict(change) for change in changes]
        total.add(*_columns(rows), [change.times for change in changes])
    user_ids = list(total.rows)
    left = np.flatnonzero(total.images[: len(user_ids)])
    return [user_ids[row] for row in left.tolist()], total.images[left], total.sums[left]


def _columns(rows: Sequence[Document]) -> tuple[list[str], list[bytes], list[int]]:
    return (
        [row["user_id"] for row in rows],
        [row["histogram"] for row in rows],
        [row["pixels"] for row in rows],
    )
