"""Line 5: memory of the API while large files arrive at once."""

from functools import partial

from benchmarks.harness.clients import in_own_process, upload_and_wait, upload_at_once
from benchmarks.harness.meter import MEGABYTE, settle, tree_rss_mb, watch_peak
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import Bench, running_service
from benchmarks.rows import Row, Section, figure_at_most

FILES = 20
FILE_BYTES = 50_000_000


def measure_memory(bench: Bench, most_mb: float = 100) -> Section:
    """Upload twenty files of 50 MB at the same time; the worker is stopped.

    Args:
        most_mb: Goal of the API's memory above idle.
    """
    file_bytes = bench.count(FILE_BYTES, FILE_BYTES // 5)
    photos = write_small(bench.folder / "memory", 32, 5)
    with running_service(bench) as service:
        read_api = partial(tree_rss_mb, service.api.pid)
        read_mongodb = partial(tree_rss_mb, service.servers.mongodb.pid)
        in_own_process(upload_and_wait, service.address, photos, 4, 8)
        service.worker.stop()
        idle, idle_mongodb = settle(read_api), read_mongodb()
        with watch_peak(read_api) as peak, watch_peak(read_mongodb) as peak_mongodb:
            visit = in_own_process(upload_at_once, service.address, photos[0], FILES, file_bytes)
        afterwards = settle(read_api)
    sent_mb = FILES * file_bytes / MEGABYTE
    at_idle = "the same process, idle after a warm-up"
    return Section(
        f"{FILES} files of {file_bytes / MEGABYTE:.0f} MB uploaded at once",
        [
            Row(
                "memory of the API above idle, at its peak",
                peak.value - idle,
                "MB",
                idle,
                at_idle,
                figure_at_most(most_mb),
            ),
            Row("memory of the API 2 s later", afterwards, "MB", idle, at_idle, detail=True),
            Row(
                "memory of MongoDB at its peak",
                peak_mongodb.value,
                "MB",
                idle_mongodb,
                at_idle,
                detail=True,
            ),
            Row("bytes accepted and durable", sent_mb / visit.seconds, "MB/s", detail=True),
        ],
    )
