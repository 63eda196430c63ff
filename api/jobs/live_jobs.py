"""Who listens to which job: all of them are told from one look at MongoDB.

Job events only say where to look at once; every second all jobs that are listened to are looked at.
Nothing is queued for a listener: it takes the state that is present when it can, so that a slow
one holds no memory and is told less often.
"""

import asyncio
import math
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress

import structlog

from domain.errors.access import Expired, NotFound
from domain.errors.base import ServiceError
from domain.errors.capacity import ListenersFull, TooManyListeners
from domain.fairness.admission import tenant_of
from domain.jobs import JobChange
from domain.keys import Caller, Role, Scope
from domain.limits import ListenerLimits
from domain.records import Job
from storage.errors import STORE_FAILED
from storage.stores import Stores

LOOK_SECONDS = 1.0
# Changes that come faster are looked at together.
GATHER_SECONDS = 0.05
ROOM_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Listener:
    """One reader of one job, and what it has not been told yet.

    Args:
        caller: Who reads.
        job: The job as it was when the reader came.
        known_version: The version that the reader knows; None for none.

    Attributes:
        changed: Set when there is something to look at here.
        gone: Why there is no such job any more.
        is_refused: Whether the caller's key or link is no longer valid.
    """

    def __init__(self, caller: Caller, job: Job, known_version: int | None) -> None:
        self.caller = caller
        self.changed = asyncio.Event()
        self.gone: ServiceError | None = None
        self.is_refused = False
        self._job = job
        self._known_version = known_version

    @property
    def job_id(self) -> str:
        """The job that is listened to."""
        return self._job.id

    def show(self, job: Job) -> None:
        """Take in the state of the job, if it is newer."""
        if job.version > self._job.version:
            self._job = job
            self.changed.set()

    def take(self) -> Job | None:
        """Give the state of the job that is to be told now; None if it was."""
        if self._job.version == self._known_version:
            return None
        self._known_version = self._job.version
        return self._job


class LiveJobs:
    """Tells listeners of changes.

    Args:
        stores: Where the jobs are.
        limits: How many may listen.

    Attributes:
        count: How many listen.
        is_closing: Whether this process is about to end.
    """

    def __init__(self, stores: Stores, limits: ListenerLimits) -> None:
        self.count = 0
        self.is_closing = False
        self.limits = limits
        self._stores = stores
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._of_tenant: Counter[str] = Counter()
        self._to_look_at: set[str] = set()
        self._heard_versions: dict[str, int] = {}
        self._changed = asyncio.Event()
        stores.job_events.hear_changes(self._hear)

    @contextmanager
    def listening(self, listener: Listener) -> Iterator[None]:
        """Keep a listener told for as long as the context lasts.

        Raises:
            TooManyListeners: The tenant has as many as it may.
            ListenersFull: The process has.
        """
        tenant = tenant_of(listener.caller)
        self._check_room(tenant)
        self._count(tenant, 1)
        self._listeners[listener.job_id].add(listener)
        self._look_soon(listener.job_id)  # It may have changed since the listener's own look.
        try:
            yield
        finally:
            self._count(tenant, -1)
            self._listeners[listener.job_id].discard(listener)
            if not self._listeners[listener.job_id]:
                del self._listeners[listener.job_id]

    def close(self) -> None:
        """Have all streams end, since this process is about to."""
        self.is_closing = True
        for listener in self._all():
            listener.changed.set()

    async def run(self) -> None:
        """Look at jobs and tell of them, until cancelled."""
        next_round = -math.inf
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, next_round - time.monotonic())):
                    await self._changed.wait()
            self._changed.clear()
            job_ids, self._to_look_at = self._to_look_at & self._listeners.keys(), set()
            is_round = time.monotonic() >= next_round
            if is_round:
                next_round = time.monotonic() + LOOK_SECONDS
                job_ids = set(self._listeners)
                self._heard_versions.clear()
            try:
                await self._look(job_ids)
                if is_round:
                    await self._check_callers()
            except STORE_FAILED as error:
                _log.warning("live_jobs_interrupted", reason=type(error).__name__)
            await asyncio.sleep(GATHER_SECONDS)

    def _hear(self, change: JobChange) -> None:
        if change.job_id in self._listeners:
            known = self._heard_versions.get(change.job_id, 0)
            self._heard_versions[change.job_id] = max(known, change.version)
            self._look_soon(change.job_id)

    def _look_soon(self, job_id: str) -> None:
        self._to_look_at.add(job_id)
        self._changed.set()

    async def _look(self, job_ids: Collection[str]) -> None:
        jobs = await self._stores.jobs.read_all(list(job_ids)) if job_ids else []
        for job in jobs:
            for listener in self._listeners.get(job.id, ()):
                listener.show(job)
            # A notice can be here before what it tells of can be read as committed.
            if job.version < self._heard_versions.get(job.id, 0):
                self._look_soon(job.id)
        for job_id in set(job_ids) - {job.id for job in jobs}:
            await self._bury(job_id)

    async def _bury(self, job_id: str) -> None:
        try:
            await self._stores.jobs.get(job_id, Scope())
        except (NotFound, Expired) as reason:
            for listener in self._listeners.get(job_id, ()):
                listener.gone = reason
                listener.changed.set()

    async def _check_callers(self) -> None:
        """End the streams of those whom any other route would refuse by now."""
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

    def _check_room(self, tenant: str | None) -> None:
        most, of_tenant = self.limits.max_listeners, self.limits.tenant_max_listeners
        if of_tenant and tenant is not None and self._of_tenant[tenant] >= of_tenant:
            raise TooManyListeners(
                f"{of_tenant} streams of yours are open. Close some, or poll the jobs instead.",
                ROOM_SECONDS,
            )
        if most and self.count >= most:
            raise ListenersFull("Come again later, or poll the job instead.", ROOM_SECONDS)

    def _count(self, tenant: str | None, more: int) -> None:
        self.count += more
        if tenant is not None:
            self._of_tenant[tenant] += more
            if not self._of_tenant[tenant]:
                del self._of_tenant[tenant]

    def _all(self) -> list[Listener]:
        return [listener for group in self._listeners.values() for listener in group]
