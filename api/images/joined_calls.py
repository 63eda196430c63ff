"""Joined calls: callers that overlap under one key get the result of one call.

Source: golang.org/x/sync/singleflight.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Generic, TypeVar

from telemetry.background import see_failure

ResultT = TypeVar("ResultT")


class _Call(Generic[ResultT]):
    """A call that is under way; once it is kept, it ends also if all its callers leave."""

    def __init__(self, task: asyncio.Task[ResultT]) -> None:
        self.task = task
        self.waiters = 0
        self.is_kept = False


class JoinedCalls(Generic[ResultT]):
    """Gives callers that overlap under one key the result of one call."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call[ResultT]] = {}

    async def run(self, key: str, work: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Join the call that is under way for a key, or start it.

        The call is cancelled when the last of its callers is, unless it is kept. ``work``, which
        makes the result, is called for the first caller only.
        """
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = _Call(asyncio.create_task(work()))
            call.task.add_done_callback(partial(self._forget, key))
        call.waiters += 1
        try:
            return await asyncio.shield(call.task)
        finally:
            call.waiters -= 1
            if not call.waiters and not call.is_kept:
                self._forget(key, call.task)
                call.task.cancel()

    def keep(self, key: str) -> None:
        """Let the call of a key end, even without callers."""
        self._calls[key].is_kept = True

    async def close(self) -> None:
        """Cancel all calls."""
        tasks = [call.task for call in self._calls.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, key: str, task: asyncio.Task[ResultT]) -> None:
        if key in self._calls and self._calls[key].task is task:
            del self._calls[key]
        see_failure(task)  # All callers may have left.
