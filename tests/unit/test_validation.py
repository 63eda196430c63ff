"""The model of one machine: what it predicts for runs of real processes."""

import pytest
from msgspec.structs import replace

from sandbox.processors import usable_processors
from simulation.validation.predict import predict
from simulation.validation.trial import (
    PARTS,
    Compared,
    Costs,
    Points,
    Trial,
    Validation,
    at_share,
    points_of,
    rows_of,
)

COSTS = Costs(
    accepting=dict.fromkeys(PARTS, 0.0) | {"API": 0.002, "MongoDB": 0.003, "clients": 0.0002},
    committing={"API": 0.0, "MongoDB": 0.0},
    commit_seconds=0.0,
    primary_share=0.5,
    working=dict.fromkeys(PARTS, 0.0) | {"children": 0.010, "worker": 0.001, "MongoDB": 0.003},
    starting=1.0,
    start_seconds=3.0,
    idle_cores=0.0,
)
TRIAL = Trial("a trial", 1, 4, uploads=1000)
ELECTION_SECONDS = 12.0


def test_a_run_that_is_bound_by_processors_takes_their_time() -> None:
    found = predict(TRIAL, COSTS, ELECTION_SECONDS)
    spent = sum(COSTS.accepting.values()) + sum(COSTS.working.values())
    least = 1000 * spent / usable_processors()
    assert least * 0.98 < found.done[-1] < least * 1.4


def test_a_lone_upload_waits_for_the_disks_of_its_transaction() -> None:
    few = replace(TRIAL, uploads=10)
    slow = predict(few, replace(COSTS, commit_seconds=0.3), ELECTION_SECONDS)
    fast = predict(few, COSTS, ELECTION_SECONDS)
    assert slow.accepted[0] == pytest.approx(fast.accepted[0] + 0.3, abs=0.01)


def test_one_worker_with_one_child_is_slower_than_four() -> None:
    slow = replace(COSTS, working=COSTS.working | {"children": 0.05})
    few = predict(replace(TRIAL, workers=1), slow, ELECTION_SECONDS)
    assert few.done[-1] == pytest.approx(1000 * 0.054, rel=0.1), "a core is left over"
    if usable_processors() > 1:
        assert predict(TRIAL, slow, ELECTION_SECONDS).done[-1] < 0.8 * few.done[-1]


def test_uploads_that_wait_go_into_one_transaction() -> None:
    dear = replace(COSTS, committing={"API": 0.0, "MongoDB": 0.5})
    together = replace(TRIAL, seconds=0.001)
    alone = replace(TRIAL, uploads=5, seconds=1000.0)
    assert predict(alone, dear, ELECTION_SECONDS).accepted[0] > 400
    # One transaction for the first upload, and one or a few for all others.
    slower = predict(together, dear, ELECTION_SECONDS).accepted[-1]
    assert slower < predict(together, COSTS, ELECTION_SECONDS).accepted[-1] + 5


def test_nothing_is_accepted_or_ended_during_an_election() -> None:
    whole = predict(TRIAL, COSTS, ELECTION_SECONDS)
    without = predict(replace(TRIAL, killed_at=1.0), COSTS, ELECTION_SECONDS)
    # The API goes on to take uploads in, so that less is left to do afterwards.
    assert without.accepted[-1] > whole.accepted[-1] + ELECTION_SECONDS / 2
    assert whole.done[-1] + ELECTION_SECONDS / 2 < without.done[-1]
    assert without.done[-1] < whole.done[-1] + ELECTION_SECONDS


def test_a_worker_that_is_added_helps_from_its_start_on() -> None:
    slow = replace(COSTS, working=COSTS.working | {"children": 0.05})
    alone = predict(replace(TRIAL, workers=1), slow, ELECTION_SECONDS)
    helped = predict(replace(TRIAL, workers=1, added_at=10.0), slow, ELECTION_SECONDS)
    if usable_processors() > 1:
        assert helped.done[0] < alone.done[0]
    assert helped.accepted == pytest.approx(alone.accepted, rel=0.05)


def test_points_are_the_times_until_which_a_share_had_come() -> None:
    times = [float(number) for number in range(100, 0, -1)]
    assert at_share(times, 0.5) == 51
    assert points_of(times, times[:10], [3.0]).accepted == [51, 91, 100]


def test_verdict_is_that_of_the_bars() -> None:
    real = Points([10, 10, 10], [10, 10, 10], 10)
    said = Points([11.4, 8.6, 11.6], [10, 10, 8.4], 12.6)
    found = Validation({}, COSTS, [Compared(TRIAL, real, said)])
    heading, *rows = rows_of(found)
    assert heading[-1] == "within the bar"
    assert [row[-1] for row in rows] == ["yes", "yes", "NO", "yes", "yes", "NO", "NO"]
    assert rows[-1][-2] == "+26%"
