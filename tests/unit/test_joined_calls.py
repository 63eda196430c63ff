"""Calls that join one that is under way."""

import asyncio

import pytest

from api.images.joined_calls import JoinedCalls


class Work:
    """Counts how often it begins, and ends when the test says so."""

    def __init__(self) -> None:
        self.begun = 0
        self.cancelled = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return number


async def test_calls_with_one_key_that_overlap_share_a_result() -> None:
    calls, work = JoinedCalls[int](), Work()
    callers = [asyncio.create_task(calls.run("a", work)) for _ in range(3)]
    await asyncio.sleep(0)  # Lets the callers start; nothing is waited for.
    work.may_end.set()
    assert await asyncio.gather(*callers) == [1, 1, 1]
    assert await calls.run("a", work) == 2, "a later call runs anew"


async def test_calls_with_different_keys_run_side_by_side() -> None:
    calls, work = JoinedCalls[int](), Work()
    work.may_end.set()
    assert sorted(await asyncio.gather(calls.run("a", work), calls.run("b", work))) == [1, 2]


async def test_error_reaches_every_caller_and_is_not_kept() -> None:
    calls = JoinedCalls[int]()

    async def fail() -> int:
        await asyncio.sleep(0)  # Lets the second caller join.
        raise ValueError

    both = await asyncio.gather(calls.run("a", fail), calls.run("a", fail), return_exceptions=True)
    assert [type(error) for error in both] == [ValueError, ValueError]
    work = Work()
    work.may_end.set()
    assert await calls.run("a", work) == 1


async def test_cancelled_caller_leaves_the_call_to_the_others() -> None:
    calls, work = JoinedCalls[int](), Work()
    first, second = (asyncio.create_task(calls.run("a", work)) for _ in range(2))
    await asyncio.sleep(0)  # Lets the callers start; nothing is waited for.
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    work.may_end.set()
    assert await second == 1
    assert not work.cancelled


async def test_call_ends_with_its_last_caller() -> None:
    calls, work = JoinedCalls[int](), Work()
    only = asyncio.create_task(calls.run("a", work))
    await asyncio.sleep(0)  # Lets the caller start its call,
    await asyncio.sleep(0)  # and the call begin.
    only.cancel()
    with pytest.raises(asyncio.CancelledError):
        await only
    work.may_end.set()
    assert await calls.run("a", work) == 2, "a new call does not join the cancelled one"
    assert work.cancelled == 1
