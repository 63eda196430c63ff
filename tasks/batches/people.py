"""The work of people, which goes first: a worker works for batches only without it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_SECONDS = 0.05
"""People who upload one photo after the other have the next one on its way before this time."""


class People:
    """Knows whether this worker holds work of people, or has held some a moment ago.

    What waits in the queue is taken by a worker at once, as long as one has room. So a worker that
    holds none knows that, as far as it matters, none waits.
    """

    def __init__(self) -> None:
        self._chunks = 0
        self._here = asyncio.Event()
        self._gone = asyncio.Event()
        self._gone.set()
        self._leaving: asyncio.TimerHandle | None = None

    @contextmanager
    def being_served(self) -> Iterator[None]:
        """Hold work of people for as long as the context lasts."""
        self._chunks += 1
        if self._leaving is not None:
            self._leaving.cancel()
        self._gone.clear()
        self._here.set()
        try:
            yield
        finally:
            self._chunks -= 1
            if not self._chunks:
                loop = asyncio.get_running_loop()
                self._leaving = loop.call_later(QUIET_SECONDS, self._leave)

    async def come(self) -> None:
        """Wait until this worker holds work of people."""
        await self._here.wait()

    async def go(self) -> None:
        """Wait until this worker has held no work of people for a moment."""
        await self._gone.wait()

    def _leave(self) -> None:
        self._here.clear()
        self._gone.set()
