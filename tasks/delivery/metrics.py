"""Prometheus metrics of a deliverer."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30)
WAITS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)


class DeliveryMetrics:
    """Metrics of one deliverer; no label names a receiver."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.attempts = Counter(
            "minilab_webhook_attempts",
            "Attempts to deliver an event, by outcome: delivered, slow_down, gone, failed (another "
            "status), or the reason for no answer.",
            ["outcome"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "minilab_webhook_attempt_duration_seconds",
            "Duration of an attempt, from the name lookup to the answer.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.waits = Histogram(
            "minilab_webhook_wait_seconds",
            "Time from the creation of a delivery to its success.",
            buckets=WAITS,
            registry=self.registry,
        )
        self.disabled = Counter(
            "minilab_webhooks_disabled",
            "Disabled endpoints, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.backlog = Gauge(
            "minilab_webhook_backlog_age_seconds",
            "Time for which the oldest due delivery has been due.",
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "minilab_webhook_attempts_in_progress", "Running attempts.", registry=self.registry
        )
