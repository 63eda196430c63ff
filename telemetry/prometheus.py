"""What is counted, and how the counts of all processes become one page for Prometheus.

Workers have no port. A worker's heartbeat carries its families to MongoDB, packed; whoever is
asked for the metrics adds those of the live workers to its own, with a label that says which
worker they are of.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

WORKER = "worker"


class PackedFamily(msgspec.Struct, array_like=True, frozen=True):
    """A family on its way from a worker to whoever is asked.

    Attributes:
        name: Without suffix.
        help: One sentence.
        kind: Prometheus' name of the type.
        samples: Name, labels and value of each.
    """

    name: str
    help: str
    kind: str
    samples: list[tuple[str, dict[str, str], float]]


def pack(registries: Iterable[CollectorRegistry]) -> bytes:
    """Pack all families of a process."""
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


class Page:
    """All families of several processes, each family once, as exposition formats want it.

    Args:
        registries: Of this process.
        packed: By worker, what it packed.
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
        """Give the families."""
        yield from self._families.values()

    def _add(self, family: Metric, labels: dict[str, str]) -> None:
        known = self._families.setdefault(
            family.name, Metric(family.name, family.documentation, family.type)
        )
        if known.type != family.type:
            return  # A worker of another version means something else by this name.
        for sample in family.samples:
            # When a series began is written as a series of its own: of use to few, a third more.
            if not sample.name.endswith("_created"):
                known.add_sample(sample.name, sample.labels | labels, sample.value)


def _unpack(packed: bytes) -> list[Metric]:
    families: list[Metric] = []
    try:
        found = msgspec.msgpack.decode(packed, type=list[PackedFamily])
    except msgspec.DecodeError:  # A worker of another version packs otherwise.
        return []
    for family in found:
        metric = Metric(family.name, family.help, family.kind)
        for name, labels, value in family.samples:
            metric.add_sample(name, labels, value)
        families.append(metric)
    return families
