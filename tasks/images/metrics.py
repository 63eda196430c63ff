"""Prometheus metrics of a worker."""

from collections import Counter as Sums
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from sandbox.child_metrics import ChildMetrics
from sandbox.pool import ChildPool
from tasks.images.image_batch import Outcome

STEP_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class WorkerMetrics:
    """The metrics of one worker and of its child processes."""

    def __init__(self, pool: ChildPool) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(ChildMetrics(pool))
        ProcessCollector(registry=self.registry)
        self._seconds = Histogram(
            "minilab_operation_duration_seconds",
            "Duration of each operation on an image; decode comes before all others.",
            ["operation"],
            buckets=STEP_SECONDS,
            registry=self.registry,
        )
        self._failures = Counter(
            "minilab_operation_failures",
            "Operations that failed on images that could be decoded.",
            ["operation", "code"],
            registry=self.registry,
        )
        self._refusals = Counter(
            "minilab_image_failures",
            "Images that failed as a whole, by code of the error.",
            ["code"],
            registry=self.registry,
        )
        self._hinted_again = Counter(
            "minilab_chunks_hinted_again",
            "Chunks that the reconciler sent to the queue again.",
            registry=self.registry,
        )
        self._reconciled = Gauge(
            "minilab_reconciler_last_run_timestamp_seconds",
            "Time of the last complete run of the reconciler.",
            registry=self.registry,
        )
        self._folded = Counter(
            "minilab_statistics_folded",
            "Changes of images that this worker added to the statistics.",
            registry=self.registry,
        )
        self.chunks = Gauge(
            "minilab_chunks_in_progress",
            "Chunks in progress.",
            registry=self.registry,
        )

    def ran(self, outcomes: Sequence[Outcome]) -> None:
        """Count the outcomes of a child."""
        for outcome in outcomes:
            seconds = Sums[str]()
            for step in outcome.steps:
                seconds[step.name] += step.seconds  # type: ignore[assignment]
            for operation, taken in seconds.items():
                self._seconds.labels(operation).observe(taken)
            if outcome.error is not None:
                self._refusals.labels(outcome.error.code).inc()
            elif outcome.processed is not None:
                for operation, code in outcome.processed.errors.items():
                    self._failures.labels(operation, code).inc()

    def folded(self, count: int) -> None:
        """Count changes that were added to the statistics."""
        self._folded.inc(count)

    def reconciled(self, hinted: int) -> None:
        """Count a run of the reconciler, and the chunks that it sent."""
        self._hinted_again.inc(hinted)
        self._reconciled.set_to_current_time()
