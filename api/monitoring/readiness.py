"""Checks of the parts that the service depends on."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime

import msgspec

from api.admission.admission import Admission
from api.schemas.service import PartStatus, PartView, ReadinessView
from domain.errors.capacity import BytesUnavailable, OverLimit
from domain.fairness.admission import check_backlog, check_storage
from domain.limits import AdmissionLimits
from domain.webhooks.advice import FIND_KEY, RELEASE
from storage.backlog.workers import ALIVE_SECONDS, Workers
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.stores import Stores

REQUIRED_PARTS = ("mongodb", "redis", "worker")
BYTES_PER_GB = 1e9
CHECK_SECONDS = 2.0
"""A part that takes longer to answer counts as down."""


class Finding(msgspec.Struct, frozen=True):
    """The result of a check; see :class:`PartView`."""

    status: PartStatus
    detail: str
    action: str | None = None
    since: datetime | None = None


ANSWERS = Finding(PartStatus.OK, "It answers.")
MONGODB_DOWN = Finding(
    PartStatus.DOWN,
    "MongoDB accepts no writes: uploads and reads are answered with 503; no data is lost.",
    "Start MongoDB, or find out why the replica set has no primary. The service connects to "
    "MINILAB_MONGODB_URL.",
)
REDIS_DOWN = Finding(
    PartStatus.DOWN,
    "Redis does not answer: uploads are taken and safe, and processed some seconds later.",
    "Start Redis. The service connects to MINILAB_REDIS_URL.",
)
NO_WORKER = Finding(
    PartStatus.DOWN,
    f"No worker has reported for {ALIVE_SECONDS:g} seconds: uploads are taken and safe, but not "
    "processed.",
    "Start a worker: python -m tasks.",
)
NO_DELIVERER = Finding(
    PartStatus.DEGRADED,
    "No deliverer is running: webhook events are stored and wait.",
    "Start a deliverer: python -m tasks.delivery.",
)
NO_LEARNER = Finding(
    PartStatus.DEGRADED,
    "No learner is running: trainings wait, and stale predictions are not made again.",
    "Start a learner: python -m tasks.learning.",
)
HELD = Finding(
    PartStatus.DEGRADED,
    "Webhooks are held: their events are stored and wait.",
    RELEASE,
)
BUCKET_AWAY = Finding(
    PartStatus.DEGRADED,
    "The bucket of large files takes no writes: uploads of large files are answered with 503, and "
    "work on stored ones waits. Small files are taken.",
    "Find out why the bucket of MINILAB_BLOB_URL cannot be reached, or refuses the credentials.",
)
WORKER_UNKNOWN = Finding(PartStatus.DOWN, "Workers are not visible while MongoDB is down.")
LEARNER_UNKNOWN = Finding(PartStatus.DOWN, "Learners are not visible while MongoDB is down.")
DELIVERER_UNKNOWN = Finding(PartStatus.DOWN, "Deliverers are not visible while MongoDB is down.")


class HealthChecks:
    """Checks the parts of the service, and remembers when each status began."""

    def __init__(
        self, stores: Stores, admission: Admission, limits: AdmissionLimits, *, learning: bool
    ) -> None:
        self._stores = stores
        self._learns = learning
        self._admission = admission
        self._limits = limits
        self._since: dict[str, tuple[PartStatus, datetime]] = {}

    async def run(self) -> ReadinessView:
        """Check all parts."""
        now = utc_now()
        up = await check_servers(self._stores)
        workers = 0
        worker, webhooks, learner = WORKER_UNKNOWN, DELIVERER_UNKNOWN, LEARNER_UNKNOWN
        if up["mongodb"]:
            stores = self._stores
            workers, worker = await _check_running(stores.workers, now, NO_WORKER, worker)
            webhooks = await _check_webhooks(stores, now, webhooks)
            if self._learns:
                _, learner = await _check_running(stores.learners, now, NO_LEARNER, learner)
        found = {
            "mongodb": ANSWERS if up["mongodb"] else MONGODB_DOWN,
            "redis": ANSWERS if up["redis"] else REDIS_DOWN,
            "worker": worker,
            "disk": self._check_disk(),
            "backlog": self._check_backlog(),
            "webhooks": webhooks,
        }
        if self._learns:
            found["learner"] = learner
        if self._stores.blob_stores.has_bucket:
            found["bucket"] = self._check_bucket()
        details = {name: self._view(name, part, now) for name, part in found.items()}
        parts = {name: details[name].status is PartStatus.OK for name in REQUIRED_PARTS}
        status = "ready" if all(parts.values()) else "not_ready"
        return ReadinessView(status, parts, workers, details)

    def _check_disk(self) -> Finding:
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
            return Finding(PartStatus.OK, "MongoDB does not report its free disk space.")
        return Finding(PartStatus.OK, f"{load.free_disk_bytes / BYTES_PER_GB:,.1f} GB are free.")

    def _check_bucket(self) -> Finding:
        try:
            self._stores.blob_stores.bucket.health.check()
        except BytesUnavailable:
            return BUCKET_AWAY
        return Finding(PartStatus.OK, "The last write of this process succeeded.")

    def _check_backlog(self) -> Finding:
        images, pace = self._admission.watch.images, self._admission.watch.load.images_per_second
        try:
            check_backlog(self._limits, images, pace)
        except OverLimit as refusal:
            return Finding(
                PartStatus.DEGRADED,
                f"Uploads are answered with 503: {refusal.detail}",
                "Start more workers.",
            )
        seconds = f", about {images / pace:.0f} seconds of work" if pace else ""
        return Finding(PartStatus.OK, f"{images} images are waiting or in progress{seconds}.")

    def _view(self, name: str, part: Finding, now: datetime) -> PartView:
        status, since = self._since.get(name, (None, now))
        if status is not part.status:
            since = part.since or now
            self._since[name] = (part.status, since)
        return PartView(part.status, since, part.detail, part.action)


async def _check_running(
    processes: Workers, now: datetime, none: Finding, unknown: Finding
) -> tuple[int, Finding]:
    """Count the live processes of a kind; none where MongoDB cannot be read."""
    try:
        count = (await processes.workforce(now)).workers
        if count:
            return count, Finding(PartStatus.OK, f"{count} running.")
        return 0, msgspec.structs.replace(none, since=await processes.last_seen())
    except STORE_FAILED:
        return 0, unknown


async def _check_webhooks(stores: Stores, now: datetime, unknown: Finding) -> Finding:
    """Say whether webhooks are delivered; each reason why not is named."""
    count, running = await _check_running(stores.deliverers, now, NO_DELIVERER, unknown)
    findings = [running] if not count else []
    try:
        if (held_since := await stores.webhook_hold.since()) is not None:
            findings.append(msgspec.structs.replace(HELD, since=held_since))
        if unreadable := await stores.deliverers.unreadable_secrets(now):
            findings.append(_name_unreadable(unreadable))
    except STORE_FAILED:
        return unknown
    if not findings:
        return running
    return Finding(
        PartStatus.DEGRADED if running is not unknown else PartStatus.DOWN,
        " ".join(one.detail for one in findings),
        " ".join(one.action for one in findings if one.action) or None,
        findings[0].since,
    )


def _name_unreadable(count: int) -> Finding:
    return Finding(
        PartStatus.DEGRADED,
        f"Stored webhook secrets cannot be decrypted ({count}): the deliveries that they sign wait "
        "without an attempt.",
        FIND_KEY,
    )


async def check_servers(stores: Stores) -> dict[str, bool]:
    """Return whether MongoDB accepts writes and Redis answers, each within 2 seconds."""
    mongodb, redis = await asyncio.gather(
        _in_time(stores.check_mongodb()), _in_time(stores.check_redis())
    )
    return {"mongodb": mongodb, "redis": redis}


async def _in_time(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await check
    except TimeoutError:
        return False
