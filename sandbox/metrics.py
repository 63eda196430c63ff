"""Prometheus metric of children that ended early."""

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily
from prometheus_client.registry import Collector

from domain.errors.files import DecoderDied, DecodeTimedOut
from sandbox.pool import CANCELED, ChildPool

REASONS = (DecoderDied.code, DecodeTimedOut.code, CANCELED)


class ChildMetrics(Collector):
    """Counts the children of a pool that ended early."""

    def __init__(self, pool: ChildPool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the family; it has every reason from the start."""
        family = CounterMetricFamily(
            "minilab_children_killed",
            "Child processes that ended before their time, by reason.",
            labels=["reason"],
        )
        for reason in REASONS:
            family.add_metric([reason], self._pool.killed[reason])
        yield family
