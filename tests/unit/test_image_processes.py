"""Groups and quarantine: who ended a child is found, alone, and holds up nobody."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from domain.errors.files import DecoderDied, DecodeTimedOut
from domain.images.formats import ImageFormat
from domain.images.values import ProcessedImage
from domain.limits import ImageLimits
from sandbox.pool import ChildPool
from tasks.images.image_batch import BatchItem, Outcome
from tasks.images.image_processes import GROUP_SECONDS, ImageProcesses
from tests.waiting import until

FOUND = ProcessedImage("jpeg", 1, 1, 1, {}, {})


class ScriptedPool:
    """Children of which a test says what they do, by the name of an image."""

    def __init__(self, children: int = 2) -> None:
        self.children = children
        self.deadly: set[str] = set()
        self.slow: dict[str, asyncio.Event] = {}
        self.tries: Counter[str] = Counter()
        self.calls: list[tuple[tuple[str, ...], float]] = []
        self.at_work: Counter[str] = Counter()
        self.most_at_work = 0
        self.hands_over_after = 1000
        self.error: Exception = DecoderDied()
        self.starting = 0

    async def settle(self, seconds: float) -> None:
        """A successor is there at once."""
        assert seconds > 0
        self.starting = 0

    async def run(
        self, _: Callable[..., Any], items: Sequence[BatchItem], *__: object, seconds: float
    ) -> list[Outcome]:
        names = tuple(item.sha256 for item in items)
        self.calls.append((names, seconds))
        self.tries.update(names)
        self.at_work.update(names)
        taken = self.starting + len(self.deadly & set(+self.at_work))
        self.most_at_work = max(self.most_at_work, taken)
        try:
            await asyncio.sleep(0)  # Others run meanwhile, as beside a real child.
            outcomes = []
            for name in names[: self.hands_over_after]:
                if name in self.slow:
                    await self.slow[name].wait()
                if name in self.deadly:
                    self.starting += 1
                    raise self.error
                outcomes.append(Outcome(name, processed=FOUND))
            return outcomes
        finally:
            self.at_work.subtract(names)


class Kept:
    """What was kept, in order."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.changed = asyncio.Event()

    async def __call__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes += outcomes
        self.changed.set()

    @property
    def names(self) -> list[str]:
        return [outcome.sha256 for outcome in self.outcomes]


@pytest.fixture
def pool() -> ScriptedPool:
    return ScriptedPool()


@pytest.fixture
def kept() -> Kept:
    return Kept()


def _processes(pool: ScriptedPool, group_images: int = 25, max_crashes: int = 3) -> ImageProcesses:
    return ImageProcesses(cast("ChildPool", pool), ImageLimits(), group_images, max_crashes)


def _items(names: str) -> list[BatchItem]:
    return [BatchItem(name, b"", ImageFormat.JPEG, ("faces",)) for name in names]


async def test_each_item_has_one_outcome_and_one_try(pool: ScriptedPool, kept: Kept) -> None:
    await _processes(pool).run(_items("abcdef"), _items("gh"), kept)
    assert sorted(kept.names) == list("abcdefgh")
    assert set(pool.tries.values()) == {1}
    assert not any(outcome.crashes for outcome in kept.outcomes)


async def test_innocent_are_kept_before_the_guilty_is_tried_again(
    pool: ScriptedPool, kept: Kept
) -> None:
    pool.deadly = {"a"}
    await _processes(pool).run(_items("abcdefgh"), [], kept)
    assert kept.names[-1] == "a"
    assert sorted(kept.names) == list("abcdefgh")
    assert pool.tries["a"] == 4, "once in its group, three times alone"
    assert max(pool.tries[name] for name in "bcdefgh") == 2
    last = kept.outcomes[-1]
    assert last.error is not None
    assert last.error.code == "decoder_died"
    assert [crash.reason for crash in last.crashes] == ["decoder_died"] * 4
    alone = [names for names, _ in pool.calls if len(names) == 1]
    assert alone[-2:] == [("a",), ("a",)], "the guilty goes last"


async def test_who_was_alone_in_a_child_is_not_asked_once_more(
    pool: ScriptedPool, kept: Kept
) -> None:
    pool.deadly = {"a"}
    await _processes(pool).run(_items("a"), [], kept)
    assert pool.tries["a"] == 3
    pool.error = DecodeTimedOut()
    await _processes(pool).run(_items("a"), [], kept)
    assert pool.tries["a"] == 4, "what had all its time has no more of it"


async def test_suspects_of_all_chunks_have_one_child_between_them(
    pool: ScriptedPool, kept: Kept
) -> None:
    pool.children = 8
    pool.deadly = set("aceg")
    decoding = _processes(pool)
    await asyncio.gather(*(decoding.run([], _items(names), kept) for names in ("ab", "ce", "fg")))
    assert pool.most_at_work == 1
    assert {o.sha256 for o in kept.outcomes if o.error} == pool.deadly


async def test_what_was_handed_over_before_the_child_ended_is_not_repeated(
    pool: ScriptedPool, kept: Kept
) -> None:
    pool.children, pool.hands_over_after, pool.deadly = 1, 2, {"f"}
    await _processes(pool).run(_items("abcdef"), [], kept)
    assert [pool.tries[name] for name in "abcd"] == [1, 1, 2, 2], "sent twice, worked on once"
    assert kept.names[:4] == list("abcd")
    assert kept.names[-1] == "f"


async def test_slow_group_does_not_hold_back_what_others_found(
    pool: ScriptedPool, kept: Kept
) -> None:
    pool.slow = {"a": asyncio.Event()}
    running = asyncio.create_task(_processes(pool).run(_items("abcd"), [], kept))
    async with asyncio.timeout(120):
        await kept.changed.wait()
    assert kept.names == ["c", "d"]
    pool.slow["a"].set()
    await running
    assert sorted(kept.names) == list("abcd")


async def test_group_has_less_time_than_an_image_alone(pool: ScriptedPool, kept: Kept) -> None:
    await _processes(pool).run(_items("abcd"), _items("e"), kept)
    times = dict(pool.calls)
    assert times["e",] > ImageLimits().max_seconds
    assert times["a", "b"] <= GROUP_SECONDS + 1


async def test_unexpected_error_is_tried_alone_and_then_said(
    pool: ScriptedPool, kept: Kept
) -> None:
    pool.deadly, pool.error = {"b"}, MemoryError()
    await _processes(pool).run(_items("abcd"), [], kept)
    failed = {o.sha256: o.error.code for o in kept.outcomes if o.error}
    assert failed == {"b": "operation_failed"}
    assert sorted(kept.names) == list("abcd")


async def test_cancelling_ends_all_children(pool: ScriptedPool, kept: Kept) -> None:
    pool.slow = dict.fromkeys("ab", asyncio.Event())
    running = asyncio.create_task(_processes(pool).run(_items("ab"), [], kept))
    await until(lambda: len(+pool.at_work) >= 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not +pool.at_work
    assert kept.names == []


async def test_failure_to_keep_ends_the_work(pool: ScriptedPool) -> None:
    pool.slow = {"a": asyncio.Event()}

    async def fail(_: Sequence[Outcome]) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await _processes(pool).run(_items("abcd"), [], fail)
    assert not +pool.at_work
