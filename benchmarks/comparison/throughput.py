"""Images a second through both services, beside a bare loop."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean

from benchmarks.bare_loop import all_operations, run_loop
from benchmarks.comparison.turns import take_turns
from benchmarks.harness.clients import in_own_process, upload_and_wait
from benchmarks.harness.peer import JOBS, running_peer
from benchmarks.harness.pictures import write_large, write_small
from benchmarks.harness.polling import upload_and_poll
from benchmarks.harness.service import Bench, running_service
from benchmarks.rows import Row, Target

CLIENTS = 4
ROUNDS = 2
POLL_SECONDS = 0.1
"""Of the peer: it has no route that waits, and each poll costs processor time."""


def compare_small(bench: Bench) -> list[Row]:
    """Process 1,000 small portraits."""
    folder = bench.folder / "both-small"
    paths = write_small(folder / "measured", bench.count(1000, 100), 11)
    warm_up = write_small(folder / "warm-up", 16, 12)
    rates = take_turns(
        bench.count(ROUNDS, 1),
        partial(_rate_ours, bench, warm_up, paths, 50),
        partial(_rate_peers, bench, warm_up, paths, 50),
    )
    name = "small photos, 50 a request"
    ours, peers = map(fmean, rates)
    return [_row(bench, name, ours, peers, paths, Target(1.9, of="peer_ratio"))]


def compare_large(bench: Bench) -> list[Row]:
    """Process 48 photos of 12 megapixels; the peer twice, at full size and as ours."""
    folder = bench.folder / "both-large"
    paths = write_large(folder / "measured", bench.count(48, 8), 13)
    warm_up = write_large(folder / "warm-up", 2 * bench.cores, 14)
    to_ours, to_peer = (
        partial(_rate_ours, bench, warm_up, paths, 6),
        partial(_rate_peers, bench, warm_up, paths, 6),
    )
    both, full_size = take_turns(
        bench.count(ROUNDS, 1), lambda: (to_ours(), to_peer()), partial(to_peer, full_size=True)
    )
    rate, same = map(fmean, zip(*both, strict=True))
    name = "photos of 12 megapixels, 6 a request; the peer at full size"
    row = _row(bench, name, rate, fmean(full_size), paths, Target(5, of="peer_ratio"))
    other = Row("the same, the peer with our operations", rate, row.unit, peer=same, detail=True)
    return [row, other]


def _row(
    bench: Bench, name: str, ours: float, peers: float, paths: Sequence[Path], target: Target
) -> Row:
    loop = run_loop(all_operations, paths, bench.cores).per_second
    limit = f"{bench.cores} processes that only run the operations"
    return Row(name, ours, "images/s", loop, limit, target, peer=peers)


def _rate_ours(
    bench: Bench, warm_up: Sequence[Path], paths: Sequence[Path], files_per_request: int
) -> float:
    with running_service(bench) as service:
        in_own_process(upload_and_wait, service.address, warm_up, CLIENTS, 4)
        return in_own_process(
            upload_and_wait, service.address, paths, CLIENTS, files_per_request
        ).per_second


def _rate_peers(
    bench: Bench,
    warm_up: Sequence[Path],
    paths: Sequence[Path],
    files_per_request: int,
    *,
    full_size: bool = False,
) -> float:
    with running_peer(bench, full_size=full_size) as peer:
        to = peer.address, JOBS
        in_own_process(upload_and_poll, *to, warm_up, CLIENTS, 4, POLL_SECONDS)
        return in_own_process(
            upload_and_poll, *to, paths, CLIENTS, files_per_request, POLL_SECONDS
        ).per_second
