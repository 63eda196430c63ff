"""The worker's composition root: settings, stores, child processes, queue and upkeep."""

import asyncio
import socket

from domain.images.pipeline import warm_up, warm_up_learning
from domain.version import VERSION
from sandbox.pool import ChildPool
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.stores import Stores, open_stores
from tasks.batches.people import People
from tasks.batches.runner import BatchRunner
from tasks.fetching.fetch_jobs import Fetching
from tasks.heartbeat import Heartbeat
from tasks.images.metrics import WorkerMetrics
from tasks.images.predict_images import FOLLOW_SECONDS
from tasks.images.process_images import ChunkProcessor
from tasks.images.queue_consumer import GIVE_BACK_SECONDS, QueueConsumer
from tasks.images.work_telemetry import WorkTelemetry
from tasks.schema_check import wait_until_usable
from tasks.settings import Settings
from tasks.upkeep.upkeep import Upkeep
from telemetry.background import BackgroundTasks, stop_on_signals
from telemetry.spans import Tracing
from telemetry.tracing import open_tracing


class ImageWorker:
    """One worker process: processes the images of the queue, and does the upkeep."""

    def __init__(self, settings: Settings, stores: Stores, tracing: Tracing | None = None) -> None:
        self._stores = stores
        self._learns = settings.learning.learning
        self._warm_up = warm_up_learning if settings.learning.learning else warm_up
        people = People()
        self._pool = ChildPool(settings.worker.worker_children, settings.limits.max_child_bytes)
        metrics = WorkerMetrics(self._pool)
        telemetry = WorkTelemetry(metrics, tracing or Tracing())
        self._processor = ChunkProcessor(settings, stores, self._pool, telemetry)
        self._heartbeat = Heartbeat(
            settings.heartbeat,
            stores.workers,
            [metrics.registry, stores.metrics.registry],
            lambda: telemetry.throughput.images_per_second,
        )
        self._consumer = QueueConsumer(
            settings, stores, self._pool, self._processor, self._heartbeat.id, people
        )
        self._batches = BatchRunner(
            settings, stores, people, self._processor.predict_images, self._warm_up
        )
        self._fetching = Fetching(settings, stores)
        self._upkeep = Upkeep(
            settings,
            stores,
            metrics,
            lambda: self._consumer.tasks,
            self._fetching.woken,
            self._batches.woken,
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then let running work end within the drain time.

        Raises:
            BackgroundTaskEnded: A background task ended by itself.
        """
        await self._pool.warm_up(self._warm_up)
        try:
            async with BackgroundTasks(stop, STORE_FAILED) as background:
                background.start("wake", self._stores.hints.wake(self._consumer.woken))
                look_again = self._processor.claims.look_again
                background.start("hear_cancels", self._stores.job_events.hear_cancels(look_again))
                begin = self._processor.head_starts.begin
                background.start("hear_head_starts", self._stores.head_starts.hear(begin))
                if self._learns:
                    follow_models = self._processor.predict_images.follow_models
                    background.repeat(follow_models, FOLLOW_SECONDS)
                self._heartbeat.start(background)
                background.start("fetch", self._fetching.run())
                background.start("batches", self._batches.run())
                self._upkeep.start(background)
                await self._consumer.run(stop)
        finally:
            await self._processor.head_starts.close()
            await self._pool.settle(GIVE_BACK_SECONDS)
            await asyncio.gather(self._upkeep.stop(), self._heartbeat.leave())


async def is_alive(settings: Settings) -> bool:
    """Say whether a worker of this host sent a heartbeat lately."""
    async with open_stores(settings.stores, settings.rules) as stores:
        return await stores.workers.is_alive(socket.gethostname(), utc_now())


async def run_worker(settings: Settings) -> None:
    """Run a worker until SIGTERM or SIGINT.

    Raises:
        UnusableServer: It cannot use the data, or Redis.
    """
    stop = stop_on_signals()
    tracing = open_tracing("worker", VERSION, settings.tracing)
    try:
        async with open_stores(settings.stores, settings.rules) as stores:
            if await wait_until_usable(stores, stop):
                await ImageWorker(settings, stores, tracing).run(stop)
    finally:
        tracing.close()
