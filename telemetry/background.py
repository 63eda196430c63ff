"""Tasks that run beside the main work of a process, until it is asked to stop."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Self

import structlog

from telemetry.interruptions import Interruptions

CANCEL_AGAIN_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class BackgroundTaskEnded(Exception):
    """A background task ended before its process was asked to stop."""


class BackgroundTasks:
    """A group of tasks that run until the context ends, which cancels and awaits them.

    None of them may end by itself. If one does, the group logs it and sets `stop`, which lets
    running work end in order. The context then raises, so that the process exits with an error
    and its supervisor starts it again. Repeated actions may raise their `interruptions`.
    """

    def __init__(
        self, stop: asyncio.Event, interruptions: tuple[type[Exception], ...] = ()
    ) -> None:
        self._stop = stop
        self._interruptions = interruptions
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: list[str] = []

    def start(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Start a task that runs until it is cancelled."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._note_end)
        self._tasks.append(task)

    def repeat(
        self,
        action: Callable[[], Awaitable[None]],
        seconds: float,
        woken: asyncio.Event | None = None,
    ) -> None:
        """Start a task that repeats an action after each pause; an error ends only that run.

        Args:
            woken: Ends the pause when it is set; the task clears it.
        """
        self.start(action.__name__, self._repeat(action, seconds, woken or asyncio.Event()))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: object, error: BaseException | None, _traceback: object
    ) -> None:
        """Cancel the tasks and wait until they have ended.

        Raises:
            BackgroundTaskEnded: One had ended by itself, and the context ends without an error.
        """
        for task in self._tasks:
            task.remove_done_callback(self._note_end)
        running = set(self._tasks)
        while running:  # A library may take one cancellation for its own, so there are more.
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)
        if self._ended and error is None:
            raise BackgroundTaskEnded(", ".join(self._ended))

    def _note_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        _log.error("background_task_ended", task=task.get_name(), exc_info=error)
        self._ended.append(task.get_name())
        self._stop.set()

    async def _repeat(
        self, action: Callable[[], Awaitable[None]], seconds: float, woken: asyncio.Event
    ) -> None:
        name = action.__name__
        interruptions = Interruptions("side_task_interrupted", task=name)
        while True:
            woken.clear()
            try:
                await action()
                interruptions.ended()
            except self._interruptions as error:
                interruptions.failed(error)
            except Exception:  # One failure must not stop the runs that follow.
                _log.exception("side_task_failed", task=name)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await woken.wait()


def see_failure(task: asyncio.Task[Any]) -> None:
    """Mark the failure of a task as seen, also if nobody awaits it: asyncio warns of others."""
    if task.done() and not task.cancelled():
        task.exception()


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
