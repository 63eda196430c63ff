"""Lines 1 and 2: images a second through the service, beside a bare loop over the same files."""

from collections.abc import Callable
from pathlib import Path
from statistics import fmean

import msgspec

from benchmarks.bare_loop import Loop, all_operations, full_size_faces, run_loop
from benchmarks.harness.clients import Visit, in_own_process, upload_and_wait
from benchmarks.harness.meter import difference
from benchmarks.harness.pictures import write_large, write_small
from benchmarks.harness.service import Bench, running_service
from benchmarks.rows import Row, Section, Target

CLIENTS = 4
FILES_PER_REQUEST = 50
WARM_UP_FILES = 16


class Round(msgspec.Struct, frozen=True):
    """One run of the service, between two runs of the bare loop.

    Attributes:
        loop: The mean of both runs of the bare loop.
        visit: The work of the clients.
        cpu_ms: Processor time for each image, by part.
    """

    loop: Loop
    visit: Visit
    cpu_ms: dict[str, float]


def measure_small(bench: Bench) -> Section:
    """Process 2,000 small portraits."""
    count = bench.count(2000, 200)
    rounds = _rounds(bench, "small", write_small, count, bench.count(3, 1))
    title = f"{count:,} portraits of 250 × 250, {CLIENTS} clients, {FILES_PER_REQUEST} a request"
    return Section(title, _rows(bench, "small", rounds, Target(0.85)))


def measure_large(bench: Bench) -> Section:
    """Process 100 photos of 12 megapixels."""
    count = bench.count(100, 12)
    rounds = _rounds(bench, "large", write_large, count, bench.count(2, 1))
    rows = _rows(bench, "large", rounds, Target(0.93))
    some = sorted((bench.folder / "large").glob("*.jpg"))[: bench.cores * bench.count(4, 2)]
    full_size = run_loop(full_size_faces, some, bench.cores)
    rate = fmean(round_.visit.per_second for round_ in rounds)
    rows.append(
        Row(
            "the same, beside faces at full size",
            rate,
            "images/s",
            full_size.per_second,
            f"{bench.cores} processes that only look for faces, at full size",
            Target(5),
        )
    )
    mean_bytes = fmean(path.stat().st_size for path in (bench.folder / "large").glob("*.jpg"))
    rows.append(Row("size of a photo", mean_bytes / 1e6, "MB", detail=True))
    title = f"{count} photos of 12 megapixels, {CLIENTS} clients, {FILES_PER_REQUEST} a request"
    return Section(title, rows)


def _rounds(
    bench: Bench,
    name: str,
    write: Callable[[Path, int, int], list[Path]],
    count: int,
    rounds: int,
) -> list[Round]:
    paths = write(bench.folder / name, count, 1)
    warm_up = write(bench.folder / f"{name}-warm-up", WARM_UP_FILES, 2)
    before = run_loop(all_operations, paths, bench.cores)
    measured = []
    for _ in range(rounds):
        visit, cpu_ms = visit_service(bench, paths, warm_up)
        after = run_loop(all_operations, paths, bench.cores)
        loop = Loop(
            fmean([before.per_second, after.per_second]), fmean([before.cpu_ms, after.cpu_ms])
        )
        measured.append(Round(loop, visit, cpu_ms))
        before = after
    return measured


def visit_service(
    bench: Bench, paths: list[Path], warm_up: list[Path]
) -> tuple[Visit, dict[str, float]]:
    """Send photos to a new service after a warm-up; return the visit, and what each photo cost.

    Returns:
        The visit, and processor time in ms for each image by part.
    """
    with running_service(bench) as service:
        in_own_process(upload_and_wait, service.address, warm_up, CLIENTS, 4)
        before = service.cpu_seconds()
        visit = in_own_process(upload_and_wait, service.address, paths, CLIENTS, FILES_PER_REQUEST)
        used = difference(before, service.cpu_seconds()) | {"clients": visit.cpu_seconds}
    used["all of them"] = sum(used.values())
    return visit, {part: 1000 * seconds / len(paths) for part, seconds in used.items()}


def _rows(bench: Bench, name: str, rounds: list[Round], target: Target) -> list[Row]:
    loop = f"{bench.cores} processes that only run the operations"
    bare_ms = fmean(r.loop.cpu_ms for r in rounds)
    rows = [
        Row(
            f"{name} photos: upload, queue, operations, results",
            fmean(r.visit.per_second for r in rounds),
            "images/s",
            fmean(r.loop.per_second for r in rounds),
            loop,
            target,
        )
    ]
    rows += [
        Row(
            f"processor time of {part}",
            fmean(r.cpu_ms[part] for r in rounds),
            "ms/image",
            bare_ms,
            "the operations in that loop",
            detail=True,
        )
        for part in rounds[0].cpu_ms
    ]
    return rows
