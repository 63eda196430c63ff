"""The upkeep that one worker of the fleet does beside its images; the others stand by.

The worker that holds a lease does it. If it dies, another takes over when the lease expires. Two
that do it at once, after a lost connection, do no harm.
"""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps

import msgspec
import structlog

from storage.errors import STORE_FAILED
from storage.stores import Stores
from storage.upkeep.due_work import Work
from tasks.images.metrics import WorkerMetrics
from tasks.settings import Settings
from tasks.upkeep.reconcile import reconcile
from tasks.upkeep.refill_queue import REFILL_SECONDS, refill_queue
from telemetry.background import BackgroundTasks

LEASE = "upkeep"
# A lease expires after this many pauses of the reconciler.
LEASE_PAUSES = 5
MIN_LEASE_SECONDS = 1.0
# The reconciler looks for deletions that are due; this only matters if it cannot.
DELETE_USERS_SECONDS = 60.0
# A few images are added to the statistics only at every tenth check.
CHECKS_FOR_FEW = 10
# After this time the deletion of another user has its turn.
TURN_SECONDS = 10.0
Duty = Callable[[], Awaitable[None]]

_log = structlog.get_logger(__name__)


class Upkeep:
    """Repeats each duty at its own pace, while this worker holds the lease.

    Args:
        count_tasks: Counts the tasks that this worker has begun and ended. Some duties follow from
            work alone; without any they are done rarely, for other workers.
        fetches_due: To be set when URLs may be due.
        batches_due: To be set when a batch may be open.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        metrics: WorkerMetrics,
        count_tasks: Callable[[], int],
        fetches_due: asyncio.Event,
        batches_due: asyncio.Event,
    ) -> None:
        self._stores = stores
        pauses = LEASE_PAUSES * settings.worker.reconcile_seconds
        self._lease_seconds = max(MIN_LEASE_SECONDS, pauses)
        self._lease = stores.lease(LEASE, self._lease_seconds)
        self._taken_over: list[asyncio.Event] = []
        self._events: dict[str, asyncio.Event] = {
            Work.FETCHES: fetches_due,
            Work.DELETIONS: asyncio.Event(),
            Work.BATCHES: batches_due,
        }
        self._refilled, self._folded = _Progress(count_tasks), _Progress(count_tasks)
        self._settings = settings.worker
        self._hint_grace_seconds = settings.rules.hint_grace_seconds
        self._metrics = metrics
        self._sweeper = stores.sweeper(timedelta(seconds=settings.worker.orphan_age_seconds))
        self._fold_checks = itertools.cycle(range(CHECKS_FOR_FEW))

    def start(self, background: BackgroundTasks) -> None:
        """Start one background task for each duty, and one that takes and renews the lease."""
        background.start("hear_work", self._stores.job_events.hear_work(self._hear))
        background.repeat(self._stores.follow_clock, self._settings.reconcile_seconds)
        background.repeat(self._hold_lease, self._lease_seconds / 2)
        deletions_due = self._events[Work.DELETIONS]
        self._begin(background, self._reconcile, self._settings.reconcile_seconds)
        self._begin(background, self._refill, REFILL_SECONDS)
        self._begin(background, self._sweep, self._settings.sweep_seconds)
        self._begin(background, self._remove_bytes, self._settings.sweep_seconds)
        self._begin(background, self._fold, self._settings.fold_seconds)
        self._begin(background, self._expire, self._settings.sweep_seconds)
        self._begin(background, self._delete_users, DELETE_USERS_SECONDS, deletions_due)

    async def stop(self) -> None:
        """Let another worker take over at once, if MongoDB can be reached."""
        try:
            await self._lease.release()
        except STORE_FAILED as error:
            _log.warning("lease_not_given_back", reason=type(error).__name__)

    def _begin(
        self,
        background: BackgroundTasks,
        duty: Duty,
        seconds: float,
        woken: asyncio.Event | None = None,
    ) -> None:
        """Repeat a duty while the lease is held, from the moment on when it is taken."""
        due = woken or asyncio.Event()

        @wraps(duty)
        async def do_if_held() -> None:
            if self._lease.is_held:
                await duty()

        self._taken_over.append(due)
        background.repeat(do_if_held, seconds, due)

    async def _hold_lease(self) -> None:
        was_held = self._lease.is_held
        if await self._lease.hold() and not was_held:
            _log.info("upkeep_begun")
            for due in self._taken_over:
                due.set()

    def _hear(self, work: str) -> None:
        if event := self._events.get(work):
            event.set()

    async def _reconcile(self) -> None:
        due = await self._stores.due_work.find()
        for work in due:
            self._hear(work)
        if Work.BATCHES in due:  # For the workers that stand by.
            await self._stores.job_events.publish_work(Work.BATCHES)
        hinted = await reconcile(self._stores, self._hint_grace_seconds, due)
        self._metrics.reconciled(hinted)
        self._refilled.expect_more()  # Other workers may have made room.

    async def _refill(self) -> None:
        if self._refilled.was_made():
            while await refill_queue(self._stores):
                pass
            if await self._stores.hints.fair_queue.has_backlog():
                self._refilled.expect_more()

    async def _sweep(self) -> None:
        swept = await self._sweeper.sweep()
        if swept.total:
            _log.info("swept", **msgspec.structs.asdict(swept))

    async def _remove_bytes(self) -> None:
        if removed := await self._stores.removals.carry_out():
            _log.info("bytes_removed", files=removed)

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
