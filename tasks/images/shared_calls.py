"""Calls to children, shared by tasks: many jobs of one image cost as much as one job of many.

A call to a child costs the parent more time than a small image costs the child. Items that arrive
while all children are busy share the next call to a free one, the lowest turn first.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from heapq import heappop, heappush
from itertools import count

import msgspec
import structlog

from tasks.images.image_batch import BatchItem, Outcome

TURN: ContextVar[float] = ContextVar("turn", default=0)
"""The score of the hint of this task."""

# Larger images have a call of their own: its cost is small beside theirs.
MOST_BYTES = 1024 * 1024
# Every item of a call waits for all others in it.
MOST_SHARED = 14

Call = Callable[[Sequence[BatchItem]], Awaitable[list[Outcome]]]


class CallFailed(Exception):
    """A call to a child failed.

    Attributes:
        images: Number of images in the call, those of other tasks included.
    """

    def __init__(self, error: Exception, images: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.images = images


class PendingItems(msgspec.Struct, order=True):
    """Items of one task that wait for a child."""

    turn: float
    arrival: int
    items: Sequence[BatchItem]
    answer: "asyncio.Future[list[Outcome]]"


class SharedCalls:
    """Puts items of several tasks into one call.

    Args:
        call: Returns outcomes for the first of some items, for one at least.
        children: Most calls at the same time.
        most_images: Most items in a shared call.
    """

    def __init__(self, call: Call, children: int, most_images: int) -> None:
        self._call = call
        self._children = children
        self._most_images = most_images
        self._free = children
        self._waiting: list[PendingItems] = []
        self._arrivals = count()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, items: Sequence[BatchItem]) -> list[Outcome]:
        """Process items in the turn of :data:`TURN`; the outcomes are those of the first items.

        There may be none yet. If all tasks of a call are cancelled, the call is cancelled, and its
        child is killed.

        Raises:
            CallFailed: The call of these items failed.
        """
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, PendingItems(TURN.get(), next(self._arrivals), items, answer))
        self._start_calls()
        return await answer

    def _start_calls(self) -> None:
        while self._free and (pending := self._take()):
            self._free -= 1
            running = asyncio.create_task(self._run(pending))
            self._running.add(running)
            running.add_done_callback(self._running.discard)

    def _take(self) -> list[PendingItems]:
        """Take the lowest turns, up to the share of one child in all waiting items."""
        waiting = sum(len(pending.items) for pending in self._waiting if not pending.answer.done())
        most = min(self._most_images, MOST_SHARED, math.ceil(waiting / self._children))
        taken: list[PendingItems] = []
        images = size_bytes = 0
        while self._waiting:
            pending = self._waiting[0]
            if not pending.answer.done():
                images += len(pending.items)
                size_bytes += sum(len(item.data) for item in pending.items)
                if taken and (images > most or size_bytes > MOST_BYTES):
                    break
                taken.append(pending)
            heappop(self._waiting)
        return taken

    async def _run(self, taken: Sequence[PendingItems]) -> None:
        structlog.contextvars.clear_contextvars()  # The call belongs to several tasks.
        TURN.set(taken[0].turn)
        items = [item for pending in taken for item in pending.items]
        calling = asyncio.ensure_future(self._call(items))

        def end_if_abandoned(_: object) -> None:
            if all(pending.answer.cancelled() for pending in taken):
                calling.cancel()

        for pending in taken:
            pending.answer.add_done_callback(end_if_abandoned)
        await asyncio.wait([calling])
        self._free += 1
        error = None if calling.cancelled() else calling.exception()
        outcomes = [] if error or calling.cancelled() else calling.result()
        for pending in taken:
            own, outcomes = outcomes[: len(pending.items)], outcomes[len(pending.items) :]
            if pending.answer.done():
                continue
            if isinstance(error, Exception):
                pending.answer.set_exception(CallFailed(error, len(items)))
            else:
                pending.answer.set_result(own)
        self._start_calls()
