"""Turns: what work costs, who gets a larger share, and the order within a worker."""

import asyncio
import re

import pytest

from domain.turns import WEIGHTS_PATTERN, estimate_units, read_weights
from tasks.turns import Clock, Turnstile


def test_large_photo_is_the_work_of_many_small_ones() -> None:
    assert estimate_units(25, 25 * 8_000) == pytest.approx(25, abs=1)
    assert estimate_units(1, 4_000_000) == pytest.approx(13, abs=0.5)


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("", {}),
        ("alice=2", {"alice": 2}),
        ("alice=2,bob=30, c=d =1", {"alice": 2, "bob": 30, "c=d": 1}),
    ],
)
def test_reads_weights(text: str, weights: dict[str, int]) -> None:
    assert re.search(WEIGHTS_PATTERN, text)
    assert read_weights(text) == weights


@pytest.mark.parametrize("text", ["alice", "alice=0", "alice=-1", "=2", "a=1,,b=2", "a=1.5", ","])
def test_refuses_what_is_no_list_of_weights(text: str) -> None:
    assert not re.search(WEIGHTS_PATTERN, text)


async def _pass(turnstile: Turnstile, turn: int, passed: list[int], go: asyncio.Event) -> None:
    async with turnstile.passing(turn):
        passed.append(turn)
        await go.wait()


async def test_lowest_turn_goes_first() -> None:
    turnstile, passed, go = Turnstile(2), list[int](), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for turn in (50, 40, 30, 20, 30, 10):
            group.create_task(_pass(turnstile, turn, passed, go))
        await asyncio.sleep(0)
        assert passed == [50, 40]
        go.set()
    assert passed == [50, 40, 10, 20, 30, 30]


async def test_who_is_cancelled_takes_no_place_along() -> None:
    turnstile, passed, go = Turnstile(1), list[int](), asyncio.Event()
    first = asyncio.create_task(_pass(turnstile, 1, passed, go))
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(_pass(turnstile, turn, passed, go)) for turn in (2, 3, 4)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.wait([waiting[0]])
    # The next one is let through and cancelled in the same moment.
    first.cancel()
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.wait([first, waiting[1]])
    await asyncio.sleep(0)
    assert passed[-1] == 4
    go.set()
    await waiting[2]
    async with asyncio.timeout(1), turnstile.passing(5):
        pass


async def test_clock_adds_up_what_was_not_told_yet() -> None:
    clock = Clock()
    clock.count(2)
    clock.count(3.5)
    assert await clock.wait() == 5.5
    waiting = asyncio.create_task(clock.wait())
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.count(1)
    assert await waiting == 1
