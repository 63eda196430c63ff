"""Heartbeats of worker processes, and their throughput."""

import os
import re
import socket
from datetime import datetime, timedelta

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel

from storage.mongo.client import Database, Document

HEARTBEAT_SECONDS = 2.0
ALIVE_SECONDS = 10.0
_LAST_SEEN = IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=3600)
KINDS = ("workers", "deliverers", "learners")
WORKER_INDEXES = {kind: [_LAST_SEEN] for kind in KINDS}


def worker_name() -> str:
    """Return the name of this process, ``host:pid``."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Workforce(msgspec.Struct, frozen=True):
    """The number of live workers, and the sum of their recent throughput; 0.0 while unknown."""

    workers: int
    images_per_second: float


class LiveWorker(msgspec.Struct, frozen=True):
    """A live worker, ``host:pid``; its metrics are packed by ``telemetry.prometheus.pack``."""

    name: str
    images_per_second: float
    metrics: bytes


class Workers:
    """Records and reads heartbeats of one of :data:`KINDS`."""

    def __init__(self, database: Database, kind: str = "workers") -> None:
        self._workers = database[kind]

    async def beat(
        self,
        worker_id: str,
        images_per_second: float,
        metrics: bytes = b"",
        unreadable_secrets: int = 0,
    ) -> None:
        """Record a heartbeat of a worker, ``host:pid:`` and a number, with the time of the server.

        Args:
            metrics: Packed by ``telemetry.prometheus.pack``.
            unreadable_secrets: Webhook secrets that a deliverer cannot decrypt.
        """
        fields = {
            "seen_at": "$$NOW",
            "images_per_second": images_per_second,
            "metrics": metrics,
            "unreadable_secrets": unreadable_secrets,
        }
        await self._workers.update_one({"_id": worker_id}, [{"$set": fields}], upsert=True)

    async def leave(self, worker_id: str) -> None:
        """Delete the heartbeat of a worker that ends."""
        await self._workers.delete_one({"_id": worker_id})

    async def workforce(self, now: datetime) -> Workforce:
        """Count the live workers and add up their throughput."""
        found = self._workers.find(_alive(now), {"images_per_second": 1})
        rates = [worker["images_per_second"] async for worker in found]
        return Workforce(workers=len(rates), images_per_second=sum(rates))

    async def list_live(self, now: datetime) -> list[LiveWorker]:
        """List the live workers by name."""
        found = await self._workers.find(_alive(now)).sort("_id", ASCENDING).to_list(None)
        return [
            LiveWorker(
                one["_id"].rpartition(":")[0], one["images_per_second"], one.get("metrics", b"")
            )
            for one in found
        ]

    async def metrics(self, now: datetime) -> dict[str, bytes]:
        """Read the packed metrics of the live workers, by ``host:pid``."""
        found = self._workers.find(_alive(now), {"metrics": 1})
        return {
            worker["_id"].rpartition(":")[0]: worker["metrics"]
            async for worker in found
            if worker.get("metrics")
        }

    async def unreadable_secrets(self, now: datetime) -> int:
        """Return the most webhook secrets that a live deliverer cannot decrypt."""
        found = self._workers.find(_alive(now), {"unreadable_secrets": 1})
        return max([one.get("unreadable_secrets", 0) async for one in found], default=0)

    async def last_seen(self) -> datetime | None:
        """Return the time of the last heartbeat; None if there was none within the hour."""
        last = await self._workers.find_one({}, {"seen_at": 1}, sort=[("seen_at", DESCENDING)])
        return last["seen_at"] if last else None

    async def is_alive(self, host: str, now: datetime) -> bool:
        """Return whether a host has a live worker."""
        prefix = "^" + re.escape(f"{host}:")
        return bool(await self._workers.find_one({"_id": {"$regex": prefix}, **_alive(now)}))


def _alive(now: datetime) -> Document:
    return {"seen_at": {"$gte": now - timedelta(seconds=ALIVE_SECONDS)}}
