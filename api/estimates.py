"""How long the queue is and how fast it goes, read at most once a second."""

import math
import time
from bisect import bisect_left
from itertools import accumulate

from domain.jobs import TERMINAL
from domain.records import Job
from storage.connect import Stores
from storage.identifiers import utc_now
from storage.workers import Workforce

FRESH_SECONDS = 1.0
# Before anything was measured: a small image on one core.
DEFAULT_IMAGES_PER_SECOND = 50.0
MAX_RETRY_SECONDS = 30


class Estimates:
    """Estimates waiting times from the open jobs and the pace of the live workers.

    Both are read at most once a second, whatever the number of requests: a ticket or a poll
    costs no look at the queue of its own.

    Args:
        stores: Where everything is kept.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._workforce = Workforce(workers=0, images_per_second=0.0)
        self._job_ids: list[str] = []
        self._images_until: list[int] = []
        self._read_at = -math.inf

    async def queue_of(self, job: Job) -> tuple[int, float]:
        """Estimate when a job will be done.

        Args:
            job: The job.

        Returns:
            How many images are ahead of it, and the seconds until it is done; zeros for a job
            that has ended.
        """
        if job.status in TERMINAL:
            return 0, 0.0
        await self._refresh()
        # Job IDs are in the order of acceptance.
        position = bisect_left(self._job_ids, job.id)
        ahead = self._images_until[position - 1] if position else 0
        own = (job.tally.waiting + job.tally.running) // max(1, len(job.operations))
        if position == len(self._job_ids):
            self._job_ids.append(job.id)  # Those that come within the same second see it.
            self._images_until.append(ahead + own)
        rate = self._workforce.images_per_second or DEFAULT_IMAGES_PER_SECOND
        return ahead, round((ahead + own) / rate, 1)

    def retry_after(self, eta_seconds: float) -> int:
        """Say when it is worth asking again, in whole seconds, 1 to 30."""
        return max(1, min(MAX_RETRY_SECONDS, math.ceil(eta_seconds)))

    async def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._read_at <= FRESH_SECONDS:
            return
        self._read_at = now  # First, so that requests that come meanwhile do not read as well.
        self._workforce = await self._stores.workforce(utc_now())
        jobs = await self._stores.jobs.open_images()
        self._job_ids = [job_id for job_id, _ in jobs]
        self._images_until = list(accumulate(images for _, images in jobs))
