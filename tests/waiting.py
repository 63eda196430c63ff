"""Waiting for a condition, in place of a pause of a guessed length."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

Found = TypeVar("Found")
LATEST_SECONDS = 120
"""How long a test waits by default: many times what a quiet machine needs, for busy ones."""
PAUSE_SECONDS = 0.01


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
        condition: A function, or a coroutine function; called every 10 milliseconds.
        seconds: The longest time to wait.

    Returns:
        The first true value that the condition returned.

    Raises:
        TimeoutError: The condition stayed false.
    """
    async with asyncio.timeout(seconds):
        while True:
            answer = condition()
            found = await answer if inspect.isawaitable(answer) else answer
            if found:
                return found
            await asyncio.sleep(PAUSE_SECONDS)  # The pause between two looks at the condition.


def block_until(condition: Callable[[], Found | None], seconds: float = LATEST_SECONDS) -> Found:
    """Wait until a condition is true, without an event loop; see :func:`until`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError("the condition stayed false")
        time.sleep(PAUSE_SECONDS)  # The pause between two looks at the condition.
    return found
