"""The upkeep that every worker does beside its images; any number of workers can do it at once."""

import itertools
import time
from datetime import timedelta

import msgspec
import structlog

from storage.stores import Stores
from tasks.images.metrics import WorkerMetrics
from tasks.settings import Settings
from tasks.upkeep.reconcile import reconcile
from tasks.upkeep.refill_queue import REFILL_SECONDS, refill_queue
from telemetry.background import BackgroundTasks

DELETE_USERS_SECONDS = 1.0
# A few images are added to the statistics only at every fifth check.
CHECKS_FOR_FEW = 5
# After this time the deletion of another user has its turn.
TURN_SECONDS = 10.0

_log = structlog.get_logger(__name__)


class Upkeep:
    """Repeats each duty at its own pace."""

    def __init__(self, settings: Settings, stores: Stores, metrics: WorkerMetrics) -> None:
        self._stores = stores
        self._settings = settings.worker
        self._hint_grace_seconds = settings.rules.hint_grace_seconds
        self._metrics = metrics
        self._sweeper = stores.sweeper(timedelta(seconds=settings.worker.orphan_age_seconds))
        self._fold_checks = itertools.cycle(range(CHECKS_FOR_FEW))

    def start(self, background: BackgroundTasks) -> None:
        """Start one background task for each duty."""
        background.repeat(self._reconcile, self._settings.reconcile_seconds)
        background.repeat(self._refill, REFILL_SECONDS)
        background.repeat(self._sweep, self._settings.sweep_seconds)
        background.repeat(self._fold, self._settings.fold_seconds)
        background.repeat(self._expire, self._settings.sweep_seconds)
        background.repeat(self._delete_users, DELETE_USERS_SECONDS)

    async def _reconcile(self) -> None:
        await self._stores.follow_clock()
        self._metrics.reconciled(await reconcile(self._stores, self._hint_grace_seconds))

    async def _refill(self) -> None:
        await refill_queue(self._stores)

    async def _sweep(self) -> None:
        swept = await self._sweeper.sweep()
        if swept.total:
            _log.info("swept", **msgspec.structs.asdict(swept))

    async def _fold(self) -> None:
        if not next(self._fold_checks) or await self._stores.aggregator.has_many():
            self._metrics.folded(await self._stores.aggregator.aggregate())

    async def _expire(self) -> None:
        removed = await self._stores.expiry.expire()
        if removed.jobs or removed.images:
            _log.info("expired", **msgspec.structs.asdict(removed))

    async def _delete_users(self) -> None:
        await delete_users(self._stores)


async def delete_users(stores: Stores) -> None:
    """Continue the deletions that are due; any number of workers can do so at once.

    The deletion of a worker that dies is due again when its lease expires.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """
    while (deletion_id := await stores.user_deletion.claim()) is not None:
        if await _continue(stores, deletion_id):
            _log.info("user_deleted", job_id=deletion_id)
        else:
            await stores.user_deletion.release(deletion_id)


async def _continue(stores: Stores, deletion_id: str) -> bool:
    """Take steps for :data:`TURN_SECONDS`. Returns whether the deletion is complete."""
    until = time.monotonic() + TURN_SECONDS
    while time.monotonic() < until:
        step = await stores.user_deletion.step(deletion_id)
        for job_id in step.interrupted:  # Its worker can stop.
            await stores.job_events.publish_cancel(job_id)
        await stores.job_events.publish_all(step.changes)
        if step.has_ended:
            return True
    return False
