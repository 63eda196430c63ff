"""Single flight: one run of a function serves all simultaneous callers.

Source: https://pkg.go.dev/golang.org/x/sync/singleflight
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from storage.queue.fair_turns import FairTurns
from telemetry.background import see_failure

AnswerT = TypeVar("AnswerT")


class _Run(Generic[AnswerT]):
    """A run that has not begun, and the number of its callers."""

    def __init__(self, task: asyncio.Task[AnswerT]) -> None:
        self.task = task
        self.callers = 0


class SingleFlight(Generic[AnswerT]):
    """Shares each run among the callers with the same key, and runs one function at a time.

    Unlike Go's, a call that arrives during a run waits for the next one, because the run may have
    missed a write that came before the call. Any number of callers costs two runs at most. Runs of
    different keys take turns between tenants.
    """

    def __init__(self) -> None:
        self._turns = FairTurns(1)
        self._next: dict[str, _Run[AnswerT]] = {}
        self._tasks: set[asyncio.Task[AnswerT]] = set()

    async def run(self, key: str, work: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        """Wait for a run that begins after this call.

        Cancelling the caller does not stop the run. If all its callers are cancelled before it
        begins, it is dropped.

        Raises:
            Exception: Whatever the function of the first caller raised.
            TooManyReads: Too many runs of this tenant wait.
            ReadingFull: Too many runs wait.
            CancelledError: The caller was cancelled, or :meth:`close` was called.
        """
        run = self._next.get(key)
        if run is None:
            task = asyncio.create_task(self._run(key, work))
            run = self._next[key] = _Run(task)
            self._tasks.add(task)
            task.add_done_callback(self._forget)
        self._turns.join(key)
        run.callers += 1
        try:
            return await asyncio.shield(run.task)
        finally:
            run.callers -= 1
            if not run.callers and self._next.get(key) is run:
                del self._next[key]
                run.task.cancel()

    async def close(self) -> None:
        """Cancel all runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, key: str, work: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        run = self._next[key]
        try:
            async with self._turns.turn(key):
                self._next.pop(key, None)
                return await work()
        finally:
            if self._next.get(key) is run:
                del self._next[key]

    def _forget(self, task: asyncio.Task[AnswerT]) -> None:
        self._tasks.discard(task)
        see_failure(task)  # All callers may be cancelled.
