"""Days of the calendar as times in UTC, at the edges of zones and of time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.calendar.days import end_of_day, find_zone, start_of_day
from domain.errors.requests import InvalidValue


@pytest.mark.parametrize(
    ("zone", "day", "starts", "hours"),
    [
        ("UTC", date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC), 24),
        ("Asia/Kathmandu", date(2026, 1, 31), datetime(2026, 1, 30, 18, 15, tzinfo=UTC), 24),
        ("Europe/Vienna", date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        ("Europe/Vienna", date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        # Midnight is skipped: the day begins at one.
        ("Asia/Beirut", date(2025, 3, 30), datetime(2025, 3, 29, 22, tzinfo=UTC), 23),
        # Midnight comes twice: the day begins with the first.
        ("America/Havana", date(2025, 11, 2), datetime(2025, 11, 2, 4, tzinfo=UTC), 25),
        # A day that never was, since the island changed sides of the date line.
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC), 0),
    ],
)
def test_day_in_zone(zone: str, day: date, starts: datetime, hours: int) -> None:
    found = find_zone(zone)
    assert start_of_day(day, found) == starts
    assert end_of_day(day, found) - start_of_day(day, found) == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York", "UTC"])
def test_first_and_last_day_there_is(zone: str) -> None:
    found = find_zone(zone)
    assert start_of_day(date.min, found).year == 1
    assert end_of_day(date.max, found).year == 9999


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../UTC", "/etc/passwd", "Europe", "Europe/", "a\x00b", "x" * 300]
)
def test_refuses_unknown_zone(name: str) -> None:
    with pytest.raises(InvalidValue):
        find_zone(name)
