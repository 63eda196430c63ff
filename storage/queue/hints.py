"""Hints to workers: Redis says where to look, MongoDB says what to do.

A lost hint costs time and never work, because the reconciler sends it again. So hints are sent in
the background, and a failure is only logged.
"""

import asyncio
import math
import time
from collections.abc import Sequence

import structlog
from arq.connections import ArqRedis

from domain.jobs import ChunkHint
from storage.errors import REDIS_FAILED
from storage.queue.batching import Batcher
from storage.queue.connection import listen, master_of
from storage.queue.fair_queue import CHANNEL, FairQueue, Room
from storage.settings import WorkRules

MARKER = "minilab:hints-are-here"
MARKER_SECONDS = 24 * 3600
RENEW_SECONDS = 3600
MOST_TOGETHER = 2000

_log = structlog.get_logger(__name__)


class Hints:
    """Sends hints, and finds out which are still in Redis.

    Attributes:
        are_heard: Whether notices of new hints arrive, as far as this process knows.
    """

    def __init__(self, redis: ArqRedis, rules: WorkRules) -> None:
        self._redis = redis
        self.are_heard = False
        self._renew_at = -math.inf
        self.fair_queue = FairQueue(redis, rules)
        self._calls = Batcher(self._send_all, MOST_TOGETHER, len)
        self._sending: set[asyncio.Task[bool]] = set()

    def send_soon(self, hints: Sequence[ChunkHint]) -> None:
        """Send hints in the background. Those without a user share one tenant."""
        task = asyncio.create_task(self.send(hints))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def send(self, hints: Sequence[ChunkHint]) -> bool:
        """Send hints as far as their tenants have room in the queue.

        Calls are batched, one at a time: a frozen Redis holds each until its time limit, and
        must not tie up a connection for every upload. Returns False if Redis could not be reached;
        the reconciler sends the hints later.
        """
        try:
            await self._calls.submit(hints)
        except REDIS_FAILED as error:
            _log.warning("hint_not_sent", job_id=hints[0].job_id, reason=type(error).__name__)
            return False
        return True

    async def wake(self, woken: asyncio.Event) -> None:
        """Set an event whenever there is a new hint, or a notice may be lost, until cancelled."""

        def note(are_heard: bool) -> None:
            self.are_heard = are_heard
            woken.set()

        await listen(self._redis, CHANNEL, lambda _: woken.set(), note)

    async def were_wiped(self) -> bool:
        """Return whether Redis may have lost data since the last call in any process.

        It was wiped, or another server has become the master, which may lack the last writes. Of
        several processes that ask, one gets True.
        """
        now = time.monotonic()
        kept = await self._redis.get(MARKER)
        here = master_of(self._redis)  # Of the call just made.
        if now < self._renew_at and kept == here:
            return False  # Nothing is written, for the sake of an idle Redis.
        before = await self._redis.set(MARKER, here, ex=MARKER_SECONDS, get=True)
        self._renew_at = now + RENEW_SECONDS
        return bool(before != here)

    async def report_loss_again(self) -> None:
        """Let :meth:`were_wiped` report the loss again: the caller could not act on it."""
        await self._redis.delete(MARKER)

    async def forget(self, hints: Sequence[ChunkHint]) -> None:
        """Remove hints whose worker is lost, which would stay until a key expires."""
        if hints:
            await self.fair_queue.exchange(Room(0, 0, 0), ended=[hint.id for hint in hints])

    async def drain(self) -> None:
        """Wait until the hints that are being sent have been sent."""
        if self._sending:
            await asyncio.wait(self._sending)

    async def _send_all(self, groups: Sequence[Sequence[ChunkHint]]) -> list[None]:
        await self.fair_queue.send([hint for group in groups for hint in group])
        return [None] * len(groups)
