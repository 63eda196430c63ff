"""Lists the histograms of a user's week."""

from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import msgspec

from domain.calendar.days import find_zone
from domain.calendar.weeks import find_week
from storage.clock import utc_now
from storage.histograms.periods import Period
from storage.histograms.user_histograms import ImageHistogram, UserHistograms


class WeekPage(msgspec.Struct, frozen=True):
    """A page of the histograms of a user's week.

    Attributes:
        title: The user, the week and the time zone, for people.
        zone: The time zone.
        histograms: Newest first.
        next_cursor: Continues the list; None on the last page.
        next_url: Path and query of the next page; None on the last page.
    """

    title: str
    zone: ZoneInfo
    histograms: list[ImageHistogram]
    next_cursor: str | None
    next_url: str | None


class ListWeekHistograms:
    """Lists the histograms of a user's week.

    Args:
        histograms: Reads the histograms of users.
    """

    def __init__(self, histograms: UserHistograms) -> None:
        self._histograms = histograms

    async def list_page(
        self, user_id: str, week: str, tz: str, limit: int, cursor: str | None
    ) -> WeekPage:
        """List the histograms of all images that a user uploaded in a week.

        Args:
            user_id: The user.
            week: ``current`` or an ISO week such as ``2026-W47``.
            tz: IANA name of the time zone of the week.
            limit: Most histograms on the page.
            cursor: ``next_cursor`` of the page before.

        Raises:
            InvalidValue: The week or the time zone does not exist.
        """
        zone = find_zone(tz)
        found = find_week(week, utc_now(), zone)
        period = Period(found.start(zone), found.end(zone))
        page = await self._histograms.list_page(user_id, period, limit, cursor)
        next_url = None
        if page.next_before:
            query = {"week": found.name, "tz": tz, "limit": limit, "cursor": page.next_before}
            next_url = f"/v1/users/{quote(user_id, safe='')}/histograms?{urlencode(query)}"
        title = f"{user_id}, {found.name} ({tz})"
        return WeekPage(title, zone, page.histograms, page.next_before, next_url)
