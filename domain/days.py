"""Days of the calendar, as times in UTC."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors import InvalidValue


def find_zone(name: str) -> ZoneInfo:
    """Find a time zone.

    Args:
        name: As in the IANA database: ``Europe/Vienna``.

    Raises:
        InvalidValue: There is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidValue(
            "There is no such time zone; name one of the IANA database, as Europe/Vienna."
        ) from None


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Give the first moment of a day in a zone.

    Where midnight is skipped or comes twice, it is the change or the first of the two.

    Returns:
        UTC; the first or the last moment there is where the day lies at the edge.
    """
    try:
        return datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
    except OverflowError:
        edge = datetime.min if day.year == 1 else datetime.max
        return edge.replace(tzinfo=UTC)


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Give the first moment after a day in a zone, UTC."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1), zone)
