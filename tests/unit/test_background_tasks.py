"""Background tasks of a process."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress

import pytest

from telemetry import background as background_module
from telemetry.background import BackgroundTaskEnded, BackgroundTasks


async def _forever(seen: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0)  # Its end takes a step of the loop.
        seen.append("ended")


async def test_tasks_have_ended_when_the_context_ends() -> None:
    seen: list[str] = []
    async with BackgroundTasks(asyncio.Event()) as background:
        background.start("one", _forever(seen))
        background.start("two", _forever(seen))
        await asyncio.sleep(0)  # Both begin.
    assert seen == ["ended", "ended"]


async def _takes_a_cancellation_for_its_own() -> None:
    with suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def test_task_that_swallows_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background_module, "CANCEL_AGAIN_SECONDS", 0.01)
    async with asyncio.timeout(120), BackgroundTasks(asyncio.Event()) as background:
        background.start("swallows", _takes_a_cancellation_for_its_own())
        await asyncio.sleep(0)  # It begins.


async def _run(name: str, work: Coroutine[object, object, None], *errors: Exception) -> None:
    """Run beside a task until the process is asked to stop, then fail with an error, if any."""
    stop = asyncio.Event()
    async with asyncio.timeout(120), BackgroundTasks(stop) as background:
        background.start(name, work)
        await stop.wait()
        for error in errors:
            raise error


async def _dies() -> None:
    raise LookupError


async def _returns() -> None:
    await asyncio.sleep(0)  # It returns after it began.


async def test_task_that_raises_stops_the_process_and_fails_it() -> None:
    with pytest.raises(BackgroundTaskEnded, match="dies"):
        await _run("dies", _dies())


async def test_task_that_returns_stops_the_process_and_fails_it() -> None:
    with pytest.raises(BackgroundTaskEnded, match="returns"):
        await _run("returns", _returns())


async def test_error_of_the_main_work_is_not_replaced() -> None:
    with pytest.raises(ZeroDivisionError):
        await _run("dies", _dies(), ZeroDivisionError())


async def test_error_of_a_repeated_action_ends_only_that_run() -> None:
    runs = 0
    enough = asyncio.Event()

    async def act() -> None:
        nonlocal runs
        runs += 1
        if runs == 3:
            enough.set()
        raise LookupError

    async with asyncio.timeout(120), BackgroundTasks(asyncio.Event()) as background:
        background.repeat(act, 0)
        await enough.wait()


async def test_repeated_action_runs_at_once_when_it_is_woken() -> None:
    runs, woken, ran = 0, asyncio.Event(), asyncio.Event()

    async def act() -> None:
        nonlocal runs
        runs += 1
        ran.set()

    async with asyncio.timeout(120), BackgroundTasks(asyncio.Event()) as background:
        background.repeat(act, 3600, woken)
        for _ in range(3):
            await ran.wait()
            ran.clear()
            woken.set()
    assert runs == 3
