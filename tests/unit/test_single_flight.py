"""Single flight: simultaneous callers share a run that begins after their calls."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from storage.histograms.single_flight import SingleFlight


class Work:
    """Work that counts how often it is begun, and ends when it is let."""

    def __init__(self) -> None:
        self.begun = 0
        self.running = 0
        self.most_running = 0
        self.begins = asyncio.Event()
        self.may_end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.begins.set()
        await self.may_end.wait()
        self.running -= 1
        return number


@pytest.fixture
async def answers() -> AsyncIterator[SingleFlight[int]]:
    shared = SingleFlight[int]()
    yield shared
    await shared.close()


async def test_callers_before_the_run_begins_share_its_answer(answers: SingleFlight[int]) -> None:
    work = Work()
    first = [asyncio.create_task(answers.run("a", work)) for _ in range(20)]
    await work.begins.wait()
    later = [asyncio.create_task(answers.run("a", work)) for _ in range(20)]
    await asyncio.sleep(0)  # They have asked.
    work.may_end.set()
    assert set(await asyncio.gather(*first)) == {1}
    assert set(await asyncio.gather(*later)) == {2}


async def test_runs_follow_one_another(answers: SingleFlight[int]) -> None:
    work = Work()
    asked = [asyncio.create_task(answers.run(name, work)) for name in "abc"]
    await work.begins.wait()
    work.may_end.set()
    assert sorted(await asyncio.gather(*asked)) == [1, 2, 3]
    assert work.most_running == 1


async def test_cancelled_caller_does_not_stop_the_run(answers: SingleFlight[int]) -> None:
    work = Work()
    going, staying = (asyncio.create_task(answers.run("a", work)) for _ in range(2))
    await work.begins.wait()
    going.cancel()
    work.may_end.set()
    assert await staying == 1


async def test_failure_is_raised_and_forgotten(answers: SingleFlight[int]) -> None:
    async def fail() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        await answers.run("a", fail)
    work = Work()
    work.may_end.set()
    assert await answers.run("a", work) == 1


async def test_close_cancels_running_and_waiting_runs(answers: SingleFlight[int]) -> None:
    work = Work()
    asked = [asyncio.create_task(answers.run(name, work)) for name in "ab"]
    await work.begins.wait()
    await answers.close()
    assert [type(of) for of in await asyncio.gather(*asked, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 2
