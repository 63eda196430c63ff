"""Waiting until a condition is true."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

PAUSE_SECONDS = 0.1
_LOOK_SECONDS = 0.25


def block_until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait without an event loop.

    Raises:
        TimeoutError: The condition stayed false for so long.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the condition stayed false for {seconds:g} s")
        time.sleep(PAUSE_SECONDS)


async def until_true(condition: Callable[[], object], seconds: float) -> bool:
    """Wait, and ask in a thread; return False if it stays false for so long."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(PAUSE_SECONDS)
    return True


async def until_none(count: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Wait until nothing is left, or for so long; the checks afterwards find the rest."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                if not await count():
                    return
                await asyncio.sleep(_LOOK_SECONDS)
