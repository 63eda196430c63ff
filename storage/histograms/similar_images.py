"""Finds images by the similarity of their histograms, up to the last acknowledged write."""

from datetime import datetime

import numpy as np
import pymongo
from pymongo.client_session import ClientSession

from domain.calendar.days import LAST_MOMENT
from domain.errors.access import NotFound
from domain.histograms.nearest import Nearest, Neighbour, SimilarImage
from domain.histograms.signatures import read_counts
from domain.histograms.similarity import Floats, Metric, distances
from domain.tenants import is_in_tenant
from storage.aggregates.contributions import CONTRIBUTIONS
from storage.aggregates.histogram_batches import read_histograms
from storage.aggregates.pending import HistogramChange, read_pending_histograms
from storage.catalog.image_search import EPOCH
from storage.histograms.periods import Period
from storage.histograms.tenant_images import read_mask
from storage.mongo.client import Client, Database
from storage.mongo.snapshots import read_snapshot_in_thread
from storage.mongo.threads import PlainDatabase
from storage.queue.fair_turns import FairTurns
from storage.settings import SimilaritySettings

LONGEST_SECONDS = 120.0
PART = 1_000


class SimilarImages:
    """Compares an image with the newest images."""

    def __init__(self, client: Client, database: Database, settings: SimilaritySettings) -> None:
        self._client = client
        self._database = database
        self._most = settings.similar_max_images
        self._turns = FairTurns(1)

    async def find(
        self,
        image_id: str,
        count: int,
        metric: Metric,
        since: datetime | None = None,
        tenant: str | None = None,
    ) -> tuple[list[SimilarImage], int]:
        """Find the images nearest to one, among all or those uploaded since a time (UTC).

        With a tenant, among those of its users; see :mod:`domain.tenants`.

        Returns:
            Nearest images first, ties ordered by ID; and the number of images compared.

        Raises:
            NotFound: The image has no histogram.
        """

        def read(database: PlainDatabase, session: ClientSession) -> tuple[list[SimilarImage], int]:
            nearest, compared = _compare(
                database, session, image_id, count, metric, since or EPOCH, self._most, tenant
            )
            return _name_users(database, session, nearest), compared

        async def ask() -> tuple[list[SimilarImage], int]:
            with pymongo.timeout(LONGEST_SECONDS):
                return await read_snapshot_in_thread(self._client, self._database, read)

        return await self._turns.run(ask)


def _compare(
    database: PlainDatabase,
    session: ClientSession,
    image_id: str,
    count: int,
    metric: Metric,
    since: datetime,
    most: int,
    tenant: str | None,
) -> tuple[list[Neighbour], int]:
    period = Period(since, LAST_MOMENT)
    first_id, after_id = period.ids
    first_id = max(first_id, _find_first(database, session, most))
    changes = read_pending_histograms(database, session)
    asked = _find_shares(database, session, image_id, changes)
    nearest = Nearest(count)
    gone = [change.image_id.encode() for change in changes if change.times < 0]
    gone_or_asked = np.array([*gone, image_id.encode()])
    compared = 0
    mask = read_mask(database, session, tenant, first_id, after_id)
    for batch in read_histograms(database, session, first_id, after_id):
        stay = period.holds(batch.uploaded_at) & ~np.isin(batch.ids, gone_or_asked)
        if mask is not None:
            stay &= mask(batch.ids)
        rows = np.flatnonzero(stay)
        for start in range(0, len(rows), PART):
            part = rows[start : start + PART]
            shares = batch.counts[part] / batch.pixels[part, np.newaxis]
            ids = [stored.decode() for stored in batch.ids[part].tolist()]
            nearest.add(ids, distances(metric, asked, shares))
        compared += len(rows)
    added = [
        change
        for change in changes
        if change.times > 0
        and change.image_id != image_id
        and change.uploaded_at >= since
        and is_in_tenant(change.user_id, tenant)
    ]
    if added:
        counts = read_counts([change.histogram for change in added])
        shares = counts / np.array([[change.pixels] for change in added])
        nearest.add([change.image_id for change in added], distances(metric, asked, shares))
    return nearest.list(), compared + len(added)


def _find_first(database: PlainDatabase, session: ClientSession, most: int) -> str:
    """Return the lowest ID to compare with."""
    contributions = database[CONTRIBUTIONS]
    if contributions.estimated_document_count() <= most:
        return ""
    newest = contributions.find({}, {"_id": 1}, session=session).sort("_id", -1)
    return next((str(found["_id"]) for found in newest.skip(most - 1).limit(1)), "")


def _find_shares(
    database: PlainDatabase,
    session: ClientSession,
    image_id: str,
    changes: list[HistogramChange],
) -> Floats:
    """Read the histogram of an image, pending changes included."""
    own = [change for change in changes if change.image_id == image_id]
    added = [change for change in own if change.times > 0]
    if added:
        packed, pixels = added[0].histogram, added[0].pixels
    else:
        stored = database[CONTRIBUTIONS].find_one(
            {"_id": image_id, "histogram": {"$exists": True}}, session=session
        )
        if stored is None or own:
            raise NotFound("This image has no histogram: it failed, or was not requested.")
        packed, pixels = stored["histogram"], stored["pixels"]
    shares: Floats = read_counts([packed])[0] / pixels
    return shares


def _name_users(
    database: PlainDatabase, session: ClientSession, nearest: list[Neighbour]
) -> list[SimilarImage]:
    found = database["images"].find(
        {"_id": {"$in": [one.id for one in nearest]}}, {"user_id": 1}, session=session
    )
    users = {image["_id"]: image["user_id"] for image in found}
    return [SimilarImage(one.id, users[one.id], one.distance) for one in nearest]
