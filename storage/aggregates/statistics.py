"""Reads the statistics: stored counts and pending changes in one snapshot."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from pymongo.client_session import ClientSession

from domain.statistics import (
    CAMERA,
    FAILURE,
    FORMAT,
    QUARTER,
    TOP_CAMERAS,
    TOTAL,
    USER,
    USERS,
    Counts,
    Statistics,
    count_days,
    count_users,
    day_borders,
    list_days,
    summarize,
)
from storage.aggregates.aggregator import HAS_ENDED
from storage.aggregates.counted_images import IS_UNCOUNTED, UNCOUNTED
from storage.aggregates.counters import STATISTICS, day_range, expand
from storage.aggregates.pending import read_pending_counts
from storage.mongo.client import Client, Database
from storage.mongo.snapshots import read_snapshot_in_thread
from storage.mongo.threads import PlainDatabase
from storage.queue.fair_turns import FairTurns

PART = 1_000


class Pending(msgspec.Struct, frozen=True):
    """The number of uncounted images, and the time since the first ended; 0.0 if none has."""

    images: int
    lag_seconds: float


class StatisticsReader:
    """Reads the statistics."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._turns = FairTurns(1)

    async def read(self, now: datetime, zone: ZoneInfo) -> Statistics:
        """Read the statistics, with days of a time zone, up to the last acknowledged write."""
        days = list_days(now, zone)
        borders = day_borders(days, zone)

        def read(database: PlainDatabase, session: ClientSession) -> Statistics:
            pending = read_pending_counts(database, session)
            change = Counts({name: count for name, count in pending.items() if count})
            counts = Counts(_read_stored(database, change, borders, session))
            counts[USERS] += count_users(counts, change)
            counts.update(change)
            return summarize(counts, count_days(days, borders, counts))

        # Many pending changes take memory.
        return await self._turns.run(
            lambda: read_snapshot_in_thread(self._client, self._database, read)
        )

    async def look(self, now: datetime) -> Pending:
        """Measure how far the stored counts are behind."""
        images = self._database["images"]
        count = await images.count_documents(IS_UNCOUNTED, hint=UNCOUNTED)
        oldest = images.find(HAS_ENDED, {"finished_at": 1}).hint(UNCOUNTED).limit(1)
        waits = [(now - image["finished_at"]).total_seconds() async for image in oldest]
        return Pending(count, max([0.0, *waits]))


def _read_stored(
    database: PlainDatabase, change: Counts, borders: Sequence[str], session: ClientSession
) -> dict[str, int]:
    """Read the stored counts that the statistics and pending changes need."""
    statistics = database[STATISTICS]
    changing = [name for name in change if name.startswith((USER, CAMERA))]
    fewer = sum(change[name] < 0 for name in changing if name.startswith(CAMERA))
    # "0" follows "/", so this range holds all names of a family.
    families = [{"_id": {"$gte": of, "$lt": of[:-1] + "0"}} for of in (TOTAL, FORMAT, FAILURE)]
    wanted = [
        {"_id": {"$in": changing}},
        day_range(QUARTER + borders[0], QUARTER + borders[-1]),
        *families,
    ]
    found = list(statistics.find({"$or": wanted}, session=session, batch_size=PART))
    # Each camera with a falling count may leave the top, so that many more are read.
    most = TOP_CAMERAS + fewer
    order = [("count", -1), ("_id", 1)]
    cameras = statistics.find({"family": CAMERA}, session=session).sort(order).limit(most)
    return dict(expand([*found, *cameras]))
