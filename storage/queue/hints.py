"""Hints to workers: Redis is told what to look at, MongoDB decides what there is to do.

A hint that is lost costs time, never work: the reconciler sends it again. So sending is best
effort, happens in the background, and never holds up an answer.
"""

import asyncio
from collections.abc import Sequence

import structlog
from arq.connections import ArqRedis
from arq.constants import default_queue_name

from domain.jobs import ChunkHint, read_hint_id
from storage.errors import REDIS_FAILED
from storage.queue.batching import Batcher
from storage.queue.channels import listen
from storage.queue.fair_queue import CHANNEL, FairQueue, HintState, Room
from storage.settings import WorkRules

QUEUE = default_queue_name
MARKER = "minilab:hints-are-here"
MARKER_SECONDS = 24 * 3600
MOST_TOGETHER = 2000

_log = structlog.get_logger(__name__)


class Hints:
    """Sends hints, and knows which are still there.

    Args:
        redis: The pool.
        rules: How long the queue may be, and the weights of tenants.

    Attributes:
        fair_queue: The queue.
    """

    def __init__(self, redis: ArqRedis, rules: WorkRules) -> None:
        self._redis = redis
        self.fair_queue = FairQueue(redis, rules)
        self._calls = Batcher(self._send_all, MOST_TOGETHER, len)
        self._sending: set[asyncio.Task[bool]] = set()

    def send_soon(self, hints: Sequence[ChunkHint]) -> None:
        """Send hints in the background.

        Args:
            hints: With the user whose turn each takes and the work that it is: hints without a
                user share the turns of one tenant.
        """
        task = asyncio.create_task(self.send(hints))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def send(self, hints: Sequence[ChunkHint]) -> bool:
        """Send hints, as far as there is room for their tenants in the queue.

        One call at a time, with all that has come meanwhile: a Redis that is frozen holds each
        until its time limit, and must not gather a connection for every upload.

        Returns:
            False if Redis could not be reached: the reconciler will send them.
        """
        try:
            await self._calls.submit(hints)
        except REDIS_FAILED as error:
            _log.warning("hint_not_sent", job_id=hints[0].job_id, reason=type(error).__name__)
            return False
        return True

    async def _send_all(self, groups: Sequence[Sequence[ChunkHint]]) -> list[None]:
        await self.fair_queue.send([hint for group in groups for hint in group])
        return [None] * len(groups)

    async def wake(self, woken: asyncio.Event) -> None:
        """Set an event whenever there is a new hint, until cancelled."""
        await listen(self._redis, CHANNEL, lambda _: woken.set())

    async def find_states(self, hints: Sequence[ChunkHint]) -> list[HintState]:
        """Say how hints stand in Redis.

        Returns:
            A state for each hint, in order.

        Raises:
            RedisError: Redis cannot be reached.
        """
        return await self.fair_queue.find_states([hint.id for hint in hints])

    async def find_taken(self, min_seconds: float) -> list[ChunkHint]:
        """Find hints that a worker took so long ago, among the first in the queue.

        Raises:
            RedisError: Redis cannot be reached.
        """
        return [read_hint_id(hint_id) for hint_id in await self.fair_queue.find_taken(min_seconds)]

    async def were_wiped(self) -> bool:
        """Say whether Redis has lost everything since this was last asked, by anyone.

        Of several processes that ask, one is told so.

        Raises:
            RedisError: Redis cannot be reached.
        """
        before = await self._redis.set(MARKER, b"1", ex=MARKER_SECONDS, get=True)
        return before is None

    async def report_loss_again(self) -> None:
        """Have :meth:`were_wiped` say so once more: who was told could do nothing about it."""
        await self._redis.delete(MARKER)

    async def forget(self, hints: Sequence[ChunkHint]) -> None:
        """Remove hints whose worker is gone, which would stay until a key expires.

        Raises:
            RedisError: Redis cannot be reached.
        """
        if hints:
            await self.fair_queue.exchange(Room(0, 0, 0), ended=[hint.id for hint in hints])

    async def drain(self) -> None:
        """Wait until what is being sent has been sent."""
        if self._sending:
            await asyncio.wait(self._sending)
