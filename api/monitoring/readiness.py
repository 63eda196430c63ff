"""The parts that the service stands on: which are there, since when, and what to do."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from enum import StrEnum

import msgspec

from api.admission.admission import Admission
from domain.errors.capacity import OverLimit
from domain.fairness.admission import check_backlog, check_storage
from domain.limits import AdmissionLimits
from storage.backlog.workers import ALIVE_SECONDS
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.stores import Stores

LOOK_SECONDS = 2.0
"""A part that has not answered by then counts as down."""


class PartStatus(StrEnum):
    """How a part stands."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


class PartView(msgspec.Struct, frozen=True):
    """How a part stands."""

    status: PartStatus
    since: datetime
    """When it was first seen like this by the process that answers."""
    detail: str
    """What that means for uploads and results."""
    action: str | None = None
    """What to do about it."""


class Finding(msgspec.Struct, frozen=True):
    """What a look at a part has shown; see :class:`PartView`."""

    status: PartStatus
    detail: str
    action: str | None = None
    since: datetime | None = None


MONGODB_DOWN = Finding(
    PartStatus.DOWN,
    "MongoDB takes no writes: uploads and reads are answered with 503; nothing is lost.",
    "Start MongoDB, or see why the replica set has no primary. It is looked for at "
    "MINILAB_MONGODB_URL.",
)
REDIS_DOWN = Finding(
    PartStatus.DOWN,
    "Redis does not answer: uploads are taken and are safe; their work waits for it.",
    "Start Redis. It is looked for at MINILAB_REDIS_URL.",
)
WORKER_UNKNOWN = Finding(PartStatus.DOWN, "Workers cannot be seen while MongoDB is down.")
DELIVERER_UNKNOWN = Finding(PartStatus.DOWN, "Deliverers cannot be seen while MongoDB is down.")


class Parts:
    """Looks at the parts, and remembers since when each is as it is.

    Args:
        stores: The parts.
        admission: Knows of room and backlog.
        limits: When these are too little and too much.
    """

    def __init__(self, stores: Stores, admission: Admission, limits: AdmissionLimits) -> None:
        self._stores = stores
        self._admission = admission
        self._limits = limits
        self._since: dict[str, tuple[PartStatus, datetime]] = {}

    async def look(self) -> tuple[dict[str, PartView], int]:
        """Look at all parts.

        Returns:
            How each stands, and how many workers live. `mongodb`, `redis` and `worker` are what
            it takes to be ready; the others are information.
        """
        now = utc_now()
        mongodb, redis = await asyncio.gather(
            check_mongodb(self._stores), check_redis(self._stores)
        )
        workers = 0
        worker, webhooks = WORKER_UNKNOWN, DELIVERER_UNKNOWN
        if mongodb:
            workers = (await self._stores.workforce(now)).workers
            worker = await self._worker(workers)
            webhooks = await self._webhooks(now)
        up = "It answers."
        found = {
            "mongodb": Finding(PartStatus.OK, up) if mongodb else MONGODB_DOWN,
            "redis": Finding(PartStatus.OK, up) if redis else REDIS_DOWN,
            "worker": worker,
            "disk": self._disk(),
            "backlog": self._backlog(),
            "webhooks": webhooks,
        }
        return {name: self._view(name, part, now) for name, part in found.items()}, workers

    async def _worker(self, workers: int) -> Finding:
        if workers:
            return Finding(PartStatus.OK, f"{workers} at work.")
        last_seen = None
        try:
            last_seen = await self._stores.workers.last_seen()
        except STORE_FAILED:
            return WORKER_UNKNOWN
        return Finding(
            PartStatus.DOWN,
            f"No worker was seen for {ALIVE_SECONDS:g} seconds: uploads are taken and are safe; "
            "their work waits for one.",
            "Start a worker: python -m tasks.",
            last_seen,
        )

    async def _webhooks(self, now: datetime) -> Finding:
        try:
            deliverers = (await self._stores.deliverers.workforce(now)).workers
            if deliverers:
                return Finding(PartStatus.OK, f"{deliverers} at work.")
            last_seen = await self._stores.deliverers.last_seen()
        except STORE_FAILED:
            return DELIVERER_UNKNOWN
        return Finding(
            PartStatus.DEGRADED,
            "Nothing delivers webhooks: what is to be told is kept, and waits.",
            "Start a deliverer: python -m tasks.delivery.",
            last_seen,
        )

    def _disk(self) -> Finding:
        load = self._admission.watch.load
        try:
            check_storage(self._limits, load, self._admission.watch.bytes_since, 0)
        except OverLimit as refusal:
            return Finding(
                PartStatus.DEGRADED,
                f"Uploads are answered with 503: {refusal.detail}",
                "Give MongoDB more room, or delete images.",
            )
        if load.free_disk_bytes is None:
            return Finding(PartStatus.OK, "MongoDB does not say how much room it has.")
        return Finding(PartStatus.OK, f"{load.free_disk_bytes} bytes are free.")

    def _backlog(self) -> Finding:
        images, pace = self._admission.watch.images, self._admission.watch.load.images_per_second
        try:
            check_backlog(self._limits, images, pace)
        except OverLimit as refusal:
            return Finding(
                PartStatus.DEGRADED,
                f"Uploads are answered with 503: {refusal.detail}",
                "Start more workers.",
            )
        seconds = f", some {images / pace:.0f} seconds of work" if pace else ""
        return Finding(PartStatus.OK, f"{images} images wait or are worked on{seconds}.")

    def _view(self, name: str, part: Finding, now: datetime) -> PartView:
        status, since = self._since.get(name, (None, now))
        if status is not part.status:
            since = part.since or now
            self._since[name] = (part.status, since)
        return PartView(part.status, since, part.detail, part.action)


async def check_mongodb(stores: Stores) -> bool:
    """Say whether MongoDB takes writes, without waiting long for a server that hangs."""
    return await _in_time(stores.check_mongodb())


async def check_redis(stores: Stores) -> bool:
    """Say whether Redis answers, without waiting long for a server that hangs."""
    return await _in_time(stores.check_redis())


async def _in_time(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await check
    except TimeoutError:
        return False
