"""Reads the median histogram of a day."""

from datetime import date

import msgspec

from domain.calendar.days import end_of_day, find_day, find_zone, start_of_day
from storage.clock import utc_now
from storage.histograms.medians import Median, Medians
from storage.histograms.periods import Period


class DayMedian(msgspec.Struct, frozen=True):
    """The median histogram of a day.

    Attributes:
        median: The median, and the number of its images.
        day: The day.
        tz: IANA name of the day's time zone.
    """

    median: Median
    day: date
    tz: str


class ReadMedian:
    """Reads median histograms.

    Args:
        medians: Works medians out.
    """

    def __init__(self, medians: Medians) -> None:
        self._medians = medians

    async def read(self, day: str, tz: str) -> DayMedian:
        """Read the median over all images that were uploaded on a day.

        Args:
            day: ``today`` or a date such as ``2026-11-22``.
            tz: IANA name of the time zone of the day.

        Raises:
            InvalidValue: The day or the time zone does not exist.
            Unavailable: The median cannot be worked out now.
        """
        zone = find_zone(tz)
        found = find_day(day, utc_now(), zone)
        period = Period(start_of_day(found, zone), end_of_day(found, zone))
        return DayMedian(await self._medians.read(period), found, tz)
