"""A trial: what is run for real and predicted, and the points that are compared."""

from collections.abc import Sequence
from typing import Literal

import msgspec

SHARES = (0.5, 0.9, 0.99)
PARTS = ("clients", "balancer", "API", "MongoDB", "Redis", "worker", "children")
MOST_OFF, MOST_P99_OFF = 0.15, 0.25


class Trial(msgspec.Struct, frozen=True):
    """A run of some uploads.

    Attributes:
        name: What the table calls it.
        apis: API processes.
        workers: Workers with one child each, at the begin.
        uploads: Number of portraits.
        seconds: The time in which they are sent.
        added_at: When another worker is started, in seconds after the first upload.
        stopped_at: When a worker is stopped.
        killed_at: When the primary is killed.
    """

    name: str
    apis: int
    workers: int
    uploads: int = 2000
    seconds: float = 5.0
    added_at: float | None = None
    stopped_at: float | None = None
    killed_at: float | None = None


TRIALS = (
    Trial("1 API, 1 worker, together", 1, 1),
    Trial("2 API, 2 workers", 2, 2),
    Trial("2 API, 3 workers", 2, 3),
    Trial("2 API, 4 workers", 2, 4),
    Trial("2 API, a worker added at 10 s, one stopped at 20 s", 2, 2, 2000, 5.0, 10.0, 20.0),
    Trial("2 API, 2 workers, the primary killed at 10 s", 2, 2, killed_at=10.0),
)


class Costs(msgspec.Struct, frozen=True):
    """Processor time of each part for an upload, of the runs that calibrate, in seconds.

    Attributes:
        accepting: Until the 202, without a worker; what a transaction takes is apart.
        committing: Of a transaction of the API and of MongoDB, whatever the number of its uploads.
        commit_seconds: What a transaction waits for beside processors: disks, and other members.
        primary_share: The primary's part of what MongoDB uses.
        working: From then to the result, without uploads.
        starting: Of a worker until it takes work.
        start_seconds: How long that took.
        idle_cores: What all of it uses without work.
    """

    accepting: dict[str, float]
    committing: dict[str, float]
    commit_seconds: float
    primary_share: float
    working: dict[str, float]
    starting: float
    start_seconds: float
    idle_cores: float


class Points(msgspec.Struct, frozen=True):
    """What is compared, in seconds.

    Attributes:
        accepted: Until 50, 90 and 99 % of the uploads had their ticket, from the first upload.
        done: Until 50, 90 and 99 % of the jobs had ended.
        waits_p99: From the ticket to the end, for 99 % of them.
    """

    accepted: list[float]
    done: list[float]
    waits_p99: float


class Compared(msgspec.Struct, frozen=True):
    """A trial with both."""

    trial: Trial
    measured: Points
    predicted: Points


class Validation(msgspec.Struct, frozen=True):
    """All trials.

    Attributes:
        machine: Where they ran.
        costs: From the runs that calibrate.
        trials: What was measured and predicted.
    """

    machine: dict[str, str]
    costs: Costs
    trials: list[Compared]


def points_of(accepted: Sequence[float], done: Sequence[float], waits: Sequence[float]) -> Points:
    """Compute the points of a run from times in any order."""
    return Points(
        [at_share(accepted, share) for share in SHARES],
        [at_share(done, share) for share in SHARES],
        at_share(waits, SHARES[-1]),
    )


def at_share(times: Sequence[float], share: float) -> float:
    """Return the time until which a share of all had come."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


Side = Literal["measured", "predicted"]


def rows_of(found: Validation) -> list[tuple[str, ...]]:
    """Make the rows of the table."""
    rows: list[tuple[str, ...]] = [
        ("run", "what", "measured", "predicted", "off", "within the bar"),
    ]
    for one in found.trials:
        for name, at, most in (
            *(("accepted", number, MOST_OFF) for number in range(len(SHARES))),
            *(("done", number, MOST_OFF) for number in range(len(SHARES))),
            ("waits_p99", None, MOST_P99_OFF),
        ):
            real, said = (
                getattr(side, name) if at is None else getattr(side, name)[at]
                for side in (one.measured, one.predicted)
            )
            off = said / real - 1 if real else 0.0
            what = "p99 of the waits" if at is None else f"{SHARES[at]:.0%} {name}"
            verdict = "yes" if abs(off) <= most else "NO"
            rows.append(
                (one.trial.name, what, f"{real:.1f} s", f"{said:.1f} s", f"{off:+.0%}", verdict)
            )
    return rows
