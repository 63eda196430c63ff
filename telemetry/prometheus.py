"""One Prometheus page for the metrics of all processes.

Workers have no port. The heartbeat of a worker writes its packed metrics to MongoDB. The API adds
those of all live workers to its own, with the label ``worker``.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

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
    return msgspec.msgpack.encode(_families(registries))


class MetricsPage:
    """A collector of the metric families of several processes, each family once.

    Args:
        registries: The metrics of this process.
        packed: The packed metrics of each worker, by its ID.
    """

    def __init__(
        self, registries: Iterable[CollectorRegistry], packed: Mapping[str, bytes]
    ) -> None:
        self._families: dict[str, Metric] = {}
        self._add(_families(registries), {})
        for worker, content in packed.items():
            # A worker of another version may pack in another way.
            with suppress(msgspec.DecodeError):
                families = msgspec.msgpack.decode(content, type=list[PackedFamily])
                self._add(families, {WORKER: worker})

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        yield from self._families.values()

    def _add(self, families: Iterable[PackedFamily], labels: dict[str, str]) -> None:
        for family in families:
            known = self._families.setdefault(
                family.name, Metric(family.name, family.help, family.kind)
            )
            if known.type != family.kind:
                continue  # A worker of another version uses the name for another type.
            for name, own, value in family.samples:
                # The series of creation times would add a third to the page, and few use them.
                if not name.endswith("_created"):
                    known.add_sample(name, own | labels, value)


def _families(registries: Iterable[CollectorRegistry]) -> list[PackedFamily]:
    return [
        PackedFamily(
            family.name,
            family.documentation,
            family.type,
            [(sample.name, sample.labels, sample.value) for sample in family.samples],
        )
        for registry in registries
        for family in registry.collect()
    ]
