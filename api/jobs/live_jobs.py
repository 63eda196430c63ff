"""Notifies the listeners of jobs of changes; one read of MongoDB serves all of them.

Job events only say which jobs to read at once; every second, all jobs with listeners are read.
Nothing is queued for a listener: it takes the current state when it can, so that a slow one holds
no memory and receives fewer states.
"""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

from api.jobs.listeners import Listeners
from domain.errors.access import Expired, NotFound
from domain.errors.base import ServiceError
from domain.job_changes import JobChange
from domain.jobs import TERMINAL
from domain.keys import Caller, Role, Scope
from domain.records import Job
from storage.errors import STORE_FAILED
from storage.stores import Stores
from telemetry.interruptions import Interruptions

READ_SECONDS = 1.0
# Changes that come faster are read together.
GATHER_SECONDS = 0.05


class Listener:
    """One reader of one job, and the state that it has not received yet.

    Attributes:
        changed: Set when one of the other attributes or the job has changed.
        gone: The error that says why the job no longer exists.
        is_refused: Whether the caller's key or link is no longer valid.
    """

    def __init__(self, caller: Caller, job: Job, known_version: int | None) -> None:
        self.caller = caller
        self.changed = asyncio.Event()
        self.gone: ServiceError | None = None
        self.is_refused = False
        self.job_id = job.id
        self._job = job
        self._known_version = known_version

    def show(self, job: Job) -> None:
        """Keep a state of the job, if it is newer."""
        if job.version > self._job.version:
            self._job = job
            self.changed.set()

    def take(self) -> Job | None:
        """Give the state of the job that the reader does not know; None if it knows it."""
        if self._job.version == self._known_version:
            return None
        self._known_version = self._job.version
        return self._job


class LiveJobs:
    """The readers of event streams in this process."""

    def __init__(self, stores: Stores, places: Listeners) -> None:
        self.is_closing = False
        self.limits = places.limits
        self._places = places
        self._stores = stores
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._to_read: set[str] = set()
        self._announced: dict[str, int] = {}
        """By job, the latest version that an event has named."""
        self._changed = asyncio.Event()
        stores.job_events.hear_changes(self._hear)

    async def listener_of(
        self, caller: Caller, job_id: str, scope: Scope, known_version: int | None
    ) -> Listener | None:
        """Make a listener of a job; None if it has ended and the reader knows its last version.

        Raises:
            NotFound: There is no such job in the scope.
            JobExpired: The job is kept no longer.
        """
        job = await self._stores.jobs.get(job_id, scope)
        if job.status in TERMINAL and job.version == known_version:
            return None
        return Listener(caller, job, known_version)

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Notify a listener for as long as the context lasts.

        Raises:
            TooManyListeners: The tenant has reached its limit.
            ListenersFull: The process has reached its limit.
        """
        with self._places.place_for(listener.caller):
            self._listeners[listener.job_id].add(listener)
            self._read_soon(listener.job_id)  # It may have changed since it was read.
            try:
                yield
            finally:
                self._listeners[listener.job_id].discard(listener)
                if not self._listeners[listener.job_id]:
                    del self._listeners[listener.job_id]

    def close(self) -> None:
        """End all streams, since this process is about to end."""
        self.is_closing = True
        for listener in self._all():
            listener.changed.set()

    async def run(self) -> None:
        """Read jobs and notify their listeners, until cancelled."""
        next_round = -math.inf
        interruptions = Interruptions("live_jobs_interrupted")
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, next_round - time.monotonic())):
                    await self._changed.wait()
            self._changed.clear()
            job_ids, self._to_read = self._to_read & self._listeners.keys(), set()
            is_round = time.monotonic() >= next_round
            if is_round:
                next_round = time.monotonic() + READ_SECONDS
                job_ids = set(self._listeners)
                self._announced.clear()
            try:
                await self._read(job_ids)
                if is_round:
                    await self._check_callers()
                    interruptions.ended()
            except STORE_FAILED as error:
                interruptions.failed(error)
            await asyncio.sleep(GATHER_SECONDS)

    def _hear(self, change: JobChange) -> None:
        if change.job_id in self._listeners:
            known = self._announced.get(change.job_id, 0)
            self._announced[change.job_id] = max(known, change.version)
            self._read_soon(change.job_id)

    def _read_soon(self, job_id: str) -> None:
        self._to_read.add(job_id)
        self._changed.set()

    async def _read(self, job_ids: Collection[str]) -> None:
        jobs = await self._stores.jobs.read_all(list(job_ids)) if job_ids else []
        for job in jobs:
            for listener in self._listeners.get(job.id, ()):
                listener.show(job)
            # An event can arrive before its change can be read as committed.
            if job.version < self._announced.get(job.id, 0):
                self._read_soon(job.id)
        for job_id in set(job_ids) - {job.id for job in jobs}:
            await self._end(job_id)

    async def _end(self, job_id: str) -> None:
        """End the streams of a job that no longer exists."""
        try:
            await self._stores.jobs.get(job_id, Scope())
        except (NotFound, Expired) as reason:
            for listener in self._listeners.get(job_id, ()):
                listener.gone = reason
                listener.changed.set()

    async def _check_callers(self) -> None:
        """End the streams of callers whose key or link is no longer valid."""
        listeners = self._all()
        links = {of.caller.key_id for of in listeners if of.caller.role is Role.LINK}
        keys = {of.caller.key_id for of in listeners} - links
        valid = await self._stores.api_keys.find_valid(keys)
        if links:
            valid |= await self._stores.upload_links.find_not_revoked(links)
        for listener in listeners:
            if listener.caller.key_id not in valid:
                listener.is_refused = True
                listener.changed.set()

    def _all(self) -> list[Listener]:
        return [listener for group in self._listeners.values() for listener in group]
