"""The upkeep that every worker does beside its images; any number of workers can do it at once."""

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec
import structlog

from storage.stores import Stores
from storage.upkeep.due_work import Work
from tasks.images.metrics import WorkerMetrics
from tasks.settings import Settings
from tasks.upkeep.reconcile import reconcile
from tasks.upkeep.refill_queue import REFILL_SECONDS, refill_queue
from telemetry.background import BackgroundTasks

# The reconciler looks for deletions that are due; this only matters if it cannot.
DELETE_USERS_SECONDS = 60.0
# A few images are added to the statistics only at every fifth check.
CHECKS_FOR_FEW = 5
# After this time the deletion of another user has its turn.
TURN_SECONDS = 10.0

_log = structlog.get_logger(__name__)


class Upkeep:
    """Repeats each duty at its own pace.

    Args:
        count_tasks: Counts the tasks that this worker has begun and ended. Some duties follow from
            work alone; a worker without any does them rarely, for others that died.
        fetches_due: To be set when URLs may be due.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        metrics: WorkerMetrics,
        count_tasks: Callable[[], int],
        fetches_due: asyncio.Event,
    ) -> None:
        self._stores = stores
        self._events: dict[str, asyncio.Event] = {
            Work.FETCHES: fetches_due,
            Work.DELETIONS: asyncio.Event(),
        }
        self._refilled, self._folded = _Progress(count_tasks), _Progress(count_tasks)
        self._settings = settings.worker
        self._hint_grace_seconds = settings.rules.hint_grace_seconds
        self._metrics = metrics
        self._sweeper = stores.sweeper(timedelta(seconds=settings.worker.orphan_age_seconds))
        self._fold_checks = itertools.cycle(range(CHECKS_FOR_FEW))

    def start(self, background: BackgroundTasks) -> None:
        """Start one background task for each duty."""
        background.start("hear_work", self._stores.job_events.hear_work(self._hear))
        background.repeat(self._reconcile, self._settings.reconcile_seconds)
        background.repeat(self._refill, REFILL_SECONDS)
        background.repeat(self._sweep, self._settings.sweep_seconds)
        background.repeat(self._fold, self._settings.fold_seconds)
        background.repeat(self._expire, self._settings.sweep_seconds)
        deletions_due = self._events[Work.DELETIONS]
        background.repeat(self._delete_users, DELETE_USERS_SECONDS, deletions_due)

    def _hear(self, work: str) -> None:
        if event := self._events.get(work):
            event.set()

    async def _reconcile(self) -> None:
        await self._stores.follow_clock()
        due = await self._stores.due_work.find()
        for work in due:
            self._hear(work)
        hinted = await reconcile(self._stores, self._hint_grace_seconds, due)
        self._metrics.reconciled(hinted)
        await refill_queue(self._stores)

    async def _refill(self) -> None:
        if self._refilled.was_made() and await refill_queue(self._stores):
            self._refilled.expect_more()

    async def _sweep(self) -> None:
        swept = await self._sweeper.sweep()
        if swept.total:
            _log.info("swept", **msgspec.structs.asdict(swept))

    async def _fold(self) -> None:
        aggregator, is_turn_of_few = self._stores.aggregator, not next(self._fold_checks)
        if is_turn_of_few:
            is_wanted = await aggregator.has_any()
        else:
            is_wanted = self._folded.was_made() and await aggregator.has_many()
        if is_wanted:
            self._metrics.folded(await aggregator.aggregate())
            self._folded.expect_more()

    async def _expire(self) -> None:
        removed = await self._stores.expiry.expire()
        if removed.jobs or removed.images:
            _log.info("expired", **msgspec.structs.asdict(removed))
        if uploads := await self._stores.resumable_expiry.expire():
            _log.info("resumable_uploads_removed", uploads=uploads)

    async def _delete_users(self) -> None:
        await delete_users(self._stores)


class _Progress:
    """Says whether the count of something has changed since the last question."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count
        self._last = -1

    def was_made(self) -> bool:
        """Return whether the count has changed, or more is expected."""
        before, self._last = self._last, self._count()
        return self._last != before

    def expect_more(self) -> None:
        """Let the next answer be yes."""
        self._last = -1


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
