"""The simulation: what its parts do to time, and what no run may lose."""

import random
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec.structs import replace
from simpy import Environment, Event

from simulation import figures
from simulation.__main__ import ARCHITECTURE, DEPLOYMENTS, PAGE, write_parts
from simulation.bands import band
from simulation.capacity import Lost, Pool, Shared
from simulation.cases import LARGE, case_of_users, known_values, sizes, variants
from simulation.cost import dollars_a_month
from simulation.figures import Recoveries, costs_of_photo, read_figures
from simulation.plan import CHART, Case, fleet_of_chart
from simulation.run import curve, quantiles, simulate
from simulation.service import Service
from simulation.tables import deployment_table

RECOVERIES = Recoveries(election_seconds=12, worker_start_seconds=5)
KNOWN = known_values()


def ends(env: Environment, *work: Generator[Event, Any, Any]) -> list[float]:
    """Run processes; return when each ended."""
    found: list[float] = []

    def one(steps: Generator[Event, Any, Any]) -> Generator[Event, Any, None]:
        yield from steps
        found.append(env.now)

    for steps in work:
        env.process(one(steps))
    env.run()
    return found


def using(shared: Shared, demand: float, weight: float = 1.0) -> Generator[Event, Any, None]:
    yield shared.use(demand, weight)


def small_case(**changes: Any) -> Case:
    return replace(case_of_users(1000, KNOWN, RECOVERIES), **changes)


def test_processors_are_shared_evenly() -> None:
    env = Environment()
    one_core = Shared(env, 1)
    assert ends(env, using(one_core, 1), using(one_core, 1)) == pytest.approx([2, 2])
    assert one_core.used == pytest.approx(2)


def test_a_thread_uses_one_core_at_most() -> None:
    env = Environment()
    assert ends(env, using(Shared(env, 8), 3), using(Shared(env, 8), 3, 2)) == [1.5, 3]


def test_link_serves_by_the_rate_of_each_client() -> None:
    env = Environment()
    link = Shared(env, 3)
    # Together they could take 6 a second: each gets half of its own rate.
    assert ends(env, using(link, 4, 2), using(link, 4, 4)) == pytest.approx([2, 3])


def test_capacity_that_is_gone_for_a_while_delays_by_that_time() -> None:
    env = Environment()
    cores = Shared(env, 1)

    def fail() -> Generator[Event, Any, None]:
        yield env.timeout(1)
        cores.resize(0)
        yield env.timeout(12)
        cores.resize(1)

    assert ends(env, using(cores, 2), fail()) == pytest.approx([13, 14])


def test_pool_serves_in_order_and_lets_free_processes_work() -> None:
    env = Environment()
    pool = Pool(env, Shared(env, 2), 2)
    assert ends(env, pool.run(1, 2), pool.run(1, 1)) == pytest.approx([1, 2])


def test_killed_processes_lose_their_work() -> None:
    env = Environment()
    pool = Pool(env, Shared(env, 4), 4)
    lost = []

    def work() -> Generator[Event, Any, None]:
        try:
            yield from pool.run(10, 1)
        except Lost:
            lost.append(env.now)

    def kill() -> Generator[Event, Any, None]:
        yield env.timeout(3)
        pool.kill(2)

    for _ in range(4):
        env.process(work())
    env.process(kill())
    env.run()
    assert lost == [3, 3]
    assert (pool.size, pool.busy) == (2, 0)


def test_quantiles_and_curve_count_photos_not_packets() -> None:
    times = [(1.0, 50), (2.0, 40), (9.0, 10)]
    assert quantiles(times) == [1.0, 2.0, 9.0, 9.0]
    assert curve(times)[-1] == (9.0, 1.0)
    assert curve([*times, (float("inf"), 100)])[-1] == (9.0, 0.5)


def test_fleet_is_that_of_the_chart() -> None:
    values = yaml.safe_load((CHART / "sizes" / "hundred-thousand.yaml").read_text())
    fleet = fleet_of_chart("hundred-thousand", 5, 8)
    assert fleet.worker.burst == values["scaling"]["worker"]["burst"]
    assert fleet.api.most == values["scaling"]["api"]["max"]
    assert (fleet.worker.cores, fleet.places) == (4, 320)
    assert (fleet.growth_percent, fleet.growth_seconds, fleet.drain_seconds) == (400, 15, 300)


def test_costs_follow_the_figures() -> None:
    measured = read_figures()
    slower = {
        line: {name: 2 * figure for name, figure in rows.items()} for line, rows in measured.items()
    }
    slower["large"]["size of a photo"] /= 2
    one, two = (costs_of_photo(each, 3, shrunk=False) for each in (measured, slower))
    assert two.worker_seconds == pytest.approx(2 * one.worker_seconds)
    assert two.api_seconds == pytest.approx(2 * one.api_seconds)
    assert two.group_seconds == pytest.approx(2 * one.group_seconds)
    assert costs_of_photo(measured, 0.3, shrunk=True).worker_seconds < one.worker_seconds


def test_costs_with_a_bucket_are_those_measured_with_one() -> None:
    measured = read_figures()
    of_bucket = {
        f"processor time of {part}": measured["large"][f"processor time of {part}"] - less
        for part, less in (("API", 0.5), ("worker", 0.25), ("MongoDB", 2.0))
    }
    figures = measured | {"bucket": of_bucket}
    one, two = (
        costs_of_photo(
            figures, measured["large"]["size of a photo"], shrunk=False, in_bucket=in_bucket
        )
        for in_bucket in (False, True)
    )
    assert one.api_seconds - two.api_seconds == pytest.approx(0.0005)
    assert one.worker_seconds - two.worker_seconds == pytest.approx(0.00025)
    assert two.mongodb_seconds_a_byte < one.mongodb_seconds_a_byte


def test_work_that_is_bound_by_processors_takes_their_time() -> None:
    case = small_case(users=400)
    run = simulate(case, 1)
    cores = case.fleet.worker.burst * case.fleet.worker.cores
    least = 400 * case.costs.worker_seconds / cores
    assert least < run.done[-1] < least + run.accepted[-1] + 1


@pytest.mark.parametrize("zone_lost_at", [None, 2.0, 20.0])
def test_every_photo_is_done_also_if_a_zone_is_lost(zone_lost_at: float | None) -> None:
    run = simulate(small_case(zone_lost_at=zone_lost_at), 3)
    assert run.given_up == 0
    assert run.done[-1] < float("inf")
    assert run.drain[-1][1] == pytest.approx(1)


def test_an_election_stops_tickets_for_its_time() -> None:
    whole = simulate(small_case(), 3)
    without = simulate(small_case(zone_lost_at=3.0), 3)
    assert without.accepted[-1] >= whole.accepted[-1] + 6


def test_the_same_seed_gives_the_same_run() -> None:
    assert simulate(small_case(users=200), 7) == simulate(small_case(users=200), 7)
    assert simulate(small_case(users=200), 7) != simulate(small_case(users=200), 8)


def test_pods_that_nobody_started_ahead_come_late() -> None:
    ready = simulate(small_case(users=4000), 1)
    fleet = replace(small_case().fleet, ahead=False, drain_seconds=60)
    late = simulate(small_case(users=4000, fleet=fleet), 1)
    assert late.done[-1] > ready.done[-1] + 30
    assert late.replicas[0][1] == fleet.worker.least
    assert late.most_workers > fleet.worker.least


def test_no_more_places_are_taken_than_there_are() -> None:
    case = small_case()
    service = Service(Environment(), case, random.Random(1))  # noqa: S311
    run = simulate(case, 1)
    assert 0 < run.most_uploading <= service.places
    assert run.refusals > 0


def test_bill_names_every_part_and_grows_with_the_fleet() -> None:
    case = small_case()
    bill = dollars_a_month(case, simulate(case, 1))
    assert all(dollars >= 0 for dollars in bill.values())
    larger = replace(case, fleet=replace(case.fleet, mongodb_cores=2 * case.fleet.mongodb_cores))
    assert dollars_a_month(larger, simulate(larger, 1))["MongoDB"] > bill["MongoDB"]


def test_bands_are_of_all_seeds() -> None:
    runs = [simulate(small_case(users=100), seed) for seed in range(4)]
    found = band(runs, lambda run: run.done[-1])
    assert found.low <= found.middle <= found.high
    assert found.low < found.high


def test_pages_have_the_parts_that_are_written(tmp_path: Path) -> None:
    parts = ("speed", "cost", "smallest", "sensitivity", "validation", "assumptions")
    for page, names in ((PAGE, parts), (ARCHITECTURE, ("deployments",))):
        copy = tmp_path / page.name
        copy.write_text(page.read_text(encoding="utf-8"), encoding="utf-8")
        write_parts(copy, {name: f"the {name}" for name in names})
        written = copy.read_text(encoding="utf-8")
        assert all(f"\nthe {name}\n" in written for name in names)


def test_deployments_are_the_sizes_and_a_lost_zone() -> None:
    case = small_case(users=200)
    runs = [simulate(case, seed) for seed in range(2)]
    heading, _, row = deployment_table([(case, runs)]).split("\n")
    assert heading.startswith("| case | cores in the burst |")
    cores = case.fleet.api.burst * case.fleet.api.cores
    cores += case.fleet.worker.burst * case.fleet.worker.cores
    assert row.startswith(f"| {case.name} | {cores:,.0f} |")
    names = [case.name for case in [*sizes(KNOWN), *variants(KNOWN)]][:DEPLOYMENTS]
    assert names[-1] == "a zone is lost at 10:01"


def test_cases_are_those_of_the_page() -> None:
    names = [case.name for case in [*sizes(KNOWN), *variants(KNOWN)]]
    assert len(set(names)) == len(names)
    assert {"1,000 users", "10,000 users", f"{LARGE:,} users", "1,000,000 users"} < set(names)
    assert figures.BENCH.is_file()
    assert figures.FLEET.is_file()
