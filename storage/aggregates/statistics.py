"""The statistics as they are at one moment: what is stored, and what is not folded yet."""

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
from storage.aggregates.counted_images import IS_UNCOUNTED, UNCOUNTED
from storage.aggregates.counters import STATISTICS, day_range, expand
from storage.aggregates.folding import HAS_ENDED
from storage.aggregates.pending import read_unfolded_counts
from storage.mongo.client import Client, Database, Document, PlainDatabase
from storage.mongo.snapshots import read_snapshot_in_thread

PART = 1_000


class Unfolded(msgspec.Struct, frozen=True):
    """What is not in the stored statistics yet.

    Attributes:
        images: How many images.
        lag_seconds: For how long the one that ended first has waited.
    """

    images: int
    lag_seconds: float


class StatisticsReader:
    """Reads the statistics.

    Args:
        client: For snapshots.
        database: Holds everything.
    """

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database

    async def read(self, now: datetime, zone: ZoneInfo) -> Statistics:
        """Read the statistics, right to the last acknowledged write.

        Args:
            now: The time, UTC.
            zone: Whose days are meant.
        """
        days = list_days(now, zone)
        borders = day_borders(days, zone)

        def read(database: PlainDatabase, session: ClientSession) -> Statistics:
            change = _without_nothing(read_unfolded_counts(database, session))
            counts = Counts(_read_stored(database, change, borders, session))
            counts[USERS] += count_users(counts, change)
            counts.update(change)
            return summarize(counts, count_days(days, borders, counts))

        return await read_snapshot_in_thread(self._client, self._database, read)

    async def look(self, now: datetime) -> Unfolded:
        """Look how far the folding is behind."""
        images = self._database["images"]
        count = await images.count_documents(IS_UNCOUNTED, hint=UNCOUNTED)
        oldest = images.find(HAS_ENDED, {"finished_at": 1}).hint(UNCOUNTED).limit(1)
        waits = [(now - image["finished_at"]).total_seconds() async for image in oldest]
        return Unfolded(count, max([0.0, *waits]))


def _read_stored(
    database: PlainDatabase, change: Counts, borders: Sequence[str], session: ClientSession
) -> dict[str, int]:
    """Read those stored counts that matter."""
    statistics = database[STATISTICS]
    changing = [name for name in change if name.startswith((USER, CAMERA))]
    fewer = sum(change[name] < 0 for name in changing if name.startswith(CAMERA))
    wanted = [
        {"_id": {"$in": changing}},
        day_range(QUARTER + borders[0], QUARTER + borders[-1]),
        *map(_in_family, (TOTAL, FORMAT, FAILURE)),
    ]
    found = list(statistics.find({"$or": wanted}, session=session, batch_size=PART))
    # Those that become fewer may fall behind: so many others may take their places.
    most = TOP_CAMERAS + fewer
    order = [("count", -1), ("_id", 1)]
    cameras = statistics.find({"family": CAMERA}, session=session).sort(order).limit(most)
    return dict(expand([*found, *cameras]))


def _without_nothing(counts: Counts) -> Counts:
    return Counts({name: count for name, count in counts.items() if count})


def _in_family(family: str) -> Document:
    """Make the query for all names of a family: ``0`` comes after ``/``."""
    return {"_id": {"$gte": family, "$lt": family[:-1] + "0"}}
