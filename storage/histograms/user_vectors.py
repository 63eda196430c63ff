"""The signatures of all users in memory, as vectors that an index searches."""

import time
from collections.abc import Sequence

import numpy as np
import structlog
from pymongo.client_session import ClientSession

from domain.histograms.signatures import Shares, mean_shares
from domain.histograms.vector_index import Slots, VectorIndex, Vectors
from domain.images.values import BINS
from storage.aggregates.signatures import (
    SIGNATURES,
    Signatures,
    can_follow,
    iterate_signatures,
    read_revision,
)
from storage.mongo.client import PlainDatabase

_log = structlog.get_logger(__name__)

LEAST_APPROXIMATE = 10_000
"""With fewer users there is nothing to gain from an index that looks at a part of them."""
OUTGROWN = 4
"""An index with so many times the users that it was cut for is made anew."""


class UserVectors:
    """Follows the signatures by their revision.

    The vector of a user is the square root of the mean histogram: Euclidean distances between
    such are Hellinger distances × √2.

    Args:
        is_approximate: Whether, of many users, only those that are likely to be near are looked
            at.
    """

    def __init__(self, *, is_approximate: bool) -> None:
        self._is_approximate = is_approximate
        self._revision = -1
        self._expected = 0
        self._slots: dict[str, int] = {}
        self._users: list[str] = []
        self._free: list[int] = []
        self._index: VectorIndex

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def index(self) -> VectorIndex:
        """What searches the vectors; there is one from the first :meth:`follow` on."""
        return self._index

    def rebuild(self) -> None:
        """Forget everything: the next call of :meth:`follow` reads it anew."""
        # FAISS takes 46 MB, which a process need not have where nobody asks.
        from storage.histograms.vector_index import ExactIndex  # noqa: PLC0415

        self._revision = -1
        self._expected = LEAST_APPROXIMATE // OUTGROWN
        self._slots, self._users, self._free = {}, [], []
        self._index = ExactIndex(BINS)

    def follow(self, database: PlainDatabase, session: ClientSession) -> None:
        """Take in what has changed since the last call: all, at the first.

        Where it breaks off, the next call takes the same in again, which changes nothing.

        Args:
            database: Holds the signatures.
            session: The moment that is meant.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        newest = read_revision(database, session)
        if newest == self._revision:
            return
        began, is_new = time.monotonic(), not self._can_follow(database, session, newest)
        if is_new:
            self.rebuild()
            self._prepare(database, session)
        for batch in iterate_signatures(database, session, max(self._revision, 0)):
            self._take(batch)
        self._revision = newest
        if is_new:
            seconds = round(time.monotonic() - began, 3)
            _log.info("user_index_made", users=len(self), seconds=seconds)
        if self._is_approximate and len(self) >= OUTGROWN * self._expected:
            self.rebuild()
            self.follow(database, session)

    def slots_of(self, user_ids: Sequence[str]) -> Slots:
        """Say where users are; those that are nowhere are left out."""
        found = (self._slots.get(user_id) for user_id in user_ids)
        return np.array([slot for slot in found if slot is not None], np.int64)

    def users_at(self, slots: Slots) -> list[str]:
        """Say who is in slots that are taken."""
        return [self._users[slot] for slot in slots.tolist()]

    def _can_follow(self, database: PlainDatabase, session: ClientSession, newest: int) -> bool:
        if not 0 <= self._revision <= newest:
            return False
        return can_follow(database, session, self._revision)

    def _prepare(self, database: PlainDatabase, session: ClientSession) -> None:
        """Choose the index by how many users there are."""
        if not self._is_approximate:
            return
        from storage.histograms.vector_index import (  # noqa: PLC0415
            TRAINED_ON,
            ApproximateIndex,
            count_lists,
        )

        users = database[SIGNATURES].count_documents({}, session=session, hint="_id_")
        lists = count_lists(users)
        self._expected = max(users, self._expected)
        if users < LEAST_APPROXIMATE:
            return
        sample = _draw_vectors(database, TRAINED_ON * lists)
        if len(sample) > lists:
            self._index = ApproximateIndex(sample, users)

    def _take(self, batch: Signatures) -> None:
        self._remove(
            [batch.user_ids[number] for number in np.flatnonzero(batch.images == 0).tolist()]
        )
        kept = np.flatnonzero(batch.images)
        if len(kept):
            slots = [self._settle(batch.user_ids[number]) for number in kept.tolist()]
            vectors = to_vectors(mean_shares(batch.sums[kept], batch.images[kept, np.newaxis]))
            self._index.put(np.array(slots, np.int64), vectors)

    def _remove(self, user_ids: Sequence[str]) -> None:
        slots = self.slots_of(user_ids)
        self._index.remove(slots)
        self._free += slots.tolist()
        for user_id in user_ids:
            self._slots.pop(user_id, None)

    def _settle(self, user_id: str) -> int:
        """Give a user's slot, a new one where there is none yet."""
        slot = self._slots.get(user_id)
        if slot is None:
            slot = self._free.pop() if self._free else len(self._users)
            if slot == len(self._users):
                self._users.append(user_id)
            self._users[slot] = user_id
            self._slots[user_id] = slot
        return slot


def to_vectors(shares: Shares) -> Vectors:
    """Turn mean histograms into what an index searches.

    Args:
        shares: Shape (256,), or (n, 256).
    """
    return np.sqrt(shares).astype(np.float32)


def _draw_vectors(database: PlainDatabase, count: int) -> Vectors:
    """Draw users at random."""
    drawn = database[SIGNATURES].aggregate(
        [{"$sample": {"size": count}}, {"$match": {"images": {"$gt": 0}}}], allowDiskUse=True
    )
    vectors = [
        to_vectors(mean_shares(np.frombuffer(user["sums"], "<i8"), user["images"]))
        for user in drawn
    ]
    return np.array(vectors, np.float32).reshape(-1, BINS)
