"""Finds users by the similarity of their mean histograms, up to the last acknowledged write."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import pymongo
from pymongo.client_session import ClientSession

from domain.errors.access import NotFound
from domain.histograms.nearest import Nearest, Neighbour
from domain.histograms.signatures import Sums, mean_shares
from domain.histograms.similarity import Floats, Metric, distances, rounding_bounds
from domain.images.values import BINS
from domain.tenants import is_in_tenant
from storage.aggregates.pending import read_pending_histograms
from storage.aggregates.signatures import SignatureChange, add_changes, read_signatures
from storage.histograms.signatures_since import sum_since
from storage.histograms.user_vectors import UserVectors, to_vectors
from storage.histograms.vector_table import Slots, VectorTable
from storage.mongo.client import Client, Database, batched
from storage.mongo.snapshots import read_snapshot_in_thread
from storage.mongo.threads import PlainDatabase
from storage.queue.fair_turns import FairTurns
from storage.settings import SimilaritySettings

LONGEST_SECONDS = 280.0
"""Time limit of an answer, the first of which reads all signatures. It is a little shorter than
the time that MongoDB keeps a snapshot by default."""
PART = 1_000
"""Users whose exact distances are computed at once."""
SHARE_ERROR = 2.5e-7
"""Largest relative error of a share whose square root was rounded to float32."""

Changes = dict[str, SignatureChange]
Read = Callable[[PlainDatabase, ClientSession], list[Neighbour]]


class SimilarUsers:
    """Finds similar users.

    The table of users is read at the first question in each process, and follows from then on.
    """

    def __init__(self, client: Client, database: Database, settings: SimilaritySettings) -> None:
        self._client = client
        self._database = database
        self._max_images = settings.similar_max_images
        self._vectors = UserVectors()
        self._turns = FairTurns(1)

    async def find(
        self, user_id: str, count: int, metric: Metric, tenant: str | None = None
    ) -> list[Neighbour]:
        """Find the users nearest to one, among those of a tenant; ties are ordered by user ID.

        See :mod:`domain.tenants`.

        Raises:
            NotFound: The user has no image with a histogram.
        """

        def read(database: PlainDatabase, session: ClientSession) -> list[Neighbour]:
            return self._find(database, session, user_id, count, metric, tenant)

        return await self._ask(read)

    async def find_since(
        self,
        user_id: str,
        count: int,
        metric: Metric,
        since: datetime,
        tenant: str | None = None,
    ) -> list[Neighbour]:
        """Find the users nearest to one by their images uploaded since a time; reads them all.

        Raises:
            NotFound: The user has uploaded no image with a histogram since then.
            TooManyImages: More images were uploaded since then than may be read.
        """

        def read(database: PlainDatabase, session: ClientSession) -> list[Neighbour]:
            user_ids, images, sums = sum_since(database, session, since, self._max_images)
            if user_id not in user_ids:
                raise NotFound("The user has no image with a histogram since this time.")
            row = user_ids.index(user_id)
            asked = mean_shares(sums[row], int(images[row]))
            nearest = Nearest(count + 1)  # The user is among them.
            if tenant is not None:
                kept = [n for n, one in enumerate(user_ids) if is_in_tenant(one, tenant)]
                user_ids, images, sums = [user_ids[n] for n in kept], images[kept], sums[kept]
            for start in range(0, len(user_ids), PART):
                part = slice(start, start + PART)
                shares = mean_shares(sums[part], images[part, np.newaxis])
                nearest.add(user_ids[part], distances(metric, asked, shares))
            return [one for one in nearest.list() if one.id != user_id][:count]

        return await self._ask(read)

    async def _ask(self, read: Read) -> list[Neighbour]:
        async def ask() -> list[Neighbour]:
            with pymongo.timeout(LONGEST_SECONDS):
                return await read_snapshot_in_thread(self._client, self._database, read)

        return await self._turns.run(ask)  # One question takes a core, and memory.

    def _find(
        self,
        database: PlainDatabase,
        session: ClientSession,
        user_id: str,
        count: int,
        metric: Metric,
        tenant: str | None,
    ) -> list[Neighbour]:
        self._vectors.follow(database, session)
        changes = add_changes(read_pending_histograms(database, session))
        found, shares = _read_shares(database, session, [user_id], changes)
        if not found:
            raise NotFound("The user has no image with a histogram.")
        # The table has the others with pending changes where they were before.
        others = [other for other in changes if other != user_id]
        without = self._vectors.slots_of([user_id, *others])
        if tenant is not None:
            others = [other for other in others if is_in_tenant(other, tenant)]
            without = np.union1d(without, self._vectors.slots_outside(tenant))
        slots = _find_candidates(self._vectors.table, metric, shares[0], count, without)
        nearest = Nearest(count)
        for part in batched([*self._vectors.users_at(slots), *others], PART):
            ids, of_part = _read_shares(database, session, part, changes)
            nearest.add(ids, distances(metric, shares[0], of_part))
        return nearest.list()


def _read_shares(
    database: PlainDatabase, session: ClientSession, user_ids: Sequence[str], changes: Changes
) -> tuple[list[str], Floats]:
    """Read the mean histograms of users with pending changes; users without any are left out."""
    stored = read_signatures(database, session, user_ids)
    rows = {user_id: row for row, user_id in enumerate(stored.user_ids)}
    ids: list[str] = []
    images: list[int] = []
    sums: list[Sums] = []
    for user_id in user_ids:
        row, change = rows.get(user_id), changes.get(user_id)
        now = (0 if row is None else int(stored.images[row])) + (change.images if change else 0)
        if now:
            before = np.zeros(BINS, np.int64) if row is None else stored.sums[row]
            ids.append(user_id)
            images.append(now)
            sums.append(before + change.sums if change else before)
    summed = np.array(sums, np.int64).reshape(-1, BINS)
    return ids, mean_shares(summed, np.array(images, np.int64)[:, np.newaxis])


def _find_candidates(
    table: VectorTable, metric: Metric, shares: Floats, count: int, without: Slots
) -> Slots:
    if metric is Metric.HELLINGER:
        return table.find_nearest(to_vectors(shares), count, without)
    slots, apart, bounds = _scan(table, metric, shares)
    stay = ~np.isin(slots, without)
    slots, apart, bounds = slots[stay], apart[stay], bounds[stay]
    if len(slots) <= count:
        return slots
    # At least ``count`` users are this near for certain; the nearest can be no farther.
    farthest = np.partition(apart + bounds, count - 1)[count - 1]
    found: Slots = slots[apart - bounds <= farthest]
    return found


def _scan(table: VectorTable, metric: Metric, shares: Floats) -> tuple[Slots, Floats, Floats]:
    """Compute the distances of all vectors, and bounds of their errors."""
    slots: list[Slots] = [np.empty(0, np.int64)]
    apart: list[Floats] = [np.empty(0)]
    bounds: list[Floats] = [np.empty(0)]
    for part, vectors in table.parts():
        of_part = np.square(vectors, dtype=np.float64)
        slots.append(part)
        apart.append(distances(metric, shares, of_part))
        bounds.append(rounding_bounds(metric, of_part, SHARE_ERROR))
    return np.concatenate(slots), np.concatenate(apart), np.concatenate(bounds)
