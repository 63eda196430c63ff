"""Large files in a bucket, beside the same in MongoDB: photos a second, memory, bytes a second."""

from dataclasses import replace
from statistics import fmean

from benchmarks.harness.pictures import write_large
from benchmarks.harness.service import Bench
from benchmarks.memory import measure_memory
from benchmarks.rows import Row, Section, Target
from benchmarks.throughput import WARM_UP_FILES, visit_service
from deploy.servers.seaweedfs import object_servers

MOST_MEGABYTES = 120


def measure_bucket(bench: Bench) -> Section:
    """Process photos of 12 megapixels on both stores in turn, and take large files in."""
    count = bench.count(60, 12)
    paths = write_large(bench.folder / "bucket", count, 1)
    warm_up = write_large(bench.folder / "bucket-warm-up", WARM_UP_FILES // 2, 2)
    with object_servers(bench.folder / "objects") as objects:
        with_bucket = replace(bench, objects=objects)
        rates: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(bench.count(3, 1)):
            for store in (bench, with_bucket):
                visit, _cost = visit_service(store, paths, warm_up)
                rates[store is with_bucket].append(visit.per_second)
        memory = measure_memory(with_bucket, MOST_MEGABYTES)
    rate = Row(
        "photos of 12 megapixels, in a bucket",
        fmean(rates[True]),
        "images/s",
        fmean(rates[False]),
        "the same with their bytes in MongoDB",
        Target(0.9),
    )
    return Section(
        f"Large files in a bucket (SeaweedFS on this machine): {count} photos of 12 megapixels; "
        f"{memory.title}",
        [rate, *memory.rows],
    )
