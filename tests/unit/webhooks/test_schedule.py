"""Retries of deliveries: their delays, and the meaning of answers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.webhooks.schedule import (
    LONGEST_RETRY_AFTER,
    RETRY_SECONDS,
    Verdict,
    has_failed_too_long,
    judge,
    next_attempt,
    quiet_until,
    read_delays,
    read_retry_after,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIVE_DAYS = timedelta(days=5)


def seconds_until(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - NOW).total_seconds()


def test_schedule_is_that_of_the_specification() -> None:
    waits = [seconds_until(next_attempt(tries, NOW, 0.5)) for tries in range(1, 8)]
    assert waits == [5, 300, 1800, 7200, 18000, 36000, 36000]
    assert next_attempt(8, NOW, 0.5) is None
    assert next_attempt(50, NOW, 0.5) is None


@given(st.integers(1, len(RETRY_SECONDS)), st.floats(0, 1))
def test_jitter_is_a_fifth(tries: int, spread: float) -> None:
    wait = seconds_until(next_attempt(tries, NOW, spread))
    assert 0.8 * RETRY_SECONDS[tries - 1] <= wait + 1e-3
    assert wait <= 1.2 * RETRY_SECONDS[tries - 1] + 1e-3


def test_delays_can_be_set() -> None:
    delays = read_delays("0.5,2")
    assert seconds_until(next_attempt(2, NOW, 0.5, delays)) == 2
    assert next_attempt(3, NOW, 0.5, delays) is None


@pytest.mark.parametrize(
    ("status_code", "verdict"),
    [
        (None, Verdict.FAILED),
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (301, Verdict.FAILED),
        (302, Verdict.FAILED),
        (304, Verdict.FAILED),
        (400, Verdict.FAILED),
        (404, Verdict.FAILED),
        (410, Verdict.GONE),
        (429, Verdict.SLOW_DOWN),
        (500, Verdict.FAILED),
        (502, Verdict.SLOW_DOWN),
        (503, Verdict.SLOW_DOWN),
        (504, Verdict.SLOW_DOWN),
        (999, Verdict.FAILED),
    ],
)
def test_judges_answers(status_code: int | None, verdict: Verdict) -> None:
    assert judge(status_code) is verdict


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("86400", 86400),
        ("86401", 86400),
        ("9" * 400, 86400),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60),
        ("Sunday, 22-Nov-26 12:01:00 GMT", 60),
        ("Sun Nov 22 12:01:00 2026", 60),
        ("Sun, 22 Nov 2026 12:01:00 -0000", 60),
        ("Sun, 22 Nov 2026 13:01:00 +0100", 60),
        ("Sun, 22 Nov 2020 12:00:00 GMT", 0),
        ("Sun, 22 Nov 2099 12:00:00 GMT", 86400),
    ],
)
def test_reads_retry_after(text: str, seconds: float) -> None:
    assert seconds_until(read_retry_after(text, NOW)) == seconds


@pytest.mark.parametrize("text", [None, "", "soon", "-5", "1.5", "٣", "Sun, 99 Nov 2026 12:00:00"])
def test_ignores_retry_after_that_is_none(text: str | None) -> None:
    assert read_retry_after(text, NOW) is None


@pytest.mark.slow
@given(st.text() | st.from_regex(r"\w{3}, \d+ Nov \d+ \d+:\d+:\d+ [+-]\d+"))
def test_retry_after_may_be_anything(text: str) -> None:
    wished = read_retry_after(text, NOW)
    assert wished is None or NOW <= wished <= NOW + LONGEST_RETRY_AFTER


def test_who_says_too_much_is_left_alone_for_as_long_as_he_says_or_half_a_minute() -> None:
    assert quiet_until(NOW + timedelta(seconds=7), NOW) == NOW + timedelta(seconds=7)
    assert quiet_until(None, NOW) == NOW + timedelta(seconds=30)


def test_five_days_are_too_long() -> None:
    limit = FIVE_DAYS.total_seconds()
    assert has_failed_too_long(NOW - FIVE_DAYS, NOW, limit)
    assert not has_failed_too_long(NOW - FIVE_DAYS + timedelta(seconds=1), NOW, limit)
