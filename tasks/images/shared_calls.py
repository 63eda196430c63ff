"""Calls to children that tasks share: many jobs of one image each cost what one of many does.

A call to a child takes its parent longer than a small image takes the child. What comes while all
children are at work goes to the next free one together, the lowest turn first.
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
"""The score of the hint that this work comes from."""

# Larger images go to a child by themselves: for them a call costs next to nothing.
MOST_BYTES = 1024 * 1024
# Whoever comes last in a call waits for all that share it.
MOST_SHARED = 14

Call = Callable[[Sequence[BatchItem]], Awaitable[list[Outcome]]]


class CallFailed(Exception):
    """A call to a child that ended without outcomes.

    Attributes:
        error: Why.
        images: How many were in that call, those of other tasks included.
    """

    def __init__(self, error: Exception, images: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.images = images


class Asked(msgspec.Struct, order=True):
    """Items of one task that wait for a child."""

    turn: float
    arrival: int
    items: Sequence[BatchItem]
    answer: "asyncio.Future[list[Outcome]]"


class SharedCalls:
    """Puts items of several tasks into one call.

    Args:
        call: Gives outcomes for the first of some items: for one at least.
        children: Most calls at the same time.
        most_images: Most items in a call, where it is shared.
    """

    def __init__(self, call: Call, children: int, most_images: int) -> None:
        self._call = call
        self._children = children
        self._most_images = most_images
        self._free = children
        self._waiting: list[Asked] = []
        self._arrivals = count()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, items: Sequence[BatchItem]) -> list[Outcome]:
        """Work on items in the turn of :data:`TURN`.

        When all the tasks of a call are cancelled, its child is ended.

        Returns:
            Outcomes for the first of them, in order; there may be none yet.

        Raises:
            CallFailed: The call that they were in ended without outcomes.
        """
        answer: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, Asked(TURN.get(), next(self._arrivals), items, answer))
        self._start_calls()
        return await answer

    def _start_calls(self) -> None:
        while self._free and (asked := self._take()):
            self._free -= 1
            running = asyncio.create_task(self._run(asked))
            self._running.add(running)
            running.add_done_callback(self._running.discard)

    def _take(self) -> list[Asked]:
        """Take the lowest turns, as many as make a fair share of what waits for the children."""
        waiting = sum(len(asked.items) for asked in self._waiting if not asked.answer.done())
        most = min(self._most_images, MOST_SHARED, math.ceil(waiting / self._children))
        taken: list[Asked] = []
        images = size_bytes = 0
        while self._waiting:
            asked = self._waiting[0]
            if not asked.answer.done():
                images += len(asked.items)
                size_bytes += sum(len(item.data) for item in asked.items)
                if taken and (images > most or size_bytes > MOST_BYTES):
                    break
                taken.append(asked)
            heappop(self._waiting)
        return taken

    async def _run(self, taken: Sequence[Asked]) -> None:
        structlog.contextvars.clear_contextvars()  # This is no one task's.
        TURN.set(taken[0].turn)
        items = [item for asked in taken for item in asked.items]
        calling = asyncio.ensure_future(self._call(items))

        def end_if_abandoned(_: object) -> None:
            if all(asked.answer.cancelled() for asked in taken):
                calling.cancel()

        for asked in taken:
            asked.answer.add_done_callback(end_if_abandoned)
        await asyncio.wait([calling])
        self._free += 1
        self._answer(taken, calling, len(items))
        self._start_calls()

    def _answer(
        self, taken: Sequence[Asked], called: "asyncio.Future[list[Outcome]]", images: int
    ) -> None:
        outcomes: list[Outcome] = []
        error: BaseException | None = None
        if not called.cancelled():
            error = called.exception()
            outcomes = [] if error else called.result()
        for asked in taken:
            own, outcomes = outcomes[: len(asked.items)], outcomes[len(asked.items) :]
            if asked.answer.done():
                continue
            if isinstance(error, Exception):
                asked.answer.set_exception(CallFailed(error, images))
            else:
                asked.answer.set_result(own)
