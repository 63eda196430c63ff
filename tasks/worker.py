"""The worker's composition root: settings, stores, children, queue and side tasks."""

import asyncio
import itertools
import signal
import socket
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from arq.worker import Retry, func

from domain.errors.capacity import NoChild
from domain.images.pipeline import warm_up
from domain.version import VERSION
from sandbox.pool import ChildPool
from storage.aggregates.folding import StatisticsFolder
from storage.backlog.workers import HEARTBEAT_SECONDS, worker_name
from storage.blobs.sweeper import Sweeper
from storage.clock import new_id, utc_now
from storage.errors import STORE_FAILED
from storage.queue.fair_queue import PROCESS_IMAGES, TASK_SECONDS
from storage.stores import Stores, open_stores
from tasks.images.metrics import WorkerMetrics
from tasks.images.process_images import ChunkProcessor, ChunkRules
from tasks.images.shared_calls import TURN
from tasks.images.throughput import Throughput
from tasks.images.work_telemetry import WorkTelemetry
from tasks.settings import Settings
from tasks.upkeep.delete_users import delete_users
from tasks.upkeep.periodic import repeat
from tasks.upkeep.reconcile import reconcile
from tasks.upkeep.refill_queue import REFILL_SECONDS, refill
from tasks.wakeable_arq import WakeableWorker
from telemetry.prometheus import pack
from telemetry.tracing import Tracing, open_tracing

RETRY_SECONDS = 1.0
DELETE_USERS_SECONDS = 1.0
GIVE_BACK_SECONDS = 5.0
# Where little has happened, only one look in so many folds it.
LOOKS_FOR_FEW = 5
NOT_NOW: tuple[type[Exception], ...] = (*STORE_FAILED, NoChild)

_log = structlog.get_logger(__name__)


class ImageWorker:
    """One worker process: takes hints from the queue, and looks after what has none.

    Args:
        settings: All that it is told.
        stores: Where everything is kept.
        tracing: Records the work, where that is wanted.
    """

    def __init__(self, settings: Settings, stores: Stores, tracing: Tracing | None = None) -> None:
        self._settings = settings
        self._stores = stores
        self._throughput = Throughput()
        self._woken = asyncio.Event()
        self._pool = ChildPool(settings.worker.worker_children, settings.limits.max_child_bytes)
        self._metrics = WorkerMetrics(self._pool)
        self._telemetry = WorkTelemetry(self._metrics, tracing or Tracing())
        self._processor = ChunkProcessor(
            stores,
            self._pool,
            ChunkRules(
                limits=settings.limits,
                group_images=settings.worker.worker_group_images,
                max_crashes=settings.worker.max_crashes,
                renew_seconds=settings.rules.lease_seconds / 3,
                poison_seconds=settings.worker.poison_seconds,
            ),
            self._throughput,
            self._telemetry,
        )
        self._id = f"{worker_name()}:{new_id()}"
        orphan_age = timedelta(seconds=settings.worker.orphan_age_seconds)
        self._sweeper = Sweeper(stores.client, stores.database, orphan_age)
        self._folder = StatisticsFolder(stores.client, stores.database)
        self._fold_looks = itertools.cycle(range(LOOKS_FOR_FEW))

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, then finish what is running within the drain time."""
        worker = self._settings.worker
        await self._pool.warm_up(warm_up)
        side_tasks = [
            asyncio.create_task(self._stores.hints.wake(self._woken)),
            asyncio.create_task(
                self._stores.job_events.hear_cancels(self._processor.claims.look_again)
            ),
            asyncio.create_task(repeat(self._beat, HEARTBEAT_SECONDS)),
            asyncio.create_task(repeat(self._reconcile, worker.reconcile_seconds)),
            asyncio.create_task(repeat(self._refill, REFILL_SECONDS)),
            asyncio.create_task(repeat(self._sweep, worker.sweep_seconds)),
            asyncio.create_task(repeat(self._fold, worker.fold_seconds)),
            asyncio.create_task(repeat(self._expire, worker.sweep_seconds)),
            asyncio.create_task(repeat(self._delete_users, DELETE_USERS_SECONDS)),
        ]
        try:
            await self._take_hints(stop)
        finally:
            for task in side_tasks:
                task.cancel()
            await asyncio.wait(side_tasks)
            await self._pool.settle(GIVE_BACK_SECONDS)
            await self._leave()

    async def _take_hints(self, stop: asyncio.Event) -> None:
        """Take work up until told to stop, then let it end."""
        queue = self._make_queue()
        taking = asyncio.create_task(queue.async_run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({taking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not taking.done():
            await self._drain(queue, taking)
        if not taking.cancelled():
            taking.result()

    async def _drain(self, queue: WakeableWorker, taking: asyncio.Task[None]) -> None:
        """Let running work end in its time, then break off the rest, which gives it back."""
        queue.stop_taking()
        if queue.tasks:
            _log.info("draining", tasks=len(queue.tasks))
        # A call to Redis that is under way may still bring tasks.
        await asyncio.wait({taking}, timeout=self._settings.worker.worker_drain_seconds)
        self._processor.claims.stopping = True
        self._pool.stop_replacing()
        for task in list(queue.tasks.values()):
            task.cancel()
        await asyncio.wait({taking}, timeout=GIVE_BACK_SECONDS)
        taking.cancel()
        await asyncio.wait({taking})

    def _make_queue(self) -> WakeableWorker:
        slots = 2 * self._settings.worker.worker_children
        return WakeableWorker(
            self._stores.hints.fair_queue,
            self._woken,
            # Twice what the children work on, so that none of them waits for the next.
            slots * (self._settings.rules.chunk_max_images + 1),
            functions=[
                # The time limit guards against our own mistakes; work has limits of its own.
                func(
                    self._process_images,
                    name=PROCESS_IMAGES,
                    timeout=TASK_SECONDS,
                    keep_result=0,
                )
            ],
            redis_pool=self._stores.redis,
            handle_signals=False,
            poll_delay=self._settings.worker.worker_poll_seconds,
            health_check_interval=60,
            health_check_key=f"minilab:worker:{self._id}",
            job_serializer=msgspec.msgpack.encode,
            job_deserializer=msgspec.msgpack.decode,
            log_results=False,
        )

    async def _process_images(
        self,
        ctx: dict[Any, Any],
        job_id: str,
        chunk: int,
        turn_length: float = 0,
        _units: float = 1,
    ) -> float:
        TURN.set(ctx["score"])
        structlog.contextvars.bind_contextvars(job_id=job_id, chunk=chunk)
        try:
            await self._processor.process(job_id, chunk)
        except NOT_NOW as error:
            # Nobody else needs to notice: the hint is kept, and taken up again in a moment.
            _log.warning("chunk_interrupted", reason=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            raise Retry from error
        return turn_length

    async def _beat(self) -> None:
        packed = pack([self._metrics.registry, self._stores.metrics.registry])
        await self._stores.workers.beat(self._id, self._throughput.images_per_second, packed)

    async def _reconcile(self) -> None:
        await self._stores.follow_clock()
        hinted = await reconcile(self._stores, self._settings.rules.hint_grace_seconds)
        self._metrics.reconciled(hinted)

    async def _refill(self) -> None:
        await refill(self._stores)

    async def _expire(self) -> None:
        removed = await self._stores.expiry.expire()
        if removed.jobs or removed.images:
            _log.info("expired", **msgspec.structs.asdict(removed))

    async def _delete_users(self) -> None:
        await delete_users(self._stores)

    async def _fold(self) -> None:
        if not next(self._fold_looks) or await self._folder.has_many():
            self._metrics.folded(await self._folder.fold())

    async def _sweep(self) -> None:
        swept = await self._sweeper.sweep()
        if swept.total:
            _log.info("swept", **msgspec.structs.asdict(swept))

    async def _leave(self) -> None:
        try:
            await self._stores.workers.leave(self._id)
        except STORE_FAILED as error:
            _log.warning("leave_not_recorded", reason=type(error).__name__)


async def is_alive(settings: Settings) -> bool:
    """Say whether a worker of this host sent a heartbeat lately."""
    async with open_stores(settings.stores, settings.rules) as stores:
        return await stores.workers.is_alive(socket.gethostname(), utc_now())


async def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tracing = open_tracing("worker", VERSION, settings.tracing)
    async with open_stores(settings.stores, settings.rules) as stores:
        await ImageWorker(settings, stores, tracing).run(stop)
    tracing.close()
