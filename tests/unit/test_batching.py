"""Questions that share calls: when, in what order, and what an error or a cancellation does."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.queue.batching import Batcher


class Calls:
    """Answers with squares, and remembers what it was called with."""

    def __init__(self) -> None:
        self.made: list[list[int]] = []
        self.may_answer = asyncio.Event()

    async def __call__(self, items: list[int]) -> Sequence[int]:
        self.made.append(items)
        await self.may_answer.wait()
        if 0 in items:
            raise ValueError("not zero")
        return [item * item for item in items]


async def submit_all(batcher: Batcher[int, int], items: Sequence[int]) -> list[asyncio.Task[int]]:
    """Ask, and give what was asked first the time to be on its way."""
    asked = []
    for item in items:
        asked.append(asyncio.create_task(batcher.submit(item)))
        for _ in range(2):
            await asyncio.sleep(0)  # The steps until the first call is under way.
    return asked


async def test_question_on_an_idle_service_is_a_call_of_its_own() -> None:
    calls = Calls()
    calls.may_answer.set()
    batcher = Batcher(calls, most=10)
    assert [await batcher.submit(item) for item in (2, 3)] == [4, 9]
    assert calls.made == [[2], [3]]


async def test_questions_that_come_during_a_call_share_the_next() -> None:
    calls = Calls()
    asked = await submit_all(Batcher(calls, most=10), [1, 2, 3, 4])
    calls.may_answer.set()
    assert await asyncio.gather(*asked) == [1, 4, 9, 16]
    assert calls.made == [[1], [2, 3, 4]]


async def test_calls_are_bounded_by_size_and_one_question_is_always_taken() -> None:
    calls = Calls()
    batcher = Batcher(calls, most=5, size=lambda item: item)
    asked = await submit_all(batcher, [9, 2, 3, 1, 8, 1])
    calls.may_answer.set()
    await asyncio.gather(*asked)
    assert calls.made == [[9], [2, 3], [1], [8], [1]]


async def test_error_of_a_call_is_everyones_in_it_and_nobody_elses() -> None:
    calls = Calls()
    asked = await submit_all(Batcher(calls, most=2), [1, 0, 2, 3])
    calls.may_answer.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, ValueError, ValueError, int]


async def test_caller_that_is_cancelled_takes_nobody_along() -> None:
    calls = Calls()
    asked = await submit_all(Batcher(calls, most=10), [1, 2, 3])
    asked[0].cancel()
    asked[1].cancel()
    calls.may_answer.set()
    assert await asked[2] == 9
    with pytest.raises(asyncio.CancelledError):
        await asked[1]
