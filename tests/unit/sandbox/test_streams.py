"""Bytes that go along with a call: to the child and back, in parts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from domain.errors.files import DecoderDied, DecodeTimedOut
from sandbox.pool import ChildPool
from sandbox.streams import Incoming, Outgoing
from tests.unit.sandbox import functions
from tests.unit.sandbox.test_child_pool import end_children, kill_idle_child

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("plain_children")]

PART = bytes(range(256)) * 400
MEGABYTE = 1024 * 1024


@pytest.fixture
async def pool() -> AsyncIterator[ChildPool]:
    await end_children()
    yield ChildPool(1, 256 * MEGABYTE)
    await end_children()


class Taker:
    """Takes bytes, and remembers the largest part."""

    def __init__(self) -> None:
        self.taken = bytearray()
        self.largest = 0

    async def __call__(self, part: bytes) -> None:
        self.taken += part
        self.largest = max(self.largest, len(part))


async def _parts(times: int, error: Exception | None = None) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield PART
    if error is not None:
        raise error


def _incoming(times: int) -> Incoming:
    return Incoming(times * len(PART), _parts(times))


@pytest.mark.parametrize("times", [0, 1, 40])
async def test_bytes_go_to_a_child_and_come_back(pool: ChildPool, times: int) -> None:
    taker = Taker()
    outgoing = Outgoing(taker)
    call = pool.run(functions.send_back, _incoming(times), outgoing, 2, seconds=20)
    assert await call == times * len(PART)
    assert bytes(taker.taken) == 2 * times * PART
    assert taker.largest <= 64 * 1024, "no part is large"


async def test_calls_with_and_without_bytes_follow_one_another(pool: ChildPool) -> None:
    for _ in range(2):
        assert await pool.run(functions.count, _incoming(3), seconds=20) == 3 * len(PART)
        assert await pool.run(functions.answer, seconds=20)
        with pytest.raises(ValueError, match="not this one"):
            await pool.run(functions.refuse, seconds=20)


async def test_bytes_for_a_child_that_ended_while_idle_go_to_the_next(
    pool: ChildPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kill_idle_child(pool, monkeypatch)
    assert await pool.run(functions.count, _incoming(3), seconds=20) == 3 * len(PART)


async def test_error_of_the_source_is_raised_and_the_child_replaced(pool: ChildPool) -> None:
    before = await pool.run(functions.answer, seconds=20)
    broken = Incoming(9 * len(PART), _parts(2, LookupError("gone")))
    with pytest.raises(LookupError, match="gone"):
        await pool.run(functions.count, broken, seconds=20)
    assert await pool.run(functions.answer, seconds=20) != before


async def test_taker_ends_a_child_that_sends_too_much(pool: ChildPool) -> None:
    taken = 0

    async def take(part: bytes) -> None:
        nonlocal taken
        taken += len(part)
        if taken > MEGABYTE:
            raise OverflowError

    with pytest.raises(OverflowError):
        await pool.run(functions.send_without_end, Outgoing(take), seconds=20)
    assert await pool.run(functions.answer, seconds=20)


async def test_child_that_dies_while_it_sends_is_noticed(pool: ChildPool) -> None:
    with pytest.raises(DecoderDied):
        await pool.run(functions.send_and_crash, _incoming(3), Outgoing(Taker()), seconds=20)
    assert await pool.run(functions.answer, seconds=20)


async def test_slow_store_does_not_count_against_the_image(pool: ChildPool) -> None:
    await pool.run(functions.answer, seconds=20)

    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(4):
            await asyncio.sleep(0.3)  # A store that takes longer than the image may, in all.
            yield PART

    incoming = Incoming(4 * len(PART), slowly())
    assert await pool.run(functions.count, incoming, seconds=1) == 4 * len(PART)
    with pytest.raises(DecodeTimedOut):
        await pool.run(functions.sleep, 30, seconds=1)
