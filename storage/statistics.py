"""The statistics as they are at one moment: what is stored, and what is not folded yet."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.errors import OperationFailure

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
from storage.mongo import IS_UNCOUNTED, UNCOUNTED, Client, Database, Document
from storage.statistics_changes import (
    CHANGES,
    COUNTED_FIELDS,
    add_image,
    add_notes,
)
from storage.statistics_folding import HAS_ENDED
from storage.stored_counts import STATISTICS, day_range, expand

Result = TypeVar("Result")
SNAPSHOT_UNAVAILABLE = 246
MOST_TRIES = 20
RETRY_SECONDS = 0.05
# Whoever reads thousands of images lets others have their turn between the parts.
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

        async def read(session: AsyncIOMotorClientSession) -> Statistics:
            return await self._read(days, zone, session)

        return await read_snapshot(self._client, read)

    async def look(self, now: datetime) -> Unfolded:
        """Look how far the folding is behind."""
        images = self._database["images"]
        count = await images.count_documents(IS_UNCOUNTED, hint=UNCOUNTED)
        oldest = images.find(HAS_ENDED, {"finished_at": 1}).hint(UNCOUNTED).limit(1)
        waits = [(now - image["finished_at"]).total_seconds() async for image in oldest]
        return Unfolded(count, max([0.0, *waits]))

    async def _read(
        self, days: Sequence[date], zone: ZoneInfo, session: AsyncIOMotorClientSession
    ) -> Statistics:
        change = await unfolded_counts(self._database, session)
        borders = day_borders(days, zone)
        counts = Counts(await self._read_stored(change, borders, session))
        counts[USERS] += count_users(counts, change)
        counts.update(change)
        return summarize(counts, count_days(days, borders, counts))

    async def _read_stored(
        self, change: Counts, borders: Sequence[str], session: AsyncIOMotorClientSession
    ) -> dict[str, int]:
        """Read those stored counts that matter."""
        statistics = self._database[STATISTICS]
        changing = [name for name in change if name.startswith((USER, CAMERA))]
        wanted = [
            {"_id": {"$in": changing}},
            day_range(QUARTER + borders[0], QUARTER + borders[-1]),
            *map(_in_family, (TOTAL, FORMAT, FAILURE)),
        ]
        found = await statistics.find({"$or": wanted}, session=session, batch_size=PART).to_list(
            None
        )
        # Of those that change any may fall behind: so many others may take their places.
        most = TOP_CAMERAS + sum(name.startswith(CAMERA) for name in changing)
        order = [("count", -1), ("_id", 1)]
        cameras = statistics.find({"family": CAMERA}, session=session).sort(order).limit(most)
        return dict(expand(found + await cameras.to_list(None)))


async def unfolded_counts(database: Database, session: AsyncIOMotorClientSession | None) -> Counts:
    """Add up what is to be added to the stored counts."""
    notes = database[CHANGES].find(session=session, batch_size=PART)
    counts = add_notes(await notes.to_list(None))
    pipeline: list[Document] = [{"$match": IS_UNCOUNTED}, {"$project": COUNTED_FIELDS}]
    images = database["images"].aggregate(pipeline, hint=UNCOUNTED, session=session, batchSize=PART)
    while part := await images.to_list(PART):
        for image in part:
            add_image(counts, image)
    return counts


async def read_snapshot(
    client: Client, read: Callable[[AsyncIOMotorClientSession], Awaitable[Result]]
) -> Result:
    """Read several things as they were at one moment, without a lock.

    Args:
        client: Holds the sessions.
        read: Reads with the session; is called again where the moment lies before a change of
            the collections themselves.

    Returns:
        What ``read`` returned.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """
    tries = 0
    while True:
        tries += 1
        async with await client.start_session(snapshot=True) as session:
            try:
                return await read(session)
            except OperationFailure as error:
                if error.code != SNAPSHOT_UNAVAILABLE or tries == MOST_TRIES:
                    raise
        await asyncio.sleep(RETRY_SECONDS)


def _in_family(family: str) -> Document:
    """Make the query for all names of a family: ``0`` comes after ``/``."""
    return {"_id": {"$gte": family, "$lt": family[:-1] + "0"}}
