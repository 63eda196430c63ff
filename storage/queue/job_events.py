"""Job events: changes of jobs, published by Redis from workers to the API processes.

Redis pub/sub can lose a message. A process that relies on these events also reads MongoDB at
intervals.
"""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec
import structlog
from redis.asyncio import Redis

from domain.job_changes import JobChange
from domain.jobs import TERMINAL
from storage.errors import REDIS_FAILED
from storage.queue.connection import listen
from telemetry.interruptions import Interruptions

Hear = Callable[[JobChange], None]

CHANNEL = "minilab:job-changes"
CANCELS = "minilab:canceled-jobs"
DELIVERIES = "minilab:deliveries"
DUE = b"due"
WORK = "minilab:work"
# Nothing is sent for this long after a failed call: each call could take the whole time limit.
SILENCE_SECONDS = 2.0

_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[JobChange]).decode


class Changed(asyncio.Event):
    """An event that is set whenever a job changes.

    Attributes:
        last: The change that set it; None if it was set for another reason.
    """

    last: JobChange | None = None


class JobEvents:
    """Publishes changes of jobs, and wakes the tasks of this process that wait for them."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiters: dict[str, set[Changed]] = defaultdict(set)
        self._hearers: list[Hear] = []
        self._silent_until = -math.inf
        self._sending: set[asyncio.Task[None]] = set()
        self._interruptions = Interruptions("notice_not_sent")

    async def publish(self, change: JobChange | None) -> None:
        """Publish a change, unless it is None or Redis cannot be reached."""
        await self.publish_all([change] if change is not None else [])

    async def publish_all(self, changes: Sequence[JobChange]) -> None:
        """Publish changes, if Redis can be reached."""
        if changes:
            await self._send(CHANNEL, _encode(changes))

    async def publish_cancel(self, job_id: str) -> None:
        """Notify the workers that a job was canceled, if Redis can be reached."""
        await self._send(CANCELS, job_id.encode())

    async def hear_cancels(self, hear: Callable[[str], None]) -> None:
        """Call a function with the ID of each canceled job, until cancelled."""
        await listen(self._redis, CANCELS, lambda message: hear(message.decode(errors="replace")))

    async def hear_progress(self, hear: Callable[[bool], None]) -> None:
        """Call a function whenever jobs have changed, until cancelled.

        It gets True if one of them has ended, or notices may have been lost.
        """

        def listen_for_ends(message: bytes) -> None:
            with suppress(msgspec.DecodeError):
                hear(any(change.status in TERMINAL for change in _decode(message)))

        await listen(self._redis, CHANNEL, listen_for_ends, lambda _: hear(True))

    async def publish_work(self, kind: str) -> None:
        """Notify the workers that work of a kind is due, if Redis can be reached."""
        await self._send(WORK, kind.encode())

    def publish_work_soon(self, kind: str) -> None:
        """Do so in the background: no request waits for Redis."""
        self._send_soon(WORK, kind.encode())

    async def hear_work(self, hear: Callable[[str], None]) -> None:
        """Call a function with the kind of work that is due, until cancelled."""
        await listen(self._redis, WORK, lambda kind: hear(kind.decode(errors="replace")))

    async def publish_deliveries(self) -> None:
        """Notify the deliverers that deliveries are due, if Redis can be reached."""
        await self._send(DELIVERIES, DUE)

    def publish_events_soon(self) -> None:
        """Notify the deliverers in the background that there may be events to announce."""
        self._send_soon(DELIVERIES, b"events")

    async def hear_deliveries(self, hear: Callable[[bool], None]) -> None:
        """Call a function whenever deliveries may be due, until cancelled.

        It gets True if there may also be events to announce.
        """
        await listen(
            self._redis, DELIVERIES, lambda message: hear(message != DUE), lambda _: hear(True)
        )

    @contextmanager
    def waiting_for(self, job_id: str) -> Iterator[Changed]:
        """Give an event that is set whenever the job changes."""
        event = Changed()
        self._waiters[job_id].add(event)
        try:
            yield event
        finally:
            self._waiters[job_id].discard(event)
            if not self._waiters[job_id]:
                del self._waiters[job_id]

    def hear_changes(self, hear: Hear) -> None:
        """Call a function with every change of every job, for as long as this process lives."""
        self._hearers.append(hear)

    async def listen(self) -> None:
        """Wake the waiters of changed jobs, until cancelled."""
        await listen(self._redis, CHANNEL, self._hear)

    @property
    def waited_for(self) -> list[str]:
        """The jobs that a task of this process waits for."""
        return list(self._waiters)

    def wake(self, job_id: str, change: JobChange | None = None) -> None:
        """Wake the tasks of this process that wait for a job."""
        for event in self._waiters.get(job_id, ()):
            event.last = change
            event.set()

    def _send_soon(self, channel: str, message: bytes) -> None:
        sending = asyncio.create_task(self._send(channel, message))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _send(self, channel: str, message: bytes) -> None:
        if time.monotonic() < self._silent_until:
            return
        try:
            await self._redis.publish(channel, message)
        except REDIS_FAILED as error:
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            self._interruptions.failed(error)
        else:
            self._interruptions.ended()

    def _hear(self, message: bytes) -> None:
        try:
            changes = _decode(message)
        except msgspec.DecodeError:
            _log.warning("notice_not_understood")
            return
        for change in changes:
            self.wake(change.job_id, change)
            for hear in self._hearers:
                hear(change)
