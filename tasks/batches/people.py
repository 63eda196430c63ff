"""The work of people, which goes first: a worker looks for work of batches only without it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class People:
    """Knows whether this worker holds work of people.

    What waits in the queue is taken by a worker at once, as long as one has room. So a worker that
    holds none knows that, as far as it matters, none waits.
    """

    def __init__(self) -> None:
        self._chunks = 0
        self._gone = asyncio.Event()
        self._gone.set()

    @contextmanager
    def being_served(self) -> Iterator[None]:
        """Hold work of people for as long as the context lasts."""
        self._chunks += 1
        self._gone.clear()
        try:
            yield
        finally:
            self._chunks -= 1
            if not self._chunks:
                self._gone.set()

    async def wait(self) -> None:
        """Wait until this worker holds no work of people."""
        await self._gone.wait()
