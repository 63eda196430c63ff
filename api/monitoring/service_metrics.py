"""The metrics of the service: this process, the live workers, and the queue."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.monitoring.readiness import check_servers
from domain.learning.models import Model
from storage.aggregates.statistics import Pending
from storage.backlog.queue_state import QueueState
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.stores import Stores
from telemetry.prometheus import MetricsPage

READ_SECONDS = 2.0
"""Least time between two reads of the stores, whatever the number of scrapes."""
MAX_READ_SECONDS = 3.0
UNREADABLE: tuple[type[Exception], ...] = (*STORE_FAILED, TimeoutError)

_log = structlog.get_logger(__name__)


class Reading(msgspec.Struct, frozen=True):
    """What was read from the stores; the defaults stand for what could not be read."""

    up: dict[str, bool]
    """Whether MongoDB and Redis answer, by name."""
    workers: dict[str, bytes] = {}
    """The packed metrics of each live worker."""
    deliverers: dict[str, bytes] = {}
    """The packed metrics of each live deliverer."""
    learners: dict[str, bytes] = {}
    """The packed metrics of each live learner."""
    queue: QueueState | None = None
    pending: Pending | None = None
    models: Sequence[Model] = ()
    """The live models."""
    stale: Mapping[str, int] = {}
    """Number of stale predictions by task."""


class ServiceMetrics:
    """Collects the metrics of the service."""

    def __init__(self, own: CollectorRegistry, stores: Stores, *, learning: bool) -> None:
        self._own = own
        self._learns = learning
        self._stores = stores
        self._reading = Reading(up={})
        self._read_at = -math.inf
        self._reading_lock = asyncio.Lock()

    async def page(self) -> MetricsPage:
        """Collect all metrics; those that cannot be read now are left out."""
        async with self._reading_lock:
            if time.monotonic() - self._read_at > READ_SECONDS:
                self._reading = await self._read()
                self._read_at = time.monotonic()
        state = CollectorRegistry(auto_describe=False)
        state.register(StateMetrics(self._reading, learning=self._learns))
        registries = [self._own, self._stores.metrics.registry, state]
        reading = self._reading
        return MetricsPage(registries, reading.workers | reading.deliverers | reading.learners)

    async def _read(self) -> Reading:
        up = await check_servers(self._stores)
        if not up["mongodb"]:
            return Reading(up)
        now = utc_now()
        try:
            async with asyncio.timeout(MAX_READ_SECONDS):
                workers = await self._stores.workers.metrics(now)
                deliverers = await self._stores.deliverers.metrics(now)
                learners = await self._stores.learners.metrics(now)
                queue = await self._stores.load.read_queue()
                pending = await self._stores.statistics.look(now)
                models = await self._stores.models.live()
                live = {model.task: model.version for model in models}
                stale = await self._stores.predictions.count_stale(live)
                return Reading(up, workers, deliverers, learners, queue, pending, models, stale)
        except UNREADABLE as error:
            _log.warning("metrics_incomplete", reason=type(error).__name__)
            return Reading(up)


class StateMetrics(Collector):
    """Metrics of what was read from the stores."""

    def __init__(self, reading: Reading, *, learning: bool) -> None:
        self._reading = reading
        self._learns = learning

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        up = GaugeMetricFamily("minilab_up", "Whether a part answers.", labels=["part"])
        for part, answers in self._reading.up.items():
            up.add_metric([part], answers)
        yield up
        if self._reading.queue is not None:
            workers = len(self._reading.workers)
            yield GaugeMetricFamily("minilab_workers", "Live workers.", workers)
            deliverers = len(self._reading.deliverers)
            yield GaugeMetricFamily("minilab_deliverers", "Live deliverers.", deliverers)
            if self._learns:
                learners = len(self._reading.learners)
                yield GaugeMetricFamily("minilab_learners", "Live learners.", learners)
            yield from _queue_metrics(self._reading.queue)
        if self._reading.pending is not None:
            yield from _statistics_metrics(self._reading.pending)
        if self._reading.models:
            yield from _model_metrics(self._reading.models, self._reading.stale)


def _queue_metrics(queue: QueueState) -> Iterator[Metric]:
    texts = {
        "minilab_queue_images": "Unfinished images, by class of tenants.",
        "minilab_queue_tenants": "Tenants with unfinished images.",
        "minilab_queue_oldest_seconds": "Waiting time of the oldest job with unstarted images.",
    }
    families = [
        GaugeMetricFamily(name, text, labels=["role", "backlog"]) for name, text in texts.items()
    ]
    for kind, waiting in queue.waiting:
        values = (waiting.images, waiting.tenants, waiting.oldest_seconds)
        for family, value in zip(families, values, strict=True):
            family.add_metric([kind.role, kind.backlog], value)
    yield from families
    yield GaugeMetricFamily("minilab_jobs_open", "Unfinished jobs.", queue.jobs)
    yield GaugeMetricFamily(
        "minilab_reconciler_lag_seconds",
        "Time since the oldest abandoned work became due.",
        queue.overdue_seconds,
    )
    yield GaugeMetricFamily(
        "minilab_dead_letters",
        "Images that were given up and await a decision.",
        queue.dead_letters,
    )


def _model_metrics(models: Sequence[Model], stale: Mapping[str, int]) -> Iterator[Metric]:
    psi = GaugeMetricFamily(
        "minilab_model_psi",
        "Population stability index against the training, of features or predicted classes.",
        labels=["task", "of"],
    )
    accuracy = GaugeMetricFamily(
        "minilab_model_accuracy",
        "Share of right predictions: on the hold-out, and on labels of the last seven days.",
        labels=["task", "on"],
    )
    late = GaugeMetricFamily(
        "minilab_predictions_stale",
        "Images predicted by a version that is not live.",
        labels=["task"],
    )
    for model in models:
        late.add_metric([model.task], stale.get(model.task, 0))
        last = model.watched[-1] if model.watched else None
        values: list[tuple[GaugeMetricFamily, str, float | None]] = [
            (psi, "features", last.feature_psi if last else None),
            (psi, "classes", last.class_psi if last else None),
            (accuracy, "holdout", model.metrics.accuracy if model.metrics else None),
            (accuracy, "labels", last.accuracy if last else None),
        ]
        for family, of, value in values:
            if value is not None:
                family.add_metric([model.task, of], value)
    yield from (psi, accuracy, late)


def _statistics_metrics(pending: Pending) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "minilab_statistics_unfolded_images",
        "Images not yet aggregated, which each read of the statistics adds; many make it slow.",
        pending.images,
    )
    yield GaugeMetricFamily(
        "minilab_statistics_lag_seconds",
        "Time since the first image ended that is not yet aggregated.",
        pending.lag_seconds,
    )


def choose_format(accept: str) -> tuple[Callable[[MetricsPage], bytes], str]:
    """Choose the encoder and its media type by Accept; the Prometheus text format by default."""
    try:
        return choose_encoder(accept)
    except (TypeError, ValueError):  # The header asks for a version that is not a number.
        return choose_encoder("")
