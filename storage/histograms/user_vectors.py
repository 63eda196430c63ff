"""The signatures of all users in memory, as vectors that can be searched."""

import time
from collections.abc import Sequence

import numpy as np
import structlog
from pymongo.client_session import ClientSession

from domain.histograms.signatures import Shares, mean_shares
from domain.images.values import BINS
from domain.tenants import is_in_tenant
from storage.aggregates.signatures import (
    Signatures,
    can_follow,
    iterate_signatures,
    read_revision,
)
from storage.histograms.vector_table import Slots, Vectors, VectorTable
from storage.mongo.threads import PlainDatabase

_log = structlog.get_logger(__name__)


class UserVectors:
    """A table of users that follows the stored signatures by their revision.

    The vector of a user is the square root of the mean histogram, so Euclidean distances between
    vectors are Hellinger distances × √2.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Drop all vectors; the next :meth:`follow` reads all signatures."""
        self._revision = -1
        self._slots: dict[str, int] = {}
        self._users: list[str] = []
        self._free: list[int] = []
        self.table = VectorTable(BINS)

    def follow(self, database: PlainDatabase, session: ClientSession) -> None:
        """Read the signatures that have changed since the last call; all in the first call.

        If it fails halfway, the next call reads the same again, which changes nothing.
        """
        newest = read_revision(database, session)
        if newest == self._revision:
            return
        began = time.monotonic()
        follows = 0 <= self._revision <= newest and can_follow(database, session, self._revision)
        if not follows:
            self.reset()
        for batch in iterate_signatures(database, session, max(self._revision, 0)):
            self._take(batch)
        self._revision = newest
        if not follows:
            seconds = round(time.monotonic() - began, 3)
            _log.info("user_index_made", users=len(self._slots), seconds=seconds)

    def slots_of(self, user_ids: Sequence[str]) -> Slots:
        """Return the slots of users; users without one are left out."""
        found = (self._slots.get(user_id) for user_id in user_ids)
        return np.array([slot for slot in found if slot is not None], np.int64)

    def slots_outside(self, tenant: str) -> Slots:
        """Return the slots of users that are not of a tenant; see :mod:`domain.tenants`."""
        outside = [slot for user, slot in self._slots.items() if not is_in_tenant(user, tenant)]
        return np.array(outside, np.int64)

    def users_at(self, slots: Slots) -> list[str]:
        """Return the users of slots that are in use."""
        return [self._users[slot] for slot in slots.tolist()]

    def _take(self, batch: Signatures) -> None:
        self._remove(
            [batch.user_ids[number] for number in np.flatnonzero(batch.images == 0).tolist()]
        )
        kept = np.flatnonzero(batch.images)
        if len(kept):
            slots = [self._slot_for(batch.user_ids[number]) for number in kept.tolist()]
            vectors = to_vectors(mean_shares(batch.sums[kept], batch.images[kept, np.newaxis]))
            self.table.put(np.array(slots, np.int64), vectors)

    def _remove(self, user_ids: Sequence[str]) -> None:
        slots = self.slots_of(user_ids)
        self.table.remove(slots)
        self._free += slots.tolist()
        for user_id in user_ids:
            self._slots.pop(user_id, None)

    def _slot_for(self, user_id: str) -> int:
        """Return the slot of a user, a free or new one if the user has none yet."""
        slot = self._slots.get(user_id)
        if slot is None:
            slot = self._free.pop() if self._free else len(self._users)
            if slot == len(self._users):
                self._users.append(user_id)
            self._users[slot] = user_id
            self._slots[user_id] = slot
        return slot


def to_vectors(shares: Shares) -> Vectors:
    """Return the vectors of mean histograms, shape (256,) or (n, 256)."""
    return np.sqrt(shares).astype(np.float32)
