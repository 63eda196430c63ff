"""Exact median histograms of a period over all users, stored until a histogram of it changes."""

import threading
from contextlib import suppress

import msgspec
import numpy as np
import pymongo
from bson import Binary
from pymongo import ASCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from domain.errors.capacity import Unavailable
from domain.histograms.medians import Median
from domain.histograms.signatures import read_counts
from domain.tenants import NO_TENANT, is_in_tenant
from storage.aggregates.histogram_batches import read_histograms
from storage.aggregates.pending import HistogramChange, read_pending_histograms
from storage.aggregates.signatures import newest_change
from storage.clock import utc_now
from storage.histograms.periods import Period
from storage.histograms.single_flight import SingleFlight
from storage.histograms.spool import HistogramSpool
from storage.histograms.tenant_images import HAS_TENANT, read_mask
from storage.mongo.client import DURABLE, Client, Database
from storage.mongo.snapshots import read_snapshot_in_thread
from storage.mongo.threads import PlainDatabase

MEDIANS = "medians"
KEPT_SECONDS = 30 * 24 * 3600
MEDIAN_INDEXES = {
    MEDIANS: [IndexModel([("computed_at", ASCENDING)], expireAfterSeconds=KEPT_SECONDS)],
}
MAX_SECONDS = 120.0


class _Asked(msgspec.Struct, frozen=True):
    """A period, and the tenant whose images count."""

    period: Period
    tenant: str | None

    @property
    def name(self) -> str:
        """The ID of the stored median."""
        of_tenant = "" if self.tenant is None else f" {self.tenant}"
        return self.period.name + of_tenant


class _Found(msgspec.Struct, frozen=True):
    """A median, with the newest revision in its period; final if no change of it was pending."""

    median: Median
    revision: int
    is_final: bool


class Medians:
    """Computes medians, up to the last acknowledged write."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._medians = database.get_collection(MEDIANS, write_concern=DURABLE)
        self._lookups = SingleFlight[Median | None]()
        self._computations = SingleFlight[Median]()
        self._closing = threading.Event()

    async def read(self, period: Period, tenant: str | None = None) -> Median:
        """Return the median of all images that were uploaded in a period and have a histogram.

        With a tenant, of those of its users; see :mod:`domain.tenants`.

        Raises:
            Unavailable: The disk for temporary files is full, or :meth:`close` was called.
            PyMongoError: MongoDB cannot be reached, or the time limit was over.
        """
        if tenant == NO_TENANT and not await self._has_tenants():
            tenant = None
        asked = _Asked(period, tenant)
        kept = await self._lookups.run(asked.name, lambda: self._find_stored(asked))
        return kept or await self._computations.run(asked.name, lambda: self._compute_once(asked))

    async def close(self) -> None:
        """Cancel running computations."""
        self._closing.set()
        await self._lookups.close()
        await self._computations.close()

    async def _has_tenants(self) -> bool:
        return await self._database["images"].find_one(HAS_TENANT, {"_id": 1}) is not None

    async def _find_stored(self, asked: _Asked) -> Median | None:
        period = asked.period

        def find(database: PlainDatabase, session: ClientSession) -> Median | None:
            kept = database[MEDIANS].find_one({"_id": asked.name}, session=session)
            newest = newest_change(database, session, *period.quarters)
            if kept is None or kept["revision"] != newest:
                return None
            if _read_changes(asked, database, session):
                return None
            return Median(kept["images"], np.frombuffer(kept["bins"], "<f8").tolist())

        return await read_snapshot_in_thread(self._client, self._database, find)

    async def _compute_once(self, asked: _Asked) -> Median:
        if kept := await self._find_stored(asked):  # Another caller has stored it.
            return kept
        with pymongo.timeout(MAX_SECONDS):
            found = await read_snapshot_in_thread(
                self._client,
                self._database,
                lambda database, session: self._compute(asked, database, session),
            )
        if found.is_final:
            document = {
                "revision": found.revision,
                "images": found.median.images,
                "bins": Binary(np.array(found.median.bins, "<f8").tobytes()),
                "computed_at": utc_now(),
            }
            with suppress(DuplicateKeyError):  # Another process has stored it.
                await self._medians.replace_one({"_id": asked.name}, document, upsert=True)
        return found.median

    def _compute(self, asked: _Asked, database: PlainDatabase, session: ClientSession) -> _Found:
        """Read all histograms of a period once, in batches, and select the medians."""
        period = asked.period
        changes = _read_changes(asked, database, session)
        mask = read_mask(database, session, asked.tenant, *period.ids)
        gone = np.array([change.image_id for change in changes if change.times < 0], "S36")
        with HistogramSpool() as spool:
            for batch in read_histograms(database, session, *period.ids):
                if self._closing.is_set():
                    raise Unavailable
                counts = period.holds(batch.uploaded_at)
                if len(gone):
                    counts &= ~np.isin(batch.ids, gone)
                if mask is not None:
                    counts &= mask(batch.ids)
                spool.add(batch.counts[counts], batch.pixels[counts])
            new = [change for change in changes if change.times > 0]
            spool.add(
                read_counts([change.histogram for change in new]),
                np.array([change.pixels for change in new], np.int64),
            )
            median = Median(spool.images, spool.medians().tolist())
        revision = newest_change(database, session, *period.quarters)
        return _Found(median, revision, is_final=not changes)


def _read_changes(
    asked: _Asked, database: PlainDatabase, session: ClientSession
) -> list[HistogramChange]:
    period = asked.period
    near = read_pending_histograms(database, session, *period.ids)
    return [
        change
        for change in near
        if period.start <= change.uploaded_at < period.end
        and is_in_tenant(change.user_id, asked.tenant)
    ]
