"""Prometheus counters of images and jobs that end, as the ledger records them."""

from prometheus_client import CollectorRegistry, Counter, Histogram

from domain.jobs import Status
from storage.clock import made_at, utc_now

JOB_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)


class WorkMetrics:
    """Counts the images and jobs that end. One for each process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._images = Counter(
            "minilab_images_finished",
            "Images that ended, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self._jobs = Counter(
            "minilab_jobs_finished",
            "Jobs that ended, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        self._job_seconds = Histogram(
            "minilab_job_duration_seconds",
            "Time from the ticket to the end of a job.",
            buckets=JOB_SECONDS,
            registry=self.registry,
        )

    def images_ended(self, status: Status, images: int = 1) -> None:
        """Count images that ended."""
        self._images.labels(status.value).inc(images)

    def job_ended(self, job_id: str, status: Status) -> None:
        """Count a job that ended now."""
        self._jobs.labels(status.value).inc()
        seconds = (utc_now() - made_at(job_id)).total_seconds()
        # The clock of the host that made the ID may be ahead.
        self._job_seconds.observe(max(0.0, seconds))
