"""Memory of both APIs while large files arrive at once."""

from functools import partial
from pathlib import Path

from benchmarks.harness.clients import in_own_process, upload_and_wait, upload_at_once
from benchmarks.harness.http_client import Address
from benchmarks.harness.meter import MEGABYTE, settle, tree_rss_mb, watch_peak
from benchmarks.harness.peer import JOBS, running_peer
from benchmarks.harness.pictures import write_small
from benchmarks.harness.polling import upload_and_poll
from benchmarks.harness.service import Bench, running_service
from benchmarks.memory import FILE_BYTES, FILES
from benchmarks.rows import Row
from deploy.servers.process import ServerProcess


def compare_memory(bench: Bench) -> list[Row]:
    """Upload twenty files of 50 MB at the same time; the workers are stopped."""
    file_bytes = bench.count(FILE_BYTES, FILE_BYTES // 5)
    photos = write_small(bench.folder / "both-memory", 32, 17)
    with running_service(bench) as service:
        in_own_process(upload_and_wait, service.address, photos, 4, 8)
        service.worker.stop()
        ours = _upload(service.address, "/v1/jobs", service.api, photos[0], file_bytes)
    with running_peer(bench) as peer:
        in_own_process(upload_and_poll, peer.address, JOBS, photos, 4, 8, 0.1)
        peer.worker.stop()
        peers = _upload(peer.address, JOBS, peer.api, photos[0], file_bytes)
    name = f"{FILES} files of {file_bytes / MEGABYTE:.0f} MB at once"
    return [
        Row(f"memory of the API above idle, {name}", ours[0], "MB", peer=peers[0]),
        Row("bytes accepted and durable", ours[1], "MB/s", peer=peers[1], detail=True),
    ]


def _upload(
    address: Address, jobs: str, api: ServerProcess, photo: Path, file_bytes: int
) -> tuple[float, float]:
    """Upload the files; return the API's memory above idle in MB, and the rate in MB/s."""
    read = partial(tree_rss_mb, api.pid)
    idle = settle(read)
    with watch_peak(read) as peak:
        visit = in_own_process(upload_at_once, address, photo, FILES, file_bytes, jobs)
    return peak.value - idle, FILES * file_bytes / MEGABYTE / visit.seconds
