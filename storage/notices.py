"""Notices of job changes, from workers to whoever waits at an API process.

Redis only carries them; a waiter that hears nothing looks into MongoDB all the same.
"""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import structlog
from redis.asyncio import Redis

from storage.channels import listen
from storage.errors import REDIS_FAILED
from storage.ledger import JobChange

CHANNEL = "minilab:job-changes"
# After a call that failed, so long nothing is sent: each could take the whole time limit.
SILENCE_SECONDS = 2.0

_log = structlog.get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(JobChange).decode


class Notices:
    """Publishes changes, and wakes up those who wait for them in this process.

    Args:
        redis: The pool.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiters: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listener: asyncio.Task[None] | None = None
        self._silent_until = -math.inf

    async def publish(self, change: JobChange | None) -> None:
        """Tell of a change, if there is one and Redis can be reached."""
        if change is None or time.monotonic() < self._silent_until:
            return
        try:
            await self._redis.publish(CHANNEL, _encode(change))
        except REDIS_FAILED as error:
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            _log.warning("notice_not_sent", job_id=change.job_id, reason=type(error).__name__)

    @asynccontextmanager
    async def waiting_for(self, job_id: str) -> AsyncIterator[asyncio.Event]:
        """Give an event that is set whenever the job changes."""
        event = asyncio.Event()
        self._waiters[job_id].add(event)
        try:
            yield event
        finally:
            self._waiters[job_id].discard(event)
            if not self._waiters[job_id]:
                del self._waiters[job_id]

    def start(self) -> None:
        """Begin to listen."""
        self._listener = asyncio.create_task(listen(self._redis, CHANNEL, self._wake))

    async def stop(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait([self._listener])

    def _wake(self, message: bytes) -> None:
        try:
            change = _decode(message)
        except msgspec.DecodeError:
            _log.warning("notice_not_understood")
            return
        for event in self._waiters.get(change.job_id, ()):
            event.set()
