"""Line 4: one small image on an idle service, from sending it to having its results."""

import time
from pathlib import Path
from statistics import median, quantiles

from benchmarks.bare_loop import all_operations
from benchmarks.harness.clients import ask_one_by_one, in_own_process
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import Bench, running_service
from benchmarks.rows import Row, Section, Target

WARM_UP_FILES = 20


def measure_latency(bench: Bench) -> Section:
    """Send small portraits one by one, each with `Prefer: wait`."""
    count = bench.count(400, 60)
    paths = write_small(bench.folder / "one-by-one", WARM_UP_FILES + count, 4)
    with running_service(bench) as service:
        seconds = in_own_process(ask_one_by_one, service.address, paths)[WARM_UP_FILES:]
    alone = _time_alone(paths)[WARM_UP_FILES:]
    limit = "the operations alone, in one process"
    rows = [
        Row(
            "median, request sent to results in hand",
            1000 * median(seconds),
            "ms",
            1000 * median(alone),
            limit,
            Target(35, of="figure", at_most=True),
        ),
        Row(
            "99th percentile",
            1000 * _p99(seconds),
            "ms",
            1000 * _p99(alone),
            limit,
            Target(80, of="figure", at_most=True),
        ),
    ]
    return Section(f"{count} portraits one by one on an idle service, `Prefer: wait`", rows)


def _time_alone(paths: list[Path]) -> list[float]:
    times = []
    for path in paths:
        data = path.read_bytes()
        before = time.perf_counter()
        all_operations(data)
        times.append(time.perf_counter() - before)
    return times


def _p99(values: list[float]) -> float:
    return quantiles(values, n=100)[-1]
