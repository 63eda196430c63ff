"""Many runs of a case, and the bands of their figures."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import median, quantiles

import msgspec

from sandbox.processors import usable_processors
from simulation.plan import Case
from simulation.run import Outcome, simulate


class Band(msgspec.Struct, frozen=True):
    """A figure over all seeds.

    Attributes:
        middle: The median.
        low: The 5th percentile.
        high: The 95th percentile.
    """

    middle: float
    low: float
    high: float


def run_all(cases: Sequence[Case], seeds: int) -> list[list[Outcome]]:
    """Run each case with each seed, on all processors.

    Returns:
        For each case the outcomes in the order of the seeds.
    """
    work = [(case, seed) for case in cases for seed in range(seeds)]
    with ProcessPoolExecutor(usable_processors()) as processes:
        found = list(processes.map(_run, work, chunksize=max(1, seeds // 4)))
    return [found[first : first + seeds] for first in range(0, len(found), seeds)]


def band(outcomes: Sequence[Outcome], figure: Callable[[Outcome], float]) -> Band:
    """Compute the band of a figure."""
    values = sorted(map(figure, outcomes))
    if len(values) < 2 or values[-1] == float("inf"):
        return Band(median(values), values[0], values[-1])
    twentieths = quantiles(values, n=20, method="inclusive")
    return Band(median(values), twentieths[0], twentieths[-1])


def _run(work: tuple[Case, int]) -> Outcome:
    return simulate(*work)
