"""ISO weeks of the calendar, as times in UTC."""

import re
from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from domain.calendar.days import end_of_day, start_of_day
from domain.errors.requests import InvalidValue

CURRENT = "current"
WEEK_PATTERN = r"^(current|\d{4}-W\d{2})\Z"


class Week(msgspec.Struct, frozen=True):
    """A week from Monday to Sunday.

    Source: ISO 8601: week 1 of a year is the one that has its first Thursday, so a year has 52
    weeks or 53, and its first and last days may belong to a week of another year.

    Attributes:
        year: The year that the week belongs to, 1 to 9999.
        number: 1 to 52 or 53.
    """

    year: int
    number: int

    @property
    def name(self) -> str:
        """As ``2026-W47``."""
        return f"{self.year:04}-W{self.number:02}"

    def start(self, zone: ZoneInfo) -> datetime:
        """Return the first moment of its Monday in a zone, UTC."""
        return start_of_day(date.fromisocalendar(self.year, self.number, 1), zone)

    def end(self, zone: ZoneInfo) -> datetime:
        """Return the first moment after its Sunday in a zone, UTC."""
        monday = date.fromisocalendar(self.year, self.number, 1).toordinal()
        # The last week of ``date`` ends after its last day.
        sunday = date.fromordinal(min(monday + 6, date.max.toordinal()))
        return end_of_day(sunday, zone)


def find_week(name: str, now: datetime, zone: ZoneInfo) -> Week:
    """Find a week by its name: :data:`CURRENT` in a zone, or as ``2026-W47``.

    Raises:
        InvalidValue: There is no such week.
    """
    if name == CURRENT:
        year, number, _ = now.astimezone(zone).isocalendar()
        return Week(year, number)
    with suppress(ValueError):
        if re.fullmatch(WEEK_PATTERN, name, re.ASCII):
            year, number = int(name[:4]), int(name[6:])
            date.fromisocalendar(year, number, 1)
            return Week(year, number)
    raise InvalidValue(
        "This week does not exist. Write it as in 2026-W47; most years have 52 weeks, some 53.",
        "week",
    )
