"""Line 4: the time from sending one small image to an idle service to having its results."""

import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.bare_loop import all_operations
from benchmarks.harness.clients import in_own_process
from benchmarks.harness.meter import percentile
from benchmarks.harness.pictures import write_small
from benchmarks.harness.polling import wait_one_by_one
from benchmarks.harness.service import Bench, running_service
from benchmarks.rows import Row, Section, Target

WARM_UP_FILES = 20


def measure_latency(bench: Bench) -> Section:
    """Upload small portraits one by one, each with `Prefer: wait`."""
    count = bench.count(400, 60)
    paths = write_small(bench.folder / "one-by-one", WARM_UP_FILES + count, 4)
    with running_service(bench) as service:
        seconds, _ = in_own_process(wait_one_by_one, service.address, paths)
    ms, alone_ms = (
        [1000 * s for s in times[WARM_UP_FILES:]] for times in (seconds, time_operations(paths))
    )
    middle, alone = median(ms), median(alone_ms)
    limit = "the operations alone, in one process"
    rows = [
        Row(
            "median beyond the operations, request sent to the answer that it is done",
            middle - alone,
            "ms",
            alone,
            limit,
            Target(1.3, at_most=True),
        ),
        Row("median, operations included", middle, "ms", alone, limit, detail=True),
        Row(
            "99th percentile",
            percentile(ms, 99),
            "ms",
            middle,
            "the median",
            Target(3, at_most=True),
        ),
    ]
    return Section(f"{count} portraits one by one on an idle service, `Prefer: wait`", rows)


def time_operations(paths: Sequence[Path]) -> list[float]:
    """Time all operations on each file, in this process, in seconds."""
    times = []
    for path in paths:
        data = path.read_bytes()
        before = time.perf_counter()
        all_operations(data)
        times.append(time.perf_counter() - before)
    return times
