"""Calls to children that tasks share: who shares, in what order, and who is to blame."""

import asyncio
from collections.abc import Sequence

import pytest

from domain.errors.files import DecoderDied
from domain.images.formats import ImageFormat
from tasks.images.image_batch import BatchItem, Outcome
from tasks.images.shared_calls import MOST_BYTES, TURN, CallFailed, SharedCalls


class Children:
    """Answer when they are told to, and remember what they were called with."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.may_answer = asyncio.Event()
        self.deadly = ""
        self.hands_over = 1000
        self.ended = 0

    async def __call__(self, items: Sequence[BatchItem]) -> list[Outcome]:
        names = "".join(item.sha256 for item in items)
        self.calls.append(names)
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.ended += 1
            raise
        if self.deadly and self.deadly in names:
            raise DecoderDied
        return [Outcome(item.sha256) for item in items[: self.hands_over]]


async def ask(
    shared: SharedCalls, names: str, turn: int = 0, size_bytes: int = 1
) -> "asyncio.Task[list[Outcome]]":
    """Have a task of its own ask for some items, and wait until it has."""
    items = [BatchItem(name, bytes(size_bytes), ImageFormat.JPEG, ()) for name in names]
    TURN.set(turn)
    task = asyncio.create_task(shared.run(items))
    for _ in range(3):
        await asyncio.sleep(0)  # The steps until it waits for its answer.
    return task


def names_of(outcomes: Sequence[Outcome]) -> str:
    return "".join(outcome.sha256 for outcome in outcomes)


async def test_what_comes_while_all_children_work_shares_the_next_call_in_turn() -> None:
    children = Children()
    shared = SharedCalls(children, children=1, most_images=10)
    asked = [await ask(shared, *of) for of in [("a", 5), ("bc", 9), ("d", 7), ("e", 8)]]
    assert children.calls == ["a"]
    children.may_answer.set()
    assert [names_of(await task) for task in asked] == ["a", "bc", "d", "e"]
    assert children.calls == ["a", "debc"]


async def test_waiting_work_is_shared_out_between_the_children() -> None:
    children = Children()
    shared = SharedCalls(children, children=2, most_images=10)
    asked = [await ask(shared, name, turn) for turn, name in enumerate("abcdefgh")]
    children.may_answer.set()
    await asyncio.gather(*asked)
    assert children.calls == ["a", "b", "cde", "fg", "h"]


async def test_call_is_bounded_in_images_and_bytes() -> None:
    children = Children()
    shared = SharedCalls(children, children=1, most_images=3)
    asked = [await ask(shared, name, turn) for turn, name in enumerate(["a", "bc", "de"])]
    asked += [await ask(shared, name, 9, MOST_BYTES) for name in "xy"]
    children.may_answer.set()
    await asyncio.gather(*asked)
    assert children.calls == ["a", "bc", "de", "x", "y"]


async def test_all_in_a_call_that_failed_are_told_how_many_they_were() -> None:
    children = Children()
    children.deadly = "c"
    shared = SharedCalls(children, children=1, most_images=10)
    asked = [await ask(shared, name) for name in ["a", "b", "cd"]]
    children.may_answer.set()
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert names_of(answers[0]) == "a"  # type: ignore[arg-type]
    for answer in answers[1:]:
        assert isinstance(answer, CallFailed)
        assert isinstance(answer.error, DecoderDied)
        assert answer.images == 3
    children.deadly = ""
    assert names_of(await shared.run([BatchItem("z", b"", ImageFormat.JPEG, ())])) == "z"


async def test_outcomes_that_were_handed_over_early_go_to_whose_they_are() -> None:
    children = Children()
    children.hands_over = 2
    shared = SharedCalls(children, children=1, most_images=10)
    asked = [await ask(shared, name, turn) for turn, name in enumerate(["a", "bcd", "e"])]
    children.may_answer.set()
    assert [names_of(await task) for task in asked] == ["a", "bc", ""]


async def test_child_is_ended_only_when_nobody_waits_for_it_any_more() -> None:
    children = Children()
    shared = SharedCalls(children, children=1, most_images=10)
    first, second, third, waiting = [await ask(shared, name) for name in "abcd"]
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await asyncio.sleep(0)  # The cancellation goes through.
    assert children.ended == 1
    waiting.cancel()
    second.cancel()
    await asyncio.sleep(0.01)  # In this time the child would be ended.
    assert children.ended == 1
    children.may_answer.set()
    assert names_of(await third) == "c"
