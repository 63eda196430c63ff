"""What a process does now and then beside its work."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from storage.errors import STORE_FAILED

_log = structlog.get_logger(__name__)


async def repeat(action: Callable[[], Awaitable[None]], seconds: float) -> None:
    """Do something again and again until cancelled, whatever goes wrong.

    Args:
        action: What to do.
        seconds: The pause after each time.
    """
    while True:
        try:
            await action()
        except STORE_FAILED as error:
            _log.warning("side_task_interrupted", task=action.__name__, reason=type(error).__name__)
        except Exception:  # One bad document must not end what all others depend on.
            _log.exception("side_task_failed", task=action.__name__)
        await asyncio.sleep(seconds)
