"""Moments in requests, as times in UTC."""

from datetime import UTC, datetime

import msgspec

from domain.errors.requests import InvalidValue


def read_moment(text: str) -> datetime:
    """Read a time such as ``2026-11-21T09:30:00Z``.

    Raises:
        InvalidValue: The text is no time, or the time is outside of the calendar.
    """
    try:
        return msgspec.convert(text, datetime, strict=False)
    except ValueError:  # Also of msgspec, for years after 9999.
        raise InvalidValue("Write the time as in 2026-11-21T09:30:00Z.", "since") from None


def to_utc(moment: datetime) -> datetime:
    """Convert a time with an offset to UTC.

    Raises:
        InvalidValue: The time has no offset, or is outside of the calendar in UTC.
    """
    if moment.tzinfo is None:
        raise InvalidValue("The time needs a UTC offset, as in 2026-11-21T09:30:00Z.", "since")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidValue("This time does not exist in UTC.", "since") from None
