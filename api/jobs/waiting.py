"""Waits for the end of jobs.

Events of jobs travel through Redis and can be lost. One query a second, for all requests that
wait, finds the jobs that have ended without one.
"""

import asyncio
import time
from contextlib import suppress

import structlog

from domain.jobs import TERMINAL
from domain.keys import Scope
from domain.records import Job
from storage.errors import STORE_FAILED
from storage.stores import Stores

POLL_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Waiting:
    """Waits for jobs."""

    def __init__(self, stores: Stores) -> None:
        self._jobs = stores.jobs
        self._events = stores.job_events

    async def until_done(
        self, job_id: str, scope: Scope, seconds: float, known: Job | None = None
    ) -> Job:
        """Wait until a job is terminal, or until the time is over.

        A job that is known, as it was accepted a moment ago, saves the first read.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        deadline = time.monotonic() + seconds
        async with self._events.waiting_for(job_id) as changed:
            while True:
                changed.clear()
                job, known = known or await self._jobs.get(job_id, scope), None
                left = deadline - time.monotonic()
                if job.status in TERMINAL or left <= 0:
                    return job
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await changed.wait()

    async def poll(self) -> None:
        """End the waits for jobs that have ended, until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                waited_for = self._events.waited_for
                ended = await self._jobs.find_ended(waited_for) if waited_for else ()
            except STORE_FAILED as error:
                _log.warning("lookout_interrupted", reason=type(error).__name__)
                continue
            for job_id in ended:
                self._events.wake(job_id)
