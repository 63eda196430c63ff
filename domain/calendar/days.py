"""Days of the calendar, as times in UTC."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors.requests import InvalidValue

FIRST_MOMENT = datetime(1, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
TODAY = "today"
DAY_PATTERN = r"^(today|\d{4}-\d{2}-\d{2})\Z"


def find_zone(name: str) -> ZoneInfo:
    """Find a time zone of the IANA database, as ``Europe/Vienna``.

    Raises:
        InvalidValue: There is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidValue(
            "This time zone does not exist. Use an IANA name, such as Europe/Vienna.",
            "tz",
        ) from None


def find_day(name: str, now: datetime, zone: ZoneInfo) -> date:
    """Find a day by its name: :data:`TODAY` in a zone, or as ``2026-11-22``.

    Raises:
        InvalidValue: There is no such day.
    """
    if name == TODAY:
        return now.astimezone(zone).date()
    with suppress(ValueError):
        if re.fullmatch(DAY_PATTERN, name, re.ASCII):
            return date.fromisoformat(name)
    raise InvalidValue("This day does not exist. Write it as in 2026-11-22.", "day")


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day in a zone, UTC, limited to the range of ``datetime``.

    If midnight is skipped, this is the time of the change; if it occurs twice, the first one.
    """
    try:
        return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
    except OverflowError:
        return FIRST_MOMENT if day.year == 1 else LAST_MOMENT


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after a day in a zone, UTC."""
    if day == date.max:
        return LAST_MOMENT
    return start_of_day(day + timedelta(days=1), zone)
