"""Single flight: one run of a function serves all simultaneous callers.

Source: https://pkg.go.dev/golang.org/x/sync/singleflight
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

AnswerT = TypeVar("AnswerT")


class SingleFlight(Generic[AnswerT]):
    """Shares each run among the callers with the same key, and runs one function at a time.

    Unlike Go's, a call that arrives during a run waits for the next one, because the run may have
    missed a write that came before the call. Any number of callers costs two runs at most.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._next: dict[str, asyncio.Task[AnswerT]] = {}
        self._tasks: set[asyncio.Task[AnswerT]] = set()

    async def run(self, key: str, work: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        """Wait for a run that begins after this call. Cancelling the caller does not stop it.

        Raises:
            Exception: Whatever the function of the first caller raised.
            CancelledError: The caller was cancelled, or :meth:`close` was called.
        """
        task = self._next.get(key)
        if task is None:
            task = asyncio.create_task(self._run(key, work))
            self._next[key] = task
            self._tasks.add(task)
            task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Cancel all runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, key: str, work: Callable[[], Awaitable[AnswerT]]) -> AnswerT:
        try:
            async with self._turn:
                del self._next[key]
                return await work()
        finally:
            if self._next.get(key) is asyncio.current_task():
                del self._next[key]

    def _forget(self, task: asyncio.Task[AnswerT]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # All callers may be cancelled: retrieve it, or asyncio warns.
