"""Questions that need many fleets or many assumptions, each answered with one seed."""

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor

from msgspec.structs import replace

from sandbox.processors import usable_processors
from simulation.cases import LARGE, case_of_users
from simulation.cost import dollars_a_month
from simulation.plan import Case
from simulation.run import Outcome, simulate
from simulation.tables import TARGET_ACCEPTED_SECONDS, TARGET_DONE_SECONDS

API_PODS = (12, 16, 20, 24, 28, 32, 36, 40, 48)
WORKER_PODS = (8, 10, 12, 14, 16, 20, 24)
VARIED = (
    "photo_megabytes",
    "clock_seconds",
    "uplink_mbit",
    "balancer_gigabytes",
    "api_megabytes",
    "store_seconds",
    "majority_seconds",
    "cloud_core_speed",
)
_SEED = 0
_NINETY_NINE, _ALL = 2, 3


def smallest_fleets(known: Mapping[str, float]) -> list[tuple[str, Case, Outcome]]:
    """Find the cheapest fleets of the grid that keep a target, with all zones and with one lost."""
    whole = case_of_users(LARGE, known)
    answers = []
    for name, case, most_accepted in (
        ("60 s and 10 min", whole, TARGET_ACCEPTED_SECONDS),
        ("60 s and 10 min, a zone lost at 10:01", replace(whole, zone_lost_at=60.0), 60.0),
        ("5 min and 10 min, the app spreads 4", replace(whole, spread_seconds=240.0), 300.0),
    ):
        # Acceptance is a matter of API pods alone, being done one of workers.
        apis = _first(
            [_sized(case, api, case.fleet.worker.burst) for api in API_PODS],
            lambda run, most=most_accepted: run.accepted[_NINETY_NINE] <= most,  # type: ignore[misc]
        )
        if apis is None:
            continue
        found = _first(
            [_sized(case, apis[0].fleet.api.burst, workers) for workers in WORKER_PODS],
            lambda run: run.done[_ALL] <= TARGET_DONE_SECONDS,
        )
        if found is not None:
            answers.append((name, *found))
    return answers


def vary_assumptions(
    known: Mapping[str, float],
) -> tuple[list[tuple[str, Outcome, Outcome]], Outcome]:
    """Run 100,000 users with half and with twice of each assumption.

    Returns:
        The outcomes by name, the most important first; and that of all as assumed.
    """
    cases = [case_of_users(LARGE, known)]
    for name in VARIED:
        cases += [case_of_users(LARGE, {**known, name: known[name] * by}) for by in (0.5, 2.0)]
    base, *others = _run(cases)
    rows = list(zip(VARIED, others[::2], others[1::2], strict=True))

    def swing(row: tuple[str, Outcome, Outcome]) -> float:
        _, half, twice = row
        accepted = abs(half.accepted[_NINETY_NINE] - twice.accepted[_NINETY_NINE])
        return max(
            accepted / TARGET_ACCEPTED_SECONDS, abs(half.done[_ALL] - twice.done[_ALL]) / 600
        )

    return sorted(rows, key=swing, reverse=True), base


def _sized(case: Case, api: int, worker: int) -> Case:
    """Change the pods of a burst, and let autoscaling add none."""
    fleet = case.fleet
    return replace(
        case,
        fleet=replace(
            fleet,
            api=replace(fleet.api, burst=api, most=api),
            worker=replace(fleet.worker, burst=worker, most=worker),
        ),
    )


def _first(cases: list[Case], is_enough: Callable[[Outcome], bool]) -> tuple[Case, Outcome] | None:
    """Return the first that is enough; if several are, they are ordered by their cost."""
    enough = [pair for pair in zip(cases, _run(cases), strict=True) if is_enough(pair[1])]
    return min(enough, key=lambda pair: sum(dollars_a_month(*pair).values()), default=None)


def _run(cases: list[Case]) -> list[Outcome]:
    with ProcessPoolExecutor(usable_processors()) as processes:
        return list(processes.map(simulate, cases, [_SEED] * len(cases)))
