"""Prometheus metrics of a deliverer."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)
WAITS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)


class DeliveryMetrics:
    """Metrics of one deliverer; no label names a receiver.

    Attributes:
        registry: The registry of these metrics.
        in_flight: Number of running attempts.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._attempts = Counter(
            "minilab_webhook_attempts",
            "Attempts to deliver an event, by outcome: delivered, slow_down, gone, failed (another "
            "status), or the reason for no answer.",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "minilab_webhook_attempt_duration_seconds",
            "Duration of an attempt, from the name lookup to the answer.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._waits = Histogram(
            "minilab_webhook_wait_seconds",
            "Time from the creation of a delivery to its success.",
            buckets=WAITS,
            registry=self.registry,
        )
        self._disabled = Counter(
            "minilab_webhooks_disabled",
            "Disabled endpoints, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self._backlog = Gauge(
            "minilab_webhook_backlog_age_seconds",
            "Time for which the oldest due delivery has been due.",
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "minilab_webhook_attempts_in_progress",
            "Running attempts.",
            registry=self.registry,
        )

    def count_attempt(self, outcome: str, seconds: float) -> None:
        """Count an attempt."""
        self._attempts.labels(outcome).inc()
        self._seconds.observe(seconds)

    def count_delivery(self, created_at: datetime, now: datetime) -> None:
        """Count a delivery that succeeded."""
        self._waits.observe(max(0.0, (now - created_at).total_seconds()))

    def count_disabled(self, reason: str) -> None:
        """Count a disabled endpoint."""
        self._disabled.labels(reason).inc()

    def record_backlog(self, oldest: datetime | None, now: datetime) -> None:
        """Record for how long the oldest due delivery has been due.

        Args:
            oldest: When it became due, UTC; None if nothing is due.
            now: The current time, UTC.
        """
        self._backlog.set((now - oldest).total_seconds() if oldest is not None else 0.0)
