"""Reports over many images: statistics, the median histogram of a day, a user's week."""

import asyncio
from collections.abc import Callable
from datetime import date
from functools import partial
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import msgspec

from domain.calendar.days import end_of_day, find_day, find_zone, start_of_day
from domain.calendar.weeks import find_week
from domain.histograms.medians import Median
from domain.records import ImageHistogram
from domain.statistics import Statistics
from domain.tenants import split_owner
from storage.clock import utc_now
from storage.histograms.periods import Period
from storage.queue.fair_turns import FairTurns
from storage.stores import Stores


class WeekPage(msgspec.Struct, frozen=True):
    """A page of the histograms of a user's week, newest first."""

    title: str
    zone: ZoneInfo
    histograms: list[ImageHistogram]
    next_cursor: str | None
    next_url: str | None
    """Path and query of the next page."""


class Reports:
    """Reports over many images."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._drawing = FairTurns(1)

    async def draw(self, plot: Callable[[], str]) -> str:
        """Draw a plot that takes long, in a thread, in the turn of its tenant.

        Raises:
            TooManyReads: Too many plots of this tenant wait.
            ReadingFull: Too many plots wait.
        """
        return await self._drawing.run(partial(asyncio.to_thread, plot))

    async def read_statistics(self, tz: str) -> Statistics:
        """Read the statistics of this moment; ``tz`` is the IANA name of the days' time zone.

        Raises:
            InvalidValue: The time zone does not exist.
        """
        return await self._stores.statistics.read(utc_now(), find_zone(tz))

    async def read_median(self, day: str, tz: str, tenant: str | None) -> tuple[date, Median]:
        """Read the median over all images that were uploaded on a day, and the date of the day.

        Args:
            day: ``today`` or a date such as ``2026-11-22``.
            tz: IANA name of the time zone of the day.
            tenant: Only images of this tenant's users; see :mod:`domain.tenants`.

        Raises:
            InvalidValue: The day or the time zone does not exist.
            Unavailable: The median cannot be worked out now.
        """
        zone = find_zone(tz)
        found = find_day(day, utc_now(), zone)
        period = Period(start_of_day(found, zone), end_of_day(found, zone))
        return found, await self._stores.medians.read(period, tenant)

    async def list_week(
        self, owner: str, week: str, tz: str, limit: int, cursor: str | None
    ) -> WeekPage:
        """List the histograms of all images that a user uploaded in a week.

        Args:
            owner: Stored ID of the user.
            week: ``current`` or an ISO week such as ``2026-W47``.
            tz: IANA name of the time zone of the week.

        Raises:
            InvalidValue: The week or the time zone does not exist.
        """
        zone = find_zone(tz)
        found = find_week(week, utc_now(), zone)
        period = Period(found.start(zone), found.end(zone))
        page = await self._stores.user_histograms.list_page(owner, period, limit, cursor)
        next_url = None
        tenant, user_id = split_owner(owner)
        if page.next_before:
            query = {"week": found.name, "tz": tz, "limit": limit, "cursor": page.next_before}
            query |= {} if tenant is None else {"tenant": tenant}
            next_url = f"/v1/users/{quote(user_id, safe='')}/histograms?{urlencode(query)}"
        title = f"{user_id}, {found.name} ({tz})"
        return WeekPage(title, zone, page.histograms, page.next_before, next_url)
