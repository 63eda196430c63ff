"""arq's worker, woken by a notice where it would only poll."""

import asyncio
from contextlib import suppress
from typing import Any

from arq.worker import Worker


class WokenQueue(Worker):
    """Looks at the queue when it is woken, and every so often all the same.

    arq only polls: often costs an idle worker its core, seldom costs each image its time. This
    replaces the pause of its loop, and nothing else of it; arq is pinned, and in maintenance
    mode (docs/decisions/0002).

    Args:
        woken: Set when there is a new hint, or room for one.
        **options: As for arq's worker.
    """

    def __init__(self, woken: asyncio.Event, **options: Any) -> None:
        super().__init__(**options)
        self._woken = woken
        self._stopping = False

    async def main(self) -> None:
        """Take hints up until told to stop."""
        while not self._stopping:
            self._woken.clear()
            await self._poll_iteration()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.poll_delay_s):
                    await self._woken.wait()

    def stop_polling(self) -> None:
        """Take no more hints up, and end the loop once its present look at the queue is over.

        To cancel it instead would break off a call to Redis and leave its connection behind.
        """
        self.allow_pick_jobs, self.max_jobs = False, 0
        self._stopping = True
        self._woken.set()
