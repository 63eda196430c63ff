"""Waits for the end of jobs.

Events of jobs travel through Redis and can be lost. One query a second, for all requests that
wait, finds the jobs that have ended without one.
"""

import asyncio
import time
from contextlib import ExitStack

from api.jobs.listeners import Listeners
from domain.job_changes import JobChange, apply_change
from domain.jobs import TERMINAL
from domain.keys import Caller, Scope
from storage.catalog.jobs import Seen
from storage.errors import STORE_FAILED
from storage.stores import Stores
from telemetry.interruptions import Interruptions

POLL_SECONDS = 1.0


class Waiting:
    """Waits for jobs."""

    def __init__(self, stores: Stores, places: Listeners) -> None:
        self._jobs = stores.jobs
        self._places = places
        self._is_closing = False
        self._events = stores.job_events

    async def until_done(
        self,
        job_id: str,
        scope: Scope,
        seconds: float,
        caller: Caller | None = None,
        known: Seen | None = None,
    ) -> Seen:
        """Wait until a job is terminal, until the time is over, or until this process ends.

        Args:
            caller: Client whose answer is held meanwhile; None: a short wait, which is not counted.
            known: The job as it was accepted a moment ago, which saves the first read.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
            TooManyListeners: The tenant may hold no more answers.
            ListenersFull: The process may hold no more answers.
        """
        deadline = time.monotonic() + seconds
        with ExitStack() as places:
            changed = places.enter_context(self._events.waiting_for(job_id))
            seen = known or await self._jobs.look(job_id, scope)
            if seen.job.status not in TERMINAL and seconds > 0 and caller is not None:
                places.enter_context(self._places.place_for(caller))
            while seen.job.status not in TERMINAL and not self._is_closing:
                try:
                    async with asyncio.timeout(deadline - time.monotonic()):
                        await changed.wait()
                except TimeoutError:
                    return await self._jobs.look(job_id, scope) if seconds > 0 else seen
                changed.clear()
                # Of a process that ends, many answers are given at once: none is read again.
                if not self._is_closing:
                    seen = _after(changed.last, seen) or await self._jobs.look(job_id, scope)
            return seen

    def close(self) -> None:
        """End all waits, since this process is about to end."""
        self._is_closing = True
        for job_id in self._events.waited_for:
            self._events.wake(job_id)

    async def poll(self) -> None:
        """End the waits for jobs that have ended, until cancelled."""
        interruptions = Interruptions("lookout_interrupted")
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                waited_for = self._events.waited_for
                ended = await self._jobs.find_ended(waited_for) if waited_for else ()
            except STORE_FAILED as error:
                interruptions.failed(error)
                continue
            if waited_for:
                interruptions.ended()
            for job_id in ended:
                self._events.wake(job_id)


def _after(change: JobChange | None, seen: Seen) -> Seen | None:
    """Show a job after a change; None if it must be read."""
    if change is not None and change.status not in TERMINAL:
        return seen  # The wait goes on: what has changed is read at its end.
    if seen.items is None:
        return None
    after = apply_change(change, seen.job, seen.items)
    return None if after is None else Seen(*after)
