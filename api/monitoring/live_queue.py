"""The queue at this moment, as an administrator watches it."""

import asyncio
import math
import time
from collections.abc import Mapping

import msgspec

from storage.backlog.queue_state import QueueState, TenantWork
from storage.backlog.workers import LiveWorker
from storage.clock import utc_now
from storage.stores import Stores
from telemetry.prometheus import MetricsPage

LARGEST_TENANTS = 20
READ_SECONDS = 1.0
"""Least time between two reads of the stores, whatever the number of viewers."""


class WorkerView(msgspec.Struct, frozen=True):
    """A live worker and its child processes."""

    name: str
    images_per_second: float
    children: int
    children_killed: int
    chunks: int


class LiveQueueView(msgspec.Struct, frozen=True):
    """The queue: how much waits, for how long, and who works on it."""

    jobs: int
    images: int
    oldest_seconds: float
    images_per_second: float
    dead_letters: int
    tenants: list[TenantWork]
    """The users with the most open images, :data:`LARGEST_TENANTS` at most."""
    workers: list[WorkerView]

    @property
    def eta_seconds(self) -> float | None:
        """When all will be done at the present rate; None while that is unknown."""
        return self.images / self.images_per_second if self.images_per_second else None


class LiveQueue:
    """Reads the queue, once a second for all who watch it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._view: LiveQueueView | None = None
        self._read_at = -math.inf
        self._reading = asyncio.Lock()

    async def read(self) -> LiveQueueView:
        """Read the state of the queue, or return that of a moment ago."""
        async with self._reading:
            if self._view is None or time.monotonic() - self._read_at > READ_SECONDS:
                self._view = await self._read()
                self._read_at = time.monotonic()
            return self._view

    async def _read(self) -> LiveQueueView:
        now = utc_now()
        state, tenants, workers = await asyncio.gather(
            self._stores.load.read_queue(),
            self._stores.load.queue.list_largest(LARGEST_TENANTS),
            self._stores.workers.list_live(now),
        )
        return _view(state, tenants, workers)


def _view(state: QueueState, tenants: list[TenantWork], workers: list[LiveWorker]) -> LiveQueueView:
    return LiveQueueView(
        jobs=state.jobs,
        images=sum(waiting.images for _, waiting in state.waiting),
        oldest_seconds=max(waiting.oldest_seconds for _, waiting in state.waiting),
        images_per_second=sum(worker.images_per_second for worker in workers),
        dead_letters=state.dead_letters,
        tenants=tenants,
        workers=[_view_worker(worker) for worker in workers],
    )


def _view_worker(worker: LiveWorker) -> WorkerView:
    values = _add_up(MetricsPage([], {worker.name: worker.metrics} if worker.metrics else {}))
    return WorkerView(
        worker.name,
        worker.images_per_second,
        children=int(values.get("minilab_children", 0)),
        children_killed=int(values.get("minilab_children_killed_total", 0)),
        chunks=int(values.get("minilab_chunks_in_progress", 0)),
    )


def _add_up(page: MetricsPage) -> Mapping[str, float]:
    """Add up the series of each metric."""
    values: dict[str, float] = {}
    for family in page.collect():
        for sample in family.samples:
            values[sample.name] = values.get(sample.name, 0.0) + sample.value
    return values
