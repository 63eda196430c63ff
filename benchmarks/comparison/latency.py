"""The time of one image on both services, each of them idle."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.comparison.turns import take_turns
from benchmarks.harness.clients import in_own_process
from benchmarks.harness.peer import JOBS, running_peer
from benchmarks.harness.pictures import write_small
from benchmarks.harness.polling import poll_one_by_one, wait_one_by_one
from benchmarks.harness.service import Bench, running_service
from benchmarks.latency import time_operations
from benchmarks.rows import Row, Target

WARM_UP_FILES = 20
ROUNDS = 4
POLL_SECONDS = 0.02
FAST_POLL_SECONDS = (0.0, 0.002)
"""Polls without pause compete with the work for processor time: short pauses may be faster."""


class Times(msgspec.Struct, frozen=True):
    """Seconds from sending each image to its answer.

    Attributes:
        told: To the answer that says that it is done, as early as the service can say it.
        in_hand: To its results.
        polled: To the answer that says that it is done, polled every 20 ms.
    """

    told: list[float]
    in_hand: list[float]
    polled: list[float]


def compare_latency(bench: Bench) -> list[Row]:
    """Send small portraits one by one, and wait or poll for each."""
    count = bench.count(100, 30)
    paths = write_small(bench.folder / "both-latency", WARM_UP_FILES + 2 * count, 15)
    parts = paths[:WARM_UP_FILES], paths[WARM_UP_FILES:-count], paths[-count:]
    ours, peers = take_turns(
        bench.count(ROUNDS, 2),
        partial(_time_ours, bench, *parts),
        partial(_time_peers, bench, *parts),
    )
    alone = 1000 * median(time_operations(paths)[WARM_UP_FILES:])
    limit = "the operations alone, in one process"

    def row(name: str, kind: str, most: float | None = None) -> Row:
        both = (
            1000 * median(chain.from_iterable(getattr(times, kind) for times in side))
            for side in (ours, peers)
        )
        figure, peer = both
        target = Target(most, of="peer_ratio", at_most=True) if most else None
        return Row(name, figure, "ms", alone, limit, target, peer=peer, detail=most is None)

    return [
        row("one image, as fast as it can tell", "told", 0.6),
        row("the same, with the results in hand", "in_hand"),
        row("one image, polled every 20 ms", "polled", 0.8),
    ]


def _time_ours(
    bench: Bench, warm_up: Sequence[Path], waited: Sequence[Path], polled: Sequence[Path]
) -> Times:
    with running_service(bench) as service:
        in_own_process(wait_one_by_one, service.address, warm_up)
        told, in_hand = in_own_process(wait_one_by_one, service.address, waited)
        times = in_own_process(poll_one_by_one, service.address, "/v1/jobs", polled, POLL_SECONDS)
    return Times(told, in_hand, times)


def _time_peers(
    bench: Bench, warm_up: Sequence[Path], waited: Sequence[Path], polled: Sequence[Path]
) -> Times:
    with running_peer(bench) as peer:

        def poll(paths: Sequence[Path], every_seconds: float) -> list[float]:
            return in_own_process(poll_one_by_one, peer.address, JOBS, paths, every_seconds)

        poll(warm_up, POLL_SECONDS)
        fastest = min((poll(waited, pause) for pause in FAST_POLL_SECONDS), key=median)
        return Times(fastest, fastest, poll(polled, POLL_SECONDS))
