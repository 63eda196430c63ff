"""Calls that join an equal call that is under way, as in golang.org/x/sync/singleflight."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

ResultT = TypeVar("ResultT")


@dataclass
class _Call(Generic[ResultT]):
    task: asyncio.Task[ResultT]
    waiters: int = 0


class JoinedCalls(Generic[ResultT]):
    """Gives callers that overlap under one key the result of one call."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call[ResultT]] = {}

    async def run(self, key: str, work: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Join the call that is under way for a key, or start it.

        The call is cancelled when the last of its callers is.

        Args:
            key: Names the result.
            work: Makes the result; called for the first caller only.
        """
        call = self._calls.get(key)
        if call is None:
            call = self._calls[key] = _Call(asyncio.create_task(work()))
        call.waiters += 1
        try:
            return await asyncio.shield(call.task)
        finally:
            call.waiters -= 1
            if not call.waiters:
                del self._calls[key]
                call.task.cancel()
