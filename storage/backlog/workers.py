"""Heartbeats: which workers live, and how fast the work goes."""

import os
import re
import socket
from datetime import datetime, timedelta

import msgspec
from pymongo import DESCENDING

from storage.mongo.client import Database, Document

HEARTBEAT_SECONDS = 2.0
ALIVE_SECONDS = 10.0


def worker_name() -> str:
    """Name this process, as ``host:pid``."""
    return f"{socket.gethostname()}:{os.getpid()}"


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
        kind: Of processes: ``workers``, or ``deliverers``.
    """

    def __init__(self, database: Database, kind: str = "workers") -> None:
        self._workers = database[kind]

    async def beat(self, worker_id: str, images_per_second: float, metrics: bytes = b"") -> None:
        """Record that a worker lives. The time is the server's.

        Args:
            worker_id: The worker, as ``host:pid:`` and a number.
            images_per_second: Its pace.
            metrics: What it counts, packed as by ``telemetry.prometheus.pack``.
        """
        fields = {"seen_at": "$$NOW", "images_per_second": images_per_second, "metrics": metrics}
        await self._workers.update_one({"_id": worker_id}, [{"$set": fields}], upsert=True)

    async def leave(self, worker_id: str) -> None:
        """Record that a worker has ended."""
        await self._workers.delete_one({"_id": worker_id})

    async def workforce(self, now: datetime) -> Workforce:
        """Count the workers that were seen lately and add up their pace."""
        found = self._workers.find(_alive(now), {"images_per_second": 1})
        rates = [worker["images_per_second"] async for worker in found]
        return Workforce(workers=len(rates), images_per_second=sum(rates))

    async def metrics(self, now: datetime) -> dict[str, bytes]:
        """Read what the live workers count, packed, by ``host:pid``."""
        found = self._workers.find(_alive(now), {"metrics": 1})
        return {
            worker["_id"].rpartition(":")[0]: worker["metrics"]
            async for worker in found
            if worker.get("metrics")
        }

    async def last_seen(self) -> datetime | None:
        """Say when a worker was last seen; None if none was within the hour."""
        last = await self._workers.find_one({}, {"seen_at": 1}, sort=[("seen_at", DESCENDING)])
        return last["seen_at"] if last else None

    async def is_alive(self, host: str, now: datetime) -> bool:
        """Say whether a worker of a host was seen lately."""
        prefix = "^" + re.escape(f"{host}:")
        return bool(await self._workers.find_one({"_id": {"$regex": prefix}, **_alive(now)}))


def _alive(now: datetime) -> Document:
    return {"seen_at": {"$gte": now - timedelta(seconds=ALIVE_SECONDS)}}
