"""Metrics of the children of a pool."""

from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.errors.files import DecoderDied, DecodeTimedOut
from sandbox.pool import CANCELED, ChildPool


class ChildMetrics(Collector):
    """Counts the children of a pool that ended early."""

    def __init__(self, pool: ChildPool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[Metric]:
        """Yield the families; that of ended children has every reason from the start."""
        most = "Child processes that work at the same time, at most."
        yield GaugeMetricFamily("minilab_children", most, self._pool.children)
        family = CounterMetricFamily(
            "minilab_children_killed",
            "Child processes that ended before their time, by reason.",
            labels=["reason"],
        )
        for reason in (DecoderDied.code, DecodeTimedOut.code, CANCELED):
            family.add_metric([reason], self._pool.killed[reason])
        yield family
        if (held := self._pool.confinement) is not None:
            text = "Whether the system confines the child processes, by mechanism."
            confined = GaugeMetricFamily("minilab_children_confined", text, labels=["mechanism"])
            confined.add_metric(["landlock"], float(held.landlock > 0))
            confined.add_metric(["seccomp"], float(held.seccomp))
            yield confined
