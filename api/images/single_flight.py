"""Runs equal calls that overlap once, after the Go package golang.org/x/sync/singleflight."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

ResultT = TypeVar("ResultT")


@dataclass
class _Flight(Generic[ResultT]):
    task: asyncio.Task[ResultT]
    waiters: int = 0


class SingleFlight(Generic[ResultT]):
    """Gives callers that overlap under one key the result of one call."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[ResultT]] = {}

    async def run(self, key: str, work: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Join the call that is under way for a key, or start it.

        The call is cancelled when the last of its callers is.

        Args:
            key: Names the result.
            work: Makes the result; called for the first caller only.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                del self._flights[key]
                flight.task.cancel()
