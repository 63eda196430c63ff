"""ISO weeks as times in UTC: years' ends, leap days, daylight saving, zones far apart."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar.days import TODAY, find_day, find_zone
from domain.calendar.weeks import CURRENT, Week, find_week
from domain.errors.requests import InvalidValue

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)  # A Sunday.


@pytest.mark.parametrize(
    ("zone", "name", "starts", "hours"),
    [
        ("UTC", "2026-W47", datetime(2026, 11, 16, tzinfo=UTC), 168),
        ("Asia/Kathmandu", "2026-W47", datetime(2026, 11, 15, 18, 15, tzinfo=UTC), 168),
        # Weeks that lie in two years.
        ("UTC", "2026-W01", datetime(2025, 12, 29, tzinfo=UTC), 168),
        ("UTC", "2026-W53", datetime(2026, 12, 28, tzinfo=UTC), 168),
        ("UTC", "2020-W53", datetime(2020, 12, 28, tzinfo=UTC), 168),
        # With a leap day in it.
        ("UTC", "2024-W09", datetime(2024, 2, 26, tzinfo=UTC), 168),
        # Clocks go forward, and back, on its Sunday.
        ("Europe/Vienna", "2026-W13", datetime(2026, 3, 22, 23, tzinfo=UTC), 167),
        ("Europe/Vienna", "2026-W43", datetime(2026, 10, 18, 22, tzinfo=UTC), 169),
        # The week without a Friday, when the island changed sides of the date line.
        ("Pacific/Apia", "2011-W52", datetime(2011, 12, 26, 10, tzinfo=UTC), 144),
        ("Pacific/Kiritimati", "2026-W47", datetime(2026, 11, 15, 10, tzinfo=UTC), 168),
        ("Pacific/Niue", "2026-W47", datetime(2026, 11, 16, 11, tzinfo=UTC), 168),
    ],
)
def test_week_in_zone(zone: str, name: str, starts: datetime, hours: int) -> None:
    found = find_zone(zone)
    week = find_week(name, NOON, found)
    assert week.name == name
    assert week.start(found) == starts
    assert week.end(found) - starts == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "now", "name"),
    [
        ("UTC", NOON, "2026-W47"),
        ("Pacific/Kiritimati", NOON, "2026-W48"),
        ("UTC", datetime(2027, 1, 3, 12, tzinfo=UTC), "2026-W53"),
        ("UTC", datetime(2024, 12, 30, tzinfo=UTC), "2025-W01"),
    ],
)
def test_current_week(zone: str, now: datetime, name: str) -> None:
    assert find_week(CURRENT, now, find_zone(zone)).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2026",
        "2026-W00",
        "2025-W53",
        "2026-W54",
        "2026-w47",
        "2026W47",
        "0000-W01",
        "now",
        "2026-W4７",
        "2026-W47\n",
        " 2026-W47",
        "-026-W47",
    ],
)
def test_rejects_week_that_is_none(name: str) -> None:
    with pytest.raises(InvalidValue):
        find_week(name, NOON, find_zone("UTC"))


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_first_and_last_week_there_is(zone: str) -> None:
    found = find_zone(zone)
    assert find_week("0001-W01", NOON, found).start(found).year == 1
    assert find_week("9999-W52", NOON, found).end(found).year == 9999


@given(st.dates(), st.sampled_from(["UTC", "Europe/Vienna", "America/St_Johns", "Asia/Kathmandu"]))
def test_weeks_meet_without_gap(day: date, zone: str) -> None:
    found = find_zone(zone)
    year, number, _ = day.isocalendar()
    week = Week(year, number)
    assert find_week(week.name, NOON, found) == week
    monday = day - timedelta(days=day.weekday())
    if monday.toordinal() + 7 < date.max.toordinal():
        year, number, _ = (monday + timedelta(days=7)).isocalendar()
        assert week.end(found) == Week(year, number).start(found)


@pytest.mark.parametrize(
    ("zone", "name", "day"),
    [
        ("UTC", TODAY, date(2026, 11, 22)),
        ("Pacific/Kiritimati", TODAY, date(2026, 11, 23)),
        ("Pacific/Niue", TODAY, date(2026, 11, 22)),
        ("UTC", "2024-02-29", date(2024, 2, 29)),
    ],
)
def test_finds_day(zone: str, name: str, day: date) -> None:
    assert find_day(name, NOON, find_zone(zone)) == day


@pytest.mark.parametrize(
    "name",
    ["", "now", "2025-02-29", "2026-13-01", "20261122", "2026-W47", "2026-11-2２", "0000-01-01"],
)
def test_rejects_day_that_is_none(name: str) -> None:
    with pytest.raises(InvalidValue):
        find_day(name, NOON, find_zone("UTC"))
