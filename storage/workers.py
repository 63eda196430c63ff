"""Heartbeats: which workers live, and how fast the work goes."""

import re
from datetime import datetime, timedelta

import msgspec

from storage.mongo import Database

HEARTBEAT_SECONDS = 2.0
ALIVE_SECONDS = 10.0


class Workforce(msgspec.Struct, frozen=True):
    """The live workers together.

    Attributes:
        workers: How many live.
        images_per_second: What they finish at their recent pace; 0.0 while unknown.
    """

    workers: int
    images_per_second: float


class Workers:
    """Records and reads heartbeats.

    Args:
        database: Holds everything.
    """

    def __init__(self, database: Database) -> None:
        self._workers = database["workers"]

    async def beat(self, worker_id: str, images_per_second: float) -> None:
        """Record that a worker lives. The time is the server's."""
        await self._workers.update_one(
            {"_id": worker_id},
            [{"$set": {"seen_at": "$$NOW", "images_per_second": images_per_second}}],
            upsert=True,
        )

    async def leave(self, worker_id: str) -> None:
        """Record that a worker has ended."""
        await self._workers.delete_one({"_id": worker_id})

    async def workforce(self, now: datetime) -> Workforce:
        """Count the workers that were seen lately and add up their pace."""
        alive = {"seen_at": {"$gte": now - timedelta(seconds=ALIVE_SECONDS)}}
        rates = [worker["images_per_second"] async for worker in self._workers.find(alive)]
        return Workforce(workers=len(rates), images_per_second=sum(rates))

    async def is_alive(self, host: str, now: datetime) -> bool:
        """Say whether a worker of a host was seen lately."""
        prefix = "^" + re.escape(f"{host}:")
        seen = {"$gte": now - timedelta(seconds=ALIVE_SECONDS)}
        return bool(await self._workers.find_one({"_id": {"$regex": prefix}, "seen_at": seen}))
