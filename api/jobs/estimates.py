"""Estimates when jobs end, from the queue and the pace of the workers."""

import asyncio
import math
import time

from domain.fairness.estimates import ENDED, Backlog, OpenJob, QueuePlace
from domain.jobs import TERMINAL
from domain.records import Job
from storage.backlog.load import WorkReading
from storage.stores import Stores
from telemetry.background import see_failure

FRESH_SECONDS = 1.0
# A long queue, which takes a while to use, is read less often, up to this.
MAX_FRESH_SECONDS = 5.0
PAUSE_FACTOR = 50
INLINE_TENANTS = 1000


class Estimates:
    """Estimates waiting times. The queue is read at most once a second, for all requests."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._images_per_second = 0.0
        self._backlog = Backlog([])
        self._stale_at = -math.inf
        self._reading: asyncio.Task[None] | None = None

    def prefetch(self) -> None:
        """Begin to read the queue, if the next estimate would have to wait for that."""
        if self._reading is None and time.monotonic() >= self._stale_at:
            self._reading = asyncio.create_task(self.refresh())
            # An estimate that needs it raises the failure, and the next one reads again.
            self._reading.add_done_callback(see_failure)

    async def place_of(self, job: Job) -> QueuePlace:
        """Estimate when a job will end; zeros for a job that has ended."""
        if job.status in TERMINAL:
            return ENDED
        if job.deletes_user or job.trains_model:  # It waits for no other work.
            return QueuePlace(0, None)
        if (reading := self._reading) is not None:
            self._reading = None
            await reading
        await self.refresh()
        images = -(-(job.tally.waiting + job.tally.running) // max(1, len(job.operations)))
        open_job = OpenJob(job.id, job.user_id, images)
        return self._backlog.place(open_job, self._images_per_second)

    async def refresh(self) -> None:
        """Read the queue, unless that was done a moment ago."""
        now = time.monotonic()
        if now < self._stale_at:
            return
        # Set first, so that requests that come meanwhile do not read as well.
        self._stale_at = now + FRESH_SECONDS
        reading = await self._stores.load.read_work()
        self._images_per_second = reading.images_per_second
        if len(reading.tenants) <= INLINE_TENANTS:
            self._backlog = _backlog_of(reading)
        else:
            self._backlog = await asyncio.to_thread(_backlog_of, reading)
        took = time.monotonic() - now
        pause = max(FRESH_SECONDS, min(MAX_FRESH_SECONDS, PAUSE_FACTOR * took))
        self._stale_at = now + took + pause


def _backlog_of(reading: WorkReading) -> Backlog:
    return Backlog(
        OpenJob(job_id, tenant.user_id, images)
        for tenant in reading.tenants
        for job_id, images in zip(tenant.job_ids, tenant.images, strict=True)
    )
