"""IDs and the clock: ordered and steady when the clock of the system jumps."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from storage import clock
from storage.clock import first_id_at, follow_clock, made_at, new_id, utc_now

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def own_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock of this test's own."""
    monkeypatch.setattr(clock, "_clock", clock._SteadyClock())


def test_ids_are_uuid7_in_the_order_of_their_making() -> None:
    ids = [new_id() for _ in range(5_000)]
    assert ids == sorted(set(ids))
    for made in ids[::500]:
        parsed = UUID(made)
        assert (parsed.version, str(parsed)) == (7, made)
        assert parsed.variant == "specified in RFC 4122"
        assert abs(made_at(made) - datetime.now(UTC)) < timedelta(seconds=60)


def test_ids_stay_in_order_when_the_clock_is_set_back() -> None:
    before = [new_id() for _ in range(100)]
    assert follow_clock(utc_now() - HOUR)
    after = [new_id() for _ in range(100)]
    assert before + after == sorted(before + after)


def test_time_goes_on_evenly_when_the_system_clock_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    before = utc_now()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert timedelta(0) <= utc_now() - before < timedelta(seconds=60)


@pytest.mark.parametrize("away", [HOUR, -HOUR, 10_000 * HOUR])
def test_follows_the_clock_of_a_server(away: timedelta) -> None:
    now = utc_now() + away
    assert follow_clock(now)
    assert timedelta(0) <= utc_now() - now + timedelta(milliseconds=1) < timedelta(seconds=60)
    assert not follow_clock(utc_now()), "it is right already"


def test_first_id_of_a_moment_is_before_all_that_are_made_then() -> None:
    moment = utc_now()
    made = new_id()
    assert first_id_at(moment) <= made < first_id_at(moment + HOUR)
