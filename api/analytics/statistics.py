"""Reads the statistics of the service."""

from domain.calendar.days import find_zone
from domain.statistics import Statistics
from storage.aggregates.statistics import StatisticsReader
from storage.clock import utc_now


class ReadStatistics:
    """Reads statistics.

    Args:
        statistics: Sums the stored counts and what is pending.
    """

    def __init__(self, statistics: StatisticsReader) -> None:
        self._statistics = statistics

    async def read(self, tz: str) -> Statistics:
        """Read the statistics at this moment.

        Args:
            tz: IANA name of the time zone of the days.

        Raises:
            InvalidValue: The time zone does not exist.
        """
        return await self._statistics.read(utc_now(), find_zone(tz))
