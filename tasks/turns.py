"""Turns within a worker: of the work that it has taken, the lowest turn goes to a child first.

A worker takes more than its children can do at once, so that none of them waits. Without an order
of its own that work would be a queue in which whoever comes last waits for all of it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from heapq import heappop, heappush
from itertools import count
from typing import TypeVar

from sandbox.pool import ChildPool

TURN: ContextVar[int] = ContextVar("turn", default=0)
"""The score of the hint that this work comes from."""

Result = TypeVar("Result")


class Turnstile:
    """Lets so many through at a time, the lowest turn first.

    Args:
        width: How many.
    """

    def __init__(self, width: int) -> None:
        self._free = width
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._arrivals = count()

    @asynccontextmanager
    async def passing(self, turn: int) -> AsyncIterator[None]:
        """Wait for the turn, and hold a place for as long as the context lasts."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(turn)
        try:
            yield
        finally:
            self._let_next_through()

    async def _wait(self, turn: int) -> None:
        place = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (turn, next(self._arrivals), place))
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # It was let through in the same moment.
                self._let_next_through()
            raise

    def _let_next_through(self) -> None:
        while self._waiting:
            *_, place = heappop(self._waiting)
            if not place.done():
                place.set_result(None)
                return
        self._free += 1


class Clock:
    """Adds up the turns that this worker has worked on, until they are told."""

    def __init__(self) -> None:
        self._done = 0.0
        self._moved = asyncio.Event()

    def count(self, turn_length: float) -> None:
        """Add a turn."""
        self._done += turn_length
        self._moved.set()

    async def wait(self) -> float:
        """Wait for a turn to be added, and take the sum away."""
        await self._moved.wait()
        self._moved.clear()
        done, self._done = self._done, 0.0
        return done


class ChildrenInTurn(ChildPool):
    """A pool whose children take up the lowest turn first.

    Args:
        children: Most children that work at the same time.
        max_child_bytes: Address space that a child may add to what it starts with, in bytes.
    """

    def __init__(self, children: int, max_child_bytes: int) -> None:
        super().__init__(children, max_child_bytes)
        self._turnstile = Turnstile(children)

    async def run(self, function: Callable[..., Result], *args: object, seconds: float) -> Result:
        """Call a pure function in a child, in the turn of :data:`TURN`; see :class:`ChildPool`."""
        async with self._turnstile.passing(TURN.get()):
            return await super().run(function, *args, seconds=seconds)
