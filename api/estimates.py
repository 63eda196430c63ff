"""How long the queue is and how fast it goes, read at most once a second."""

import math
import time

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
    """Estimates waiting times from the pace of the live workers.

    Args:
        stores: Where everything is kept.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._workforce = Workforce(workers=0, images_per_second=0.0)
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
        ahead = await self._stores.jobs.count_ahead(job)
        own = (job.tally.waiting + job.tally.running) / max(1, len(job.operations))
        return ahead, round((ahead + own) / await self._images_per_second(), 1)

    def retry_after(self, eta_seconds: float) -> int:
        """Say when it is worth asking again, in whole seconds, 1 to 30."""
        return max(1, min(MAX_RETRY_SECONDS, math.ceil(eta_seconds)))

    async def _images_per_second(self) -> float:
        now = time.monotonic()
        if now - self._read_at > FRESH_SECONDS:
            self._read_at = now
            self._workforce = await self._stores.workforce(utc_now())
        return self._workforce.images_per_second or DEFAULT_IMAGES_PER_SECOND
