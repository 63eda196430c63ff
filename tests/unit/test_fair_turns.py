"""Turns of tenants in one process: bounded, round robin, and given back by whoever leaves."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from domain.errors.capacity import ReadingFull, RenderingFull, TooManyReads
from storage.queue.fair_turns import TENANT, FairTurns


class Work:
    """Pieces of work that wait for a turn, and end when the test says so."""

    def __init__(self, turns: FairTurns) -> None:
        self.begun: list[str] = []
        self._turns = turns
        self._may_end: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def add(self, tenant: str, name: str, key: str | None = None) -> None:
        """Let a piece of work of a tenant come."""
        self._may_end[name] = asyncio.Event()
        TENANT.set(tenant)
        self.tasks[name] = asyncio.create_task(self._work(name, key))
        await _settle()

    async def end(self, name: str) -> None:
        """Let a piece of work end."""
        self._may_end[name].set()
        await self.tasks[name]
        await _settle()

    async def leave(self, name: str) -> None:
        """Cancel a piece of work."""
        self.tasks[name].cancel()
        await asyncio.wait([self.tasks[name]])
        await _settle()

    async def _work(self, name: str, key: str | None) -> None:
        async with self._turns.turn(key):
            self.begun.append(name)
            await self._may_end[name].wait()


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)  # Lets tasks go on; nothing is waited for.


async def _end_all(work: Work) -> None:
    ended = 0
    while ended < len(work.begun):
        await work.end(work.begun[ended])
        ended += 1


async def test_tenants_take_turns_however_long_their_lines_are() -> None:
    work = Work(FairTurns(1))
    for number in range(4):
        await work.add("a", f"a{number}")
    for number in range(2):
        await work.add("b", f"b{number}")
    await work.add("c", "c0")
    await _end_all(work)
    assert work.begun == ["a0", "a1", "b0", "c0", "a2", "b1", "a3"]


async def test_no_more_run_at_the_same_time_than_there_are_places() -> None:
    work = Work(FairTurns(2))
    for number in range(5):
        await work.add("a", f"a{number}")
    assert work.begun == ["a0", "a1"]
    await work.end("a1")
    assert work.begun == ["a0", "a1", "a2"]


async def test_who_leaves_while_waiting_gives_the_turn_to_the_next() -> None:
    work = Work(turns := FairTurns(1))
    for number in range(4):
        await work.add("a", f"a{number}")
    await work.leave("a1")
    assert turns.waiting == 2
    await work.leave("a0")
    assert work.begun == ["a0", "a2"]
    await _end_all_but(work, "a0")
    assert turns.waiting == 0
    await work.add("a", "later")
    assert work.begun[-1] == "later", "no place was lost"


async def _end_all_but(work: Work, name: str) -> None:
    ended = 0
    while ended < len(work.begun):
        if work.begun[ended] != name:
            await work.end(work.begun[ended])
        ended += 1


async def test_turn_that_comes_while_its_owner_is_cancelled_goes_on() -> None:
    work = Work(turns := FairTurns(1))
    async with turns.turn():
        for name in ("a0", "a1"):
            await work.add("a", name)
    work.tasks["a0"].cancel()  # The turn was given to it, and it has not noticed yet.
    await _settle()
    assert work.begun == ["a1"]


async def test_line_of_a_tenant_is_bounded_by_its_half() -> None:
    work = Work(FairTurns(1, most_waiting=4))
    for name in ("a0", "a1", "a2"):
        await work.add("a", name)
    await work.add("a", "a3")
    with pytest.raises(TooManyReads) as refused:
        await work.tasks["a3"]
    assert refused.value.wait_seconds > 0
    await work.add("b", "b0")
    await work.end("a0")
    await work.end("a1")
    assert work.begun == ["a0", "a1", "b0"]


@pytest.mark.parametrize("full", [ReadingFull, RenderingFull])
async def test_all_lines_together_are_bounded(full: type[ReadingFull]) -> None:
    work = Work(FairTurns(1, most_waiting=3, full=full))
    for name in ("a0", "a1", "b0", "c0"):
        await work.add(name[0], name)
    await work.add("d", "d0")
    with pytest.raises(full):
        await work.tasks["d0"]


async def test_tenant_holds_no_more_than_its_places() -> None:
    work = Work(FairTurns(4, tenant_places=2))
    for number in range(4):
        await work.add("a", f"a{number}")
    await work.add("b", "b0")
    assert work.begun == ["a0", "a1", "b0"]
    await work.end("b0")
    assert work.begun == ["a0", "a1", "b0"]
    await work.end("a0")
    assert work.begun == ["a0", "a1", "b0", "a2"]


async def test_admins_have_no_share() -> None:
    work = Work(FairTurns(2, most_waiting=4, tenant_places=1))
    for number in range(6):
        await work.add("", f"{number}")
    assert work.begun == ["0", "1"]
    assert not any(task.done() for task in work.tasks.values())


async def test_work_that_several_wait_for_comes_in_the_first_turn_of_any() -> None:
    work = Work(turns := FairTurns(1))
    for name in ("a0", "a1", "a2"):
        await work.add("a", name)
    await work.add("a", "shared", key="shared")
    TENANT.set("b")
    turns.join("shared")
    turns.join("unknown")
    await _end_all(work)
    assert work.begun == ["a0", "a1", "shared", "a2"]


async def test_work_that_cannot_be_stopped_keeps_its_place() -> None:
    turns, may_end = FairTurns(1), asyncio.Event()
    running = asyncio.create_task(turns.run(_until(may_end)))
    await _settle()
    running.cancel()
    work = Work(turns)
    await work.add("a", "next")
    assert work.begun == []
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    await _settle()
    assert work.begun == ["next"]


def _until(event: asyncio.Event) -> Callable[[], Awaitable[bool]]:
    return event.wait
