"""Large files in a bucket, beside the same in MongoDB: photos a second, memory, bytes a second."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

from benchmarks.harness.clients import Visit, in_own_process, upload_at_once
from benchmarks.harness.meter import MEGABYTE
from benchmarks.harness.pictures import write_large, write_small
from benchmarks.harness.service import Bench, running_service
from benchmarks.memory import FILE_BYTES, measure_memory
from benchmarks.rows import Row, Section, Target
from benchmarks.throughput import WARM_UP_FILES, visit_service
from deploy.servers.seaweedfs import object_servers

MOST_MEGABYTES = 120
ALONE = 4
IN_MONGODB = "the same with the bytes in MongoDB"

Rounds = Sequence[tuple[Visit, Mapping[str, float]]]


def measure_bucket(bench: Bench) -> Section:
    """Process photos of 12 megapixels on both stores in turn, and take large files in."""
    count = bench.count(60, 12)
    paths = write_large(bench.folder / "bucket", count, 1)
    warm_up = write_large(bench.folder / "bucket-warm-up", WARM_UP_FILES // 2, 2)
    with object_servers(bench.folder / "objects") as objects:
        stores = [
            replace(bench, folder=_folder(bench, name), objects=kept)
            for name, kept in (("in-mongodb", None), ("in-bucket", objects))
        ]
        rounds = [
            [visit_service(store, paths, warm_up) for store in stores]
            for _ in range(bench.count(3, 1))
        ]
        memory = [measure_memory(store, MOST_MEGABYTES).rows for store in stores]
        alone = [_rate_alone(store) for store in stores]
    in_mongodb, in_bucket = zip(*rounds, strict=True)
    return Section(
        f"Large files in a bucket (SeaweedFS on this machine): {count} photos of 12 megapixels; "
        f"20 files of {bench.count(FILE_BYTES, FILE_BYTES // 5) / MEGABYTE:.0f} MB at once",
        [
            *_rows_of_photos(in_bucket, in_mongodb),
            *memory[1][:-1],
            _row_of_bytes("bytes accepted and durable", memory[1][-1].figure, memory[0][-1].figure),
            _row_of_bytes("bytes accepted and durable, one file at a time", alone[1], alone[0]),
        ],
    )


def _folder(bench: Bench, name: str) -> Path:
    folder = bench.folder / name
    folder.mkdir()
    return folder


def _rows_of_photos(in_bucket: Rounds, in_mongodb: Rounds) -> list[Row]:
    rate, beside = (
        fmean(visit.per_second for visit, _ in rounds) for rounds in (in_bucket, in_mongodb)
    )
    rows = [
        Row(
            "photos of 12 megapixels, in a bucket",
            rate,
            "images/s",
            beside,
            IN_MONGODB,
            Target(0.9),
        )
    ]
    for part in in_bucket[0][1]:
        ours = fmean(cpu_ms[part] for _, cpu_ms in in_bucket)
        theirs = [cpu_ms[part] for _, cpu_ms in in_mongodb if part in cpu_ms]
        limit = fmean(theirs) if theirs else None
        name = f"processor time of {part}"
        rows.append(Row(name, ours, "ms/image", limit, IN_MONGODB, detail=True))
    return rows


def _row_of_bytes(name: str, figure: float, beside: float) -> Row:
    return Row(name, figure, "MB/s", beside, IN_MONGODB, detail=True)


def _rate_alone(bench: Bench) -> float:
    """Upload large files one after the other; return MB a second."""
    file_bytes = bench.count(FILE_BYTES, FILE_BYTES // 5)
    photo = write_small(bench.folder / "alone", 1, 6)[0]
    with running_service(bench) as service:
        service.worker.stop()
        visits = [
            in_own_process(upload_at_once, service.address, photo, 1, file_bytes + number)
            for number in range(ALONE)
        ]
    # The first one finds connections that are not open yet.
    return file_bytes / MEGABYTE / fmean(visit.seconds for visit in visits[1:])
