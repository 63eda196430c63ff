"""What a deliverer counts."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)
WAITS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)


class DeliveryMetrics:
    """What one deliverer counts. Nothing names a receiver.

    Attributes:
        registry: Holds the families.
        in_flight: Attempts that are being made.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._attempts = Counter(
            "minilab_webhook_attempts",
            "Attempts to deliver an event, by what came of them: delivered, slow_down, gone, "
            "failed (with another status), or why no answer came.",
            ["outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "minilab_webhook_attempt_duration_seconds",
            "Time of an attempt, from the name to the answer.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._waits = Histogram(
            "minilab_webhook_wait_seconds",
            "From the making of a delivery to its arrival.",
            buckets=WAITS,
            registry=self.registry,
        )
        self._disabled = Counter(
            "minilab_webhooks_disabled",
            "Endpoints that were disabled, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self._backlog = Gauge(
            "minilab_webhook_backlog_age_seconds",
            "How long the oldest delivery is overdue.",
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "minilab_webhook_attempts_in_progress",
            "Attempts that are being made.",
            registry=self.registry,
        )

    def attempted(self, outcome: str, seconds: float) -> None:
        """Count an attempt."""
        self._attempts.labels(outcome).inc()
        self._seconds.observe(seconds)

    def arrived(self, created_at: datetime, now: datetime) -> None:
        """Count a delivery that has arrived."""
        self._waits.observe(max(0.0, (now - created_at).total_seconds()))

    def disabled(self, reason: str) -> None:
        """Count an endpoint that was disabled."""
        self._disabled.labels(reason).inc()

    def looked(self, oldest: datetime | None, now: datetime) -> None:
        """Take down how old the backlog is."""
        self._backlog.set((now - oldest).total_seconds() if oldest is not None else 0.0)
