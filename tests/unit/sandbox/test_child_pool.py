"""The pool of children: killed on time, replaced, within limits, and nothing left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from anyio import to_process
from anyio.abc import Process

import sandbox.pool
from domain.errors.capacity import NoChild
from domain.errors.files import DecoderDied, DecodeTimedOut
from sandbox.pool import ChildPool
from tests.unit.sandbox import functions
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("plain_children")]

MEGABYTE = 1024 * 1024
HEADROOM_BYTES = 64 * MEGABYTE
HOLDS_A_CHILD = """
import asyncio, os, sys
from sandbox.pool import ChildPool
from tests.unit.sandbox import functions

async def main():
    pool = ChildPool(1, 64 * 1024 * 1024)
    print(os.getpid(), await pool.run(functions.answer, seconds=20), file=sys.stderr, flush=True)
    await pool.run(functions.sleep, 600, seconds=600)

asyncio.run(main())
"""


@pytest.fixture
async def pool() -> AsyncIterator[ChildPool]:
    """Two children; those of other tests are ended, for a child enters its sandbox once."""
    await end_children()
    yield ChildPool(2, HEADROOM_BYTES)
    await end_children()


async def test_function_runs_in_another_process(pool: ChildPool) -> None:
    assert await pool.run(functions.answer, seconds=20) != os.getpid()


async def test_paused_children_stand_still(pool: ChildPool) -> None:
    child = psutil.Process(await pool.run(functions.answer, seconds=20))
    with pool.paused():
        await until(lambda: child.status() == psutil.STATUS_STOPPED)
        answer = asyncio.create_task(pool.run(functions.answer, seconds=20))
        assert not (await asyncio.wait({answer}, timeout=0.2))[0], "it really has time to answer"
    assert await answer == child.pid


async def test_slow_start_does_not_count_against_the_function(
    pool: ChildPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = to_process.open_process  # type: ignore[attr-defined]

    async def start_slowly(*args: Any, **kwargs: Any) -> Process:
        await asyncio.sleep(6)  # A busy machine; longer than the function may take.
        return await start(*args, **kwargs)

    monkeypatch.setattr(to_process, "open_process", start_slowly)
    assert await pool.run(functions.answer, seconds=5)


async def test_child_that_does_not_start_is_not_charged_to_the_function(
    pool: ChildPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(to_process, "fail_after", lambda _: anyio.fail_after(0))
    with pytest.raises(NoChild):
        await pool.run(functions.answer, seconds=20)
    monkeypatch.undo()
    assert await pool.run(functions.answer, seconds=20)


async def test_child_that_ended_while_idle_is_not_charged_to_the_next_function(
    pool: ChildPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = await kill_idle_child(pool, monkeypatch)
    assert await pool.run(functions.answer, seconds=20) != child.pid


async def test_child_is_used_again(pool: ChildPool) -> None:
    pids = {await pool.run(functions.answer, seconds=20) for _ in range(5)}
    assert len(pids) == 1


async def test_memory_that_a_child_freed_is_there_for_the_next_picture(pool: ChildPool) -> None:
    gray, times = 12 * MEGABYTE, 10
    faults = await pool.run(functions.count_page_faults, gray, times, seconds=20)
    assert faults < gray * times / os.sysconf("SC_PAGE_SIZE") / 10


async def test_caller_that_is_cancelled_while_its_child_starts_leaves_none(pool: ChildPool) -> None:
    starting = asyncio.create_task(pool.run(functions.answer, seconds=20))
    await until(children)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await pool.settle(20)
    assert children() == []
    assert await pool.run(functions.answer, seconds=20) == children()[0].pid


async def test_caller_that_is_cancelled_leaves_a_warm_child_behind(pool: ChildPool) -> None:
    await pool.warm_up(functions.answer)
    for _ in range(5):
        working = asyncio.create_task(pool.run(functions.sleep, 600, seconds=600))
        await asyncio.sleep(0)  # The call begins.
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
    await pool.settle(20)
    assert len(children()) == pool.children
    started = {child.pid for child in children()}
    assert await pool.run(functions.answer, seconds=20) in started
    assert {child.pid for child in children()} == started


async def test_error_of_the_function_is_told_and_costs_no_child(pool: ChildPool) -> None:
    before = await pool.run(functions.answer, seconds=20)
    with pytest.raises(ValueError, match="not this one"):
        await pool.run(functions.refuse, seconds=20)
    assert await pool.run(functions.answer, seconds=20) == before


async def test_memory_beyond_the_limit_is_refused(pool: ChildPool) -> None:
    assert await pool.run(functions.take_memory, 16 * MEGABYTE, seconds=20)
    with pytest.raises(MemoryError):
        await pool.run(functions.take_memory, 2 * HEADROOM_BYTES, seconds=20)
    assert await pool.run(functions.take_memory, 16 * MEGABYTE, seconds=20)


async def test_address_space_is_bounded_by_what_is_added(pool: ChildPool) -> None:
    before = await pool.run(functions.address_space_bytes, seconds=20)
    limits = await pool.run(functions.limits, seconds=20)
    soft, hard = limits["RLIMIT_AS"]
    assert soft == hard
    assert before < soft < before + 2 * HEADROOM_BYTES
    assert limits["RLIMIT_CORE"] == (0, 0)


async def test_message_that_does_not_fit_ends_the_child_before_it_reads_on(
    pool: ChildPool,
) -> None:
    before = await pool.run(functions.answer, seconds=20)
    with pytest.raises(DecoderDied):
        await pool.run(functions.count, bytes(2 * HEADROOM_BYTES), seconds=20)
    assert await pool.run(functions.answer, seconds=20) != before
    assert await pool.run(functions.count, b"12345", seconds=20) == 5


async def test_secrets_do_not_reach_a_child(
    pool: ChildPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINILAB_ADMIN_KEY", "secret")
    monkeypatch.setenv("OTHER", "kept")
    inside = await pool.run(functions.environment, seconds=20)
    assert not [name for name in inside if name.startswith("MINILAB_")]
    assert inside["OTHER"] == "kept"
    assert await pool.run(functions.getenv, "MINILAB_ADMIN_KEY", seconds=20) is None
    assert await pool.run(functions.getenv, "OTHER", seconds=20) == b"kept"


async def test_child_that_runs_over_is_killed_and_holds_up_no_other(pool: ChildPool) -> None:
    await asyncio.gather(*(pool.run(functions.sleep, 0.1, seconds=20) for _ in range(2)))
    slow = asyncio.create_task(pool.run(functions.sleep, 600, seconds=5))
    began = time.monotonic()
    await asyncio.sleep(0.5)  # The slow call reaches its child; until then either may take it.
    beside = [await pool.run(functions.answer, seconds=20) for _ in range(20)]
    assert len(set(beside)) == 1
    with pytest.raises(DecodeTimedOut, match="5 seconds"):
        await slow
    assert time.monotonic() - began < 20
    assert len(children()) == 1
    both = await asyncio.gather(*(pool.run(functions.sleep, 0.1, seconds=20) for _ in range(2)))
    assert len(set(both)) == 2


async def test_child_that_freezes_at_work_is_killed(pool: ChildPool) -> None:
    endless = functions.count_page_faults, 12 * MEGABYTE, 1_000_000
    running = asyncio.create_task(pool.run(*endless, seconds=6))
    child = await child_at_work()
    before = sum(child.cpu_times()[:2])
    await until(lambda: sum(child.cpu_times()[:2]) > before + 0.05)
    child.suspend()
    with pytest.raises(DecodeTimedOut):
        await running
    assert not child.is_running()


async def test_child_that_freezes_while_idle_is_killed(
    pool: ChildPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pool.run(functions.answer, seconds=20)
    child = await child_at_work()
    child.suspend()
    monkeypatch.setattr(sandbox.pool, "START_SECONDS", 2.0)
    with pytest.raises(NoChild):
        await pool.run(functions.answer, seconds=20)
    assert not child.is_running()


async def test_cancelled_caller_ends_its_child(pool: ChildPool) -> None:
    running = asyncio.create_task(pool.run(functions.sleep, 600, seconds=600))
    child = await child_at_work()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not child.is_running()
    assert await pool.run(functions.answer, seconds=20) != child.pid


async def test_crash_is_reported_and_the_child_replaced(pool: ChildPool) -> None:
    before = await pool.run(functions.answer, seconds=20)
    with pytest.raises(DecoderDied):
        await pool.run(functions.crash, seconds=20)
    assert await pool.run(functions.answer, seconds=20) != before


async def test_child_killed_while_idle_is_replaced(pool: ChildPool) -> None:
    idle = psutil.Process(await pool.run(functions.answer, seconds=20))
    idle.send_signal(signal.SIGKILL)
    await until(lambda: has_ended(idle))
    try:
        after = await pool.run(functions.answer, seconds=20)
    except DecoderDied:  # The call began just before the pool learnt of it.
        after = await pool.run(functions.answer, seconds=20)
    assert after != idle.pid


async def test_successor_is_warm_before_the_next_call(pool: ChildPool) -> None:
    await pool.warm_up(functions.answer)
    for _ in range(3):
        with pytest.raises(DecoderDied):
            await pool.run(functions.crash, seconds=20)
        await pool.settle(20)
        warm = {child.pid for child in children()}
        assert await pool.run(functions.answer, seconds=20) in warm


async def test_warming_up_starts_every_child(pool: ChildPool) -> None:
    await pool.warm_up(functions.answer)
    assert len(children()) == 2


async def test_warming_up_that_fails_is_no_reason_to_end(pool: ChildPool) -> None:
    await pool.warm_up(functions.crash)
    assert await pool.run(functions.answer, seconds=20)


async def test_no_more_children_work_than_are_allowed(pool: ChildPool) -> None:
    pids = await asyncio.gather(*(pool.run(functions.sleep, 0.02, seconds=20) for _ in range(20)))
    assert len(set(pids)) == 2


async def test_descriptors_and_processes_do_not_pile_up(pool: ChildPool) -> None:
    async def run_many(count: int) -> None:
        for number in range(count):
            if number % 40 == 39:
                with pytest.raises(DecoderDied):
                    await pool.run(functions.crash, seconds=20)
            await pool.run(functions.count, b"12345", seconds=20)

    await run_many(40)
    before = psutil.Process().num_fds()
    await run_many(200)
    assert psutil.Process().num_fds() <= before
    assert len(children()) <= 2


def test_child_dies_with_its_parent() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_CHILD],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as parent:
        assert parent.stderr is not None
        parent_pid, child_pid = map(int, parent.stderr.readline().split())
        child = psutil.Process(child_pid)
        assert child.ppid() == parent_pid
        parent.kill()
    child.wait(30)
    assert not child.is_running()


def children() -> list[psutil.Process]:
    """Give the children of this process that the pool has started."""
    found = []
    for child in psutil.Process().children():
        try:
            if "anyio.to_process" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.NoSuchProcess:
            continue
    return found


def has_ended(child: psutil.Process) -> bool:
    """Say whether a child has ended, reaped or not."""
    try:
        return child.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def child_at_work() -> psutil.Process:
    """Wait until a child has entered its sandbox."""
    limited = await until(
        lambda: [c for c in children() if c.rlimit(psutil.RLIMIT_AS)[0] != psutil.RLIM_INFINITY]
    )
    return limited[0]


async def end_children() -> None:
    """End all children."""
    for child in children():
        child.kill()
    await until(lambda: not children())


async def kill_idle_child(pool: ChildPool, monkeypatch: pytest.MonkeyPatch) -> Process:
    """Kill the only child, which is idle. The event loop does not learn of it, as if it were busy.

    Returns:
        The child.
    """
    await pool.run(functions.answer, seconds=20)
    ((child, _),) = to_process._process_pool_idle_workers.get()
    child.kill()
    monkeypatch.setattr(type(child), "returncode", None)
    return child
