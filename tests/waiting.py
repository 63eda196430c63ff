"""Waiting for a condition, in place of a pause of a guessed length."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

Found = TypeVar("Found")
LATEST_SECONDS = 120
"""How long a test waits by default: many times what a quiet machine needs, for busy ones."""
SHORTEST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.1


@overload
async def until(
    condition: Callable[[], Awaitable[Found | None]], seconds: float = LATEST_SECONDS
) -> Found: ...
@overload
async def until(
    condition: Callable[[], Found | None], seconds: float = LATEST_SECONDS
) -> Found: ...
async def until(condition: Callable[[], Any], seconds: float = LATEST_SECONDS) -> Any:
    """Wait until a condition is true.

    Args:
        condition: A function, or a coroutine function; called every 10 milliseconds at first, then
            after a tenth of the time waited, and every 100 milliseconds at last: a condition that
            asks the service should not keep it busy.
        seconds: The longest time to wait.

    Returns:
        The first true value that the condition returned.

    Raises:
        TimeoutError: The condition stayed false.
    """
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            found = await answer if inspect.isawaitable(answer) else answer
            if found:
                return found
            await asyncio.sleep(_pause(began))  # The pause between two looks at the condition.


def block_until(condition: Callable[[], Found | None], seconds: float = LATEST_SECONDS) -> Found:
    """Wait until a condition is true, without an event loop; see :func:`until`."""
    began = time.monotonic()
    while not (found := condition()):
        if time.monotonic() > began + seconds:
            raise TimeoutError("the condition stayed false")
        time.sleep(_pause(began))  # The pause between two looks at the condition.
    return found


def _pause(began: float) -> float:
    waited = time.monotonic() - began
    return min(max(waited / 10, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
