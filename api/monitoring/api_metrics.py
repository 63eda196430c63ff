"""Metrics of one API process."""

from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.admission.admission import ADMITTED, Admission
from api.jobs.listeners import Listeners
from domain.jobs import TERMINAL
from domain.records import Item, Job
from domain.version import VERSION
from sandbox.child_metrics import ChildMetrics
from sandbox.pool import ChildPool
from storage.acceptance.uploads import Upload
from storage.ledger.work_metrics import WorkMetrics

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Up to a minute: `Prefer: wait` delays responses, and slow clients upload slowly."""


class ApiMetrics:
    """Counts what one API process does."""

    def __init__(self, pool: ChildPool, admission: Admission, work: WorkMetrics) -> None:
        self._work = work
        self.registry = own = CollectorRegistry()
        own.register(ChildMetrics(pool))
        own.register(AdmissionMetrics(admission))
        ProcessCollector(registry=own)
        version = Gauge("minilab_build_info", "The running version.", ["version"], registry=own)
        version.labels(VERSION).set(1)
        labels = ["method", "route", "status"]
        self._requests = Counter(
            "minilab_http_requests", "Finished requests.", labels, registry=own
        )
        self._seconds = Histogram(
            "minilab_http_request_duration_seconds",
            "Time from a request to the end of its response.",
            ["method", "route"],
            buckets=REQUEST_SECONDS,
            registry=own,
        )
        self.in_progress = Gauge(
            "minilab_http_requests_in_progress", "Requests in progress.", registry=own
        )
        self._files = Counter(
            "minilab_upload_files", "Files of uploads, by outcome.", ["outcome"], registry=own
        )
        self._bytes = Counter("minilab_upload_bytes", "Bytes of accepted files.", registry=own)
        self._resumable = Counter(
            "minilab_resumable_uploads",
            "Resumable uploads that were created, finished and deleted by clients.",
            ["event"],
            registry=own,
        )
        self._resumable_bytes = Counter(
            "minilab_resumable_bytes", "Bytes that resumable uploads have kept.", registry=own
        )

    def watch_listeners(self, listeners: Listeners) -> None:
        """Measure the open event streams and the held answers."""
        gauge = Gauge(
            "minilab_listeners", "Open event streams and held answers.", registry=self.registry
        )
        gauge.set_function(lambda: listeners.count)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; ``route`` is its path template."""
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._seconds.labels(method, route).observe(seconds)

    def resumable(self, event: str) -> None:
        """Count a resumable upload that was ``created``, ``finished`` or ``deleted``."""
        self._resumable.labels(event).inc()

    def resumable_bytes(self, size_bytes: int) -> None:
        """Count bytes that a request has added to a resumable upload."""
        self._resumable_bytes.inc(size_bytes)

    def took_in(self, upload: Upload, job: Job, items: Sequence[Item]) -> None:
        """Count the files of an accepted upload."""
        if job.status in TERMINAL:  # All of its files were refused.
            self._work.job_ended(job.id, job.status)
        taken = {item.index for item in items if item.image_id is not None}
        self._files.labels("taken").inc(len(taken))
        self._files.labels("refused").inc(sum(item.error is not None for item in items))
        sizes = (file.staged.size_bytes for file in upload.taken if file.index in taken)
        self._bytes.inc(sum(sizes))


class AdmissionMetrics(Collector):
    """Metrics of admission decisions, uploads in progress, and free disk space."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics."""
        decisions = CounterMetricFamily(
            "minilab_admission_decisions",
            "Uploads by decision, made before the body is read; refusals by code.",
            labels=["decision", "code"],
        )
        decided = {ADMITTED: 0} | self._admission.decisions
        for decision, count in decided.items():
            decisions.add_metric(decision, count)
        yield decisions
        yield GaugeMetricFamily(
            "minilab_uploads_in_progress",
            "Uploads in progress; small ones count in part.",
            self._admission.slots.used,
        )
        free_bytes = self._admission.watch.load.free_disk_bytes
        if free_bytes is not None:
            yield GaugeMetricFamily(
                "minilab_disk_free_bytes", "Free space on MongoDB's disk.", free_bytes
            )
