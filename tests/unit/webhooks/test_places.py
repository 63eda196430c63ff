"""Places for attempts: taken in turn, and as many as there may be at the moment."""

import asyncio

from tasks.delivery.places import Places


class Target:
    """A target with attempts that begin when they have a place, and end when they are told."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.places = Places(lambda: self.most)
        self.running: list[str] = []
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._ends: dict[str, asyncio.Event] = {}

    async def ask(self, *names: str) -> None:
        for name in names:
            self._ends[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._attempt(name))
        await _turn()

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await _turn()

    async def _attempt(self, name: str) -> None:
        async with self.places:
            self.running.append(name)
            try:
                await self._ends[name].wait()
            finally:
                self.running.remove(name)


async def _turn() -> None:
    for _ in range(5):
        await asyncio.sleep(0)  # Tasks that can go on do so.


async def test_places_are_passed_on_in_turn() -> None:
    target = Target(2)
    await target.ask("a", "b", "c", "d")
    assert target.running == ["a", "b"]
    assert target.places.are_taken()
    await target.end("b")
    assert target.running == ["a", "c"]
    for name in "acd":
        await target.end(name)
    assert not target.places.are_taken()


async def test_more_begin_when_there_may_be_more_and_fewer_when_fewer() -> None:
    target = Target(1)
    await target.ask(*"abcde")
    target.most = 3
    await target.end("a")
    assert target.running == ["b", "c", "d"]
    target.most = 1
    await target.end("b")
    await target.end("c")
    assert target.running == ["d"]
    await target.end("d")
    assert target.running == ["e"]
    await target.end("e")


async def test_one_that_goes_away_takes_no_place() -> None:
    target = Target(1)
    await target.ask("a", "b", "c")
    target.tasks["b"].cancel()
    await _turn()
    await target.end("a")
    assert target.running == ["c"]
    await target.end("c")
    assert not target.places.are_taken()


async def test_a_place_that_is_passed_to_one_that_goes_away_is_passed_on() -> None:
    target = Target(1)
    await target.ask("a", "b", "c")
    target._ends["a"].set()
    await asyncio.sleep(0)  # Its place is passed on in this turn.
    target.tasks["b"].cancel()
    await _turn()
    assert target.running == ["c"]
    await target.end("c")
    assert not target.places.are_taken()
