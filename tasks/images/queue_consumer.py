"""Takes hints from the queue and processes their chunks, until the worker stops."""

import asyncio
import random
from typing import Any

import msgspec
import structlog
from arq.worker import Retry, func

from domain.errors.capacity import NoChild
from domain.jobs import ChunkHint
from sandbox.pool import ChildPool
from storage.clock import utc_now
from storage.errors import STORE_FAILED
from storage.queue.fair_queue import PROCESS_IMAGES, TASK_SECONDS
from storage.stores import Stores
from tasks.batches.people import People
from tasks.images.process_images import ChunkProcessor
from tasks.images.shared_calls import TURN
from tasks.settings import Settings
from tasks.wakeable_arq import WakeableWorker

RETRY_SECONDS = 1.0
GIVE_BACK_SECONDS = 5.0
HEALTH_SECONDS = 60
# Read at once while Redis is away.
MAX_DUE_IMAGES = 2_000
TRY_AGAIN: tuple[type[Exception], ...] = (*STORE_FAILED, NoChild)

_log = structlog.get_logger(__name__)


class QueueConsumer:
    """The connection between the queue and the processing of images.

    Attributes:
        woken: Set when a new hint may be in the queue.
        tasks: How many tasks have begun, and how many have ended, added up.
    """

    def __init__(
        self,
        settings: Settings,
        stores: Stores,
        pool: ChildPool,
        processor: ChunkProcessor,
        worker_id: str,
        people: People,
    ) -> None:
        self.woken = asyncio.Event()
        self.tasks = 0
        self._settings = settings
        self._stores = stores
        self._pool = pool
        self._processor = processor
        self._worker_id = worker_id
        self._people = people

    async def run(self, stop: asyncio.Event) -> None:
        """Process hints until `stop` is set, then let running work end within the drain time."""
        worker = self._make_worker()
        consuming = asyncio.create_task(worker.async_run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({consuming, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not consuming.done():
            await self._drain(worker, consuming)
        if not consuming.cancelled():
            consuming.result()

    async def _drain(self, worker: WakeableWorker, consuming: asyncio.Task[None]) -> None:
        """Wait for running work, then cancel the rest, which returns its claims."""
        worker.stop_taking()
        if worker.tasks:
            _log.info("draining", tasks=len(worker.tasks))
        # A running call to Redis may still bring hints.
        await asyncio.wait({consuming}, timeout=self._settings.worker.worker_drain_seconds)
        self._processor.claims.stopping = True
        self._pool.stop_replacing()
        for task in list(worker.tasks.values()):
            task.cancel()
        await asyncio.wait({consuming}, timeout=GIVE_BACK_SECONDS)
        consuming.cancel()
        await asyncio.wait({consuming})

    def _make_worker(self) -> WakeableWorker:
        # Twice what the children process at once, so that no child waits for its next image.
        slots = 2 * self._settings.worker.worker_children
        return WakeableWorker(
            self._stores.hints.fair_queue,
            self.woken,
            slots * (self._settings.rules.chunk_max_images + 1),
            lambda: self._stores.hints.are_heard,
            self._find_due,
            functions=[
                # This time limit only catches defects: the work has limits of its own.
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
            health_check_interval=HEALTH_SECONDS,
            health_check_key=f"minilab:worker:{self._worker_id}",
            job_serializer=msgspec.msgpack.encode,
            job_deserializer=msgspec.msgpack.decode,
            log_results=False,
        )

    async def _find_due(self) -> list[ChunkHint]:
        """Find work that waits too long, as the reconciler does, in an order of this worker's own.

        Work that had all its attempts is left to the reconciler.
        """
        due = await self._stores.recovery.find_due(utc_now(), MAX_DUE_IMAGES)
        hints = [chunk.hint for chunk in due if not chunk.exhausted]
        random.shuffle(hints)  # Workers that search at once begin with different work.
        return hints

    async def _process_images(
        self,
        ctx: dict[Any, Any],
        job_id: str,
        chunk: int,
        turn_length: float = 0,
        units: float = 1,
    ) -> float:
        TURN.set(ctx["score"])
        structlog.contextvars.bind_contextvars(job_id=job_id, chunk=chunk)
        self.tasks += 1
        try:
            with self._people.being_served():
                await self._processor.process(job_id, chunk, units)
        except TRY_AGAIN as error:
            # The hint stays in the queue; after a moment this worker or another takes it again.
            _log.warning("chunk_interrupted", reason=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            raise Retry from error
        finally:
            self.tasks += 1
        return turn_length
