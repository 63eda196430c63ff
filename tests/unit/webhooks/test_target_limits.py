"""Which deliveries are attempted: owners take turns, and none takes all attempts."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from storage.clock import utc_now
from storage.webhooks.due_deliveries import Due, DueDelivery
from tasks.delivery.target_limits import Outcome, TargetLimits

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def _due(*owners: str, new: bool = False, failing: bool = False, each: int = 1) -> Due:
    """Make deliveries, one for each target, the first owner's oldest."""
    firsts = [
        DueDelivery(
            id=f"{owner} {number}",
            target=f"{owner} {number}",
            due_at=NOW + timedelta(seconds=place),
            is_failing=failing,
            owner=owner,
            is_new=new,
        )
        for place, owner in enumerate(owners)
        for number in range(each)
    ]
    return Due(firsts, None)


def _begin(limits: TargetLimits, due: Due) -> Counter[str]:
    """Begin what is chosen, and count the attempts by owner."""
    owner_of = {one.id: one.owner for one in due.firsts}
    chosen, _ = limits.choose(due, NOW + timedelta(hours=1))
    for one in chosen:
        limits.begin(one, owner_of[one])
    return Counter(owner_of[one] for one in chosen)


def test_owners_take_turns() -> None:
    limits = TargetLimits(10, 8)
    chosen, _ = limits.choose(_due("a", "b", "c", each=20), NOW + timedelta(hours=1))
    assert [one[0] for one in chosen[:9]] == ["a", "b", "c"] * 3


def test_one_owner_leaves_a_quarter_to_those_that_come_later() -> None:
    limits = TargetLimits(100, 8)
    assert 75 <= _begin(limits, _due("a", each=1000))["a"] <= 76
    assert _begin(limits, _due("a", each=1000)) == {}
    assert 18 <= _begin(limits, _due("a", "b", each=1000))["b"] <= 19
    assert 4 <= _begin(limits, _due("c", each=1000))["c"] <= 5


def test_new_targets_get_one_attempt_at_a_time() -> None:
    limits = TargetLimits(100, 8)
    new = _due("a", new=True)
    assert _begin(limits, new) == {"a": 1}
    assert _begin(limits, new) == {}
    assert limits.end("a 0")
    limits.record("a 0", Outcome(is_delivered=True))
    assert [_begin(limits, _due("a")) for _ in range(8)] == [{"a": 1}] * 8
    assert _begin(limits, _due("a")) == {}


def test_failing_targets_of_one_owner_leave_room_among_half_of_the_attempts() -> None:
    limits = TargetLimits(100, 8)
    assert 37 <= _begin(limits, _due("a", each=1000, failing=True))["a"] <= 39
    assert 9 <= _begin(limits, _due("b", each=1000, failing=True))["b"] <= 10
    assert _begin(limits, _due("c", each=1000))["c"] >= 20


def test_few_attempts_are_enough_for_each_owner() -> None:
    limits = TargetLimits(1, 1)
    assert _begin(limits, _due("a", "b")) == {"a": 1}
    limits.end("a 0")
    assert _begin(limits, _due("b")) == {"b": 1}


def _more(limits: TargetLimits, *owners: str) -> dict[str, int]:
    limits.choose(_due(*owners), utc_now() + timedelta(hours=1))
    return dict(limits.more)


def test_only_healthy_targets_get_several_deliveries_at_once() -> None:
    limits = TargetLimits(400, 8)
    assert _more(limits, "a", "b") == {}, "nothing is known of them yet"
    limits.record("a 0", Outcome(is_delivered=True), seconds=1.0)
    assert _more(limits, "a", "b") == {"a 0": 7}
    limits.record("a 0", Outcome(is_delivered=False), seconds=0.01)
    assert _more(limits, "a") == {}
    for _ in range(8):
        limits.record("a 0", Outcome(is_delivered=True), seconds=1.0)
    assert _more(limits, "a") == {"a 0": 7}


def test_more_are_claimed_for_a_target_while_it_answers_fast() -> None:
    limits = TargetLimits(400, 8)
    limits.record("a 0", Outcome(is_delivered=True), seconds=0.005)
    assert _more(limits, "a") == {"a 0": 31}
    for _ in range(4):
        limits.record("a 0", Outcome(is_delivered=True), seconds=0.3)
    assert _more(limits, "a") == {"a 0": 7}


def test_healthy_targets_share_the_attempts_in_turns() -> None:
    limits = TargetLimits(20, 8)
    for owner in "abc":
        limits.record(f"{owner} 0", Outcome(is_delivered=True), seconds=0.005)
    more = _more(limits, "a", "b", "c")
    assert 14 <= sum(more.values()) <= 17
    assert max(more.values()) - min(more.values()) <= 1


def _succeed(limits: TargetLimits, seconds: float, times: int) -> None:
    for _ in range(times):
        limits.record("a 0", Outcome(is_delivered=True), seconds)


def test_a_target_that_answers_fast_gets_more_attempts_and_a_slow_one_does_not() -> None:
    limits = TargetLimits(1000, 32)
    _succeed(limits, seconds=0.3, times=50)
    assert _more(limits, "a") == {"a 0": 7}
    _succeed(limits, seconds=0.005, times=50)
    assert _more(limits, "a") == {"a 0": 32 * 4 - 1}
    _succeed(limits, seconds=0.3, times=50)
    assert _more(limits, "a") == {"a 0": 7}


def test_a_failure_halves_what_a_fast_target_may_have() -> None:
    limits = TargetLimits(1000, 32)
    _succeed(limits, seconds=0.005, times=50)
    limits.record("a 0", Outcome(is_delivered=False))
    _succeed(limits, seconds=0.005, times=1)
    assert _more(limits, "a") == {"a 0": 17 * 4 - 1}


def test_one_attempt_each_can_be_the_most() -> None:
    limits = TargetLimits(10, 1)
    limits.record("a 0", Outcome(is_delivered=False))
    _succeed(limits, seconds=0.3, times=1)
    later = utc_now() + timedelta(hours=1)
    assert limits.choose(_due("a"), later) == (["a 0"], None)
    limits.begin("a 0", "a")
    assert limits.choose(_due("a"), later) == ([], None)
