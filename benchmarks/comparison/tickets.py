"""Durably accepted requests a second at both services, beside a route that stores nothing."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.comparison.turns import take_turns
from benchmarks.harness.clients import drop_off, in_own_process
from benchmarks.harness.http_client import Address
from benchmarks.harness.peer import JOBS, running_peer
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import Bench, running_bare_upload, running_service
from benchmarks.rows import Row

PHOTOS = 100
ROUNDS = 2
CASES = ((1, 16), (50, 4))


def compare_tickets(bench: Bench) -> list[Row]:
    """Upload files as fast as they are accepted, with the workers of both stopped."""
    paths = write_small(bench.folder / "both-tickets", PHOTOS, 16)
    return [_compare(bench, paths, *case) for case in CASES]


def _compare(bench: Bench, paths: Sequence[Path], files: int, clients: int) -> Row:
    def rate(address: Address, jobs: str) -> float:
        seconds = bench.count(6, 3)
        return in_own_process(drop_off, address, jobs, paths, clients, files, seconds).per_second

    with (
        running_service(bench) as service,
        running_peer(bench) as peer,
        running_bare_upload(bench) as bare,
    ):
        service.worker.stop()
        peer.worker.stop()
        before = rate(bare, "/v1/jobs")
        ours, peers = take_turns(
            bench.count(ROUNDS, 1),
            partial(rate, service.address, "/v1/jobs"),
            partial(rate, peer.address, JOBS),
        )
        limit = fmean([before, rate(bare, "/v1/jobs")])
    one = f"{files} file" + ("s" if files > 1 else "")
    return Row(
        f"tickets, {one} a request, {clients} clients",
        fmean(ours),
        "requests/s",
        limit,
        "a bare route that parses and hashes",
        peer=fmean(peers),
    )
