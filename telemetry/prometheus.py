"""One Prometheus page for the metrics of all processes.

Workers have no port. The heartbeat of a worker writes its packed metrics to MongoDB. The API adds
those of all live workers to its own, with the label ``worker``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

WORKER = "worker"


class PackedFamily(msgspec.Struct, array_like=True, frozen=True):
    """A metric family on its way from a worker to the API: samples of name, labels and value."""

    name: str
    help: str
    kind: str
    samples: list[tuple[str, dict[str, str], float]]


def pack(registries: Iterable[CollectorRegistry]) -> bytes:
    """Pack all metric families of a process."""
    return msgspec.msgpack.encode(
        [
            PackedFamily(
                family.name,
                family.documentation,
                family.type,
                [(sample.name, sample.labels, sample.value) for sample in family.samples],
            )
            for registry in registries
            for family in registry.collect()
        ]
    )


class MetricsPage:
    """A collector of the metric families of several processes, each family once.

    Args:
        registries: The metrics of this process.
        packed: The packed metrics of each worker, by its ID.
    """

    def __init__(
        self, registries: Sequence[CollectorRegistry], packed: Mapping[str, bytes]
    ) -> None:
        self._families: dict[str, Metric] = {}
        for registry in registries:
            for family in registry.collect():
                self._add(family, {})
        for worker, families in packed.items():
            for family in _unpack(families):
                self._add(family, {WORKER: worker})

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield from self._families.values()

    def _add(self, family: Metric, labels: dict[str, str]) -> None:
        known = self._families.setdefault(
            family.name, Metric(family.name, family.documentation, family.type)
        )
        if known.type != family.type:
            return  # A worker of another version uses the name for another type.
        for sample in family.samples:
            # The series of creation times would add a third to the page, and few use them.
            if not sample.name.endswith("_created"):
                known.add_sample(sample.name, sample.labels | labels, sample.value)


def _unpack(packed: bytes) -> list[Metric]:
    families: list[Metric] = []
    try:
        found = msgspec.msgpack.decode(packed, type=list[PackedFamily])
    except msgspec.DecodeError:  # A worker of another version may pack in another way.
        return []
    for family in found:
        metric = Metric(family.name, family.help, family.kind)
        for name, labels, value in family.samples:
            metric.add_sample(name, labels, value)
        families.append(metric)
    return families
