"""The page that Prometheus reads: this process, the live workers, and the queue."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.monitoring.readiness import check_mongodb, check_redis
from storage.aggregates.statistics import Pending
from storage.backlog.queue_state import QueueReader, QueueState
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.stores import Stores
from telemetry.prometheus import Page

READ_SECONDS = 2.0
"""MongoDB is asked no more often than this, however often the page is."""
LONGEST_READ_SECONDS = 3.0
UNREADABLE: tuple[type[Exception], ...] = (*STORE_FAILED, TimeoutError)

_log = structlog.get_logger(__name__)


class Reading(msgspec.Struct, frozen=True):
    """What the stores said.

    Attributes:
        up: By part, whether it answers.
        workers: By live worker, what it packed.
        queue: None where MongoDB could not say.
        pending: What the statistics do not hold yet; None where MongoDB could not say.
    """

    up: dict[str, bool]
    workers: dict[str, bytes] = {}
    queue: QueueState | None = None
    pending: Pending | None = None


class ServiceMetrics:
    """Makes the page.

    Args:
        own: What this process counts.
        stores: Where the rest is.
    """

    def __init__(self, own: CollectorRegistry, stores: Stores) -> None:
        self._own = own
        self._stores = stores
        self._queue = QueueReader(stores.database)
        self._reading = Reading(up={})
        self._read_at = -math.inf
        self._one_reads = asyncio.Lock()

    async def page(self) -> Page:
        """Gather all families; those that cannot be read now are left out."""
        async with self._one_reads:
            if time.monotonic() - self._read_at > READ_SECONDS:
                self._reading = await self._read()
                self._read_at = time.monotonic()
        state = CollectorRegistry(auto_describe=False)
        state.register(StateMetrics(self._reading))
        registries = [self._own, self._stores.metrics.registry, state]
        return Page(registries, self._reading.workers)

    async def _read(self) -> Reading:
        mongodb, redis = await asyncio.gather(
            check_mongodb(self._stores), check_redis(self._stores)
        )
        up = {"mongodb": mongodb, "redis": redis}
        if not mongodb:
            return Reading(up)
        now = utc_now()
        try:
            async with asyncio.timeout(LONGEST_READ_SECONDS):
                workers = await self._stores.workers.metrics(now)
                workers |= await self._stores.deliverers.metrics(now)
                queue = await self._queue.read(now)
                return Reading(up, workers, queue, await self._stores.statistics.look(now))
        except UNREADABLE as error:
            _log.warning("metrics_incomplete", reason=type(error).__name__)
            return Reading(up)


class StateMetrics(Collector):
    """How the service stands.

    Args:
        reading: What the stores said.
    """

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        """Give the families."""
        up = GaugeMetricFamily("minilab_up", "Whether a part answers.", labels=["part"])
        for part, answers in self._reading.up.items():
            up.add_metric([part], answers)
        yield up
        queue = self._reading.queue
        if queue is not None:
            yield GaugeMetricFamily(
                "minilab_workers", "Workers that live.", len(self._reading.workers)
            )
            yield from _queue_families(queue)
        pending = self._reading.pending
        if pending is not None:
            yield from _statistics_families(pending)


def _queue_families(queue: QueueState) -> Iterator[Metric]:
    labels = ["role", "backlog"]
    images = GaugeMetricFamily(
        "minilab_queue_images", "Images that have not ended, by class of tenants.", labels=labels
    )
    tenants = GaugeMetricFamily(
        "minilab_queue_tenants", "Tenants with images that have not ended.", labels=labels
    )
    oldest = GaugeMetricFamily(
        "minilab_queue_oldest_seconds",
        "How long the oldest job has waited of which not all has begun.",
        labels=labels,
    )
    for kind, waiting in queue.waiting.items():
        values = [kind.role, kind.backlog]
        images.add_metric(values, waiting.images)
        tenants.add_metric(values, waiting.tenants)
        oldest.add_metric(values, waiting.oldest_seconds)
    yield from (images, tenants, oldest)
    yield GaugeMetricFamily("minilab_jobs_open", "Jobs that have not ended.", queue.jobs)
    yield GaugeMetricFamily(
        "minilab_reconciler_lag_seconds",
        "By how long the oldest work that nobody looks after is overdue.",
        queue.overdue_seconds,
    )
    yield GaugeMetricFamily(
        "minilab_dead_letters",
        "Images that were given up and wait for a decision.",
        queue.dead_letters,
    )


def _statistics_families(pending: Pending) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "minilab_statistics_unfolded_images",
        "Images that reads of the statistics add to what is stored; much of it makes them slow.",
        pending.images,
    )
    yield GaugeMetricFamily(
        "minilab_statistics_lag_seconds",
        "For how long the image has waited to be folded in that ended first.",
        pending.lag_seconds,
    )


def choose_format(accept: str) -> tuple[Callable[[Page], bytes], str]:
    """Choose how to write the page.

    Args:
        accept: The header of that name.

    Returns:
        What writes it, and its media type; the plain text format where nothing else is asked for.
    """
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):  # It asks for a version that is no number.
        return choose_encoder("")
