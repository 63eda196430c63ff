"""Hints: sent best-effort, known by name, never in the way."""

import asyncio
import random

from redis.asyncio import Redis

from domain.jobs import ChunkHint
from storage.queue.connection import connect_redis
from storage.queue.hints import Hints
from storage.settings import StoreSettings, WorkRules
from storage.stores import Stores
from tasks.settings import read_settings

HINTS = [ChunkHint("job-a", 0), ChunkHint("job-a", 1), ChunkHint("job-b", 0, 3)]


async def _there(stores: Stores) -> list[bool]:
    return [state.is_there for state in await stores.hints.fair_queue.find_states(HINTS)]


async def test_knows_which_hints_are_there(stores: Stores) -> None:
    assert await _there(stores) == [False, False, False]
    assert await stores.hints.send(HINTS[:2])
    assert await _there(stores) == [True, True, False]
    await stores.hints.forget([HINTS[0]])
    assert await _there(stores) == [False, True, False]
    states = await stores.hints.fair_queue.find_states(HINTS)
    assert {state.taken_seconds for state in states} == {None}


async def test_hint_that_lost_its_key_or_its_place_is_not_there(stores: Stores) -> None:
    await stores.hints.send(HINTS)
    await stores.redis.delete("arq:job:job-a:0:0")
    await stores.redis.zrem("arq:queue", "job-a:1:0")
    assert await _there(stores) == [False, False, True]


async def test_sending_the_same_hint_twice_changes_nothing(stores: Stores) -> None:
    for _ in range(2):
        assert await stores.hints.send(HINTS)
    assert await stores.redis.zcard("arq:queue") == 3


async def test_every_hint_expires_by_itself(stores: Stores) -> None:
    await stores.hints.send(HINTS)
    assert await stores.hints.were_wiped()
    keys = [key async for key in stores.redis.scan_iter("*") if key != b"arq:queue"]
    assert len(keys) > 4
    for key in keys:
        assert await stores.redis.ttl(key) > 0


async def test_one_of_many_learns_that_redis_was_wiped(stores: Stores) -> None:
    others = [Hints(stores.redis, WorkRules()) for _ in range(10)]
    for _ in range(2):
        told = await asyncio.gather(*(hints.were_wiped() for hints in others))
        assert sum(told) == 1
        assert not await stores.hints.were_wiped()
        await stores.redis.flushdb()


async def test_sending_to_a_redis_that_is_away_fails_quietly() -> None:
    settings = StoreSettings("mongodb://127.0.0.1:1", "redis://127.0.0.1:1")
    redis = connect_redis(settings)
    hints = Hints(redis, WorkRules())
    assert not await hints.send(HINTS)
    hints.send_soon(HINTS)
    await hints.drain()
    await redis.aclose(close_connection_pool=True)


async def test_no_cancellation_is_lost_in_a_call(environ: dict[str, str]) -> None:
    redis: Redis = connect_redis(read_settings(environ).stores)
    chance = random.Random(3)  # noqa: S311

    async def ping_for_ever() -> None:
        while True:
            await redis.ping()

    for _ in range(300):
        task = asyncio.create_task(ping_for_ever())
        for _ in range(chance.randrange(30)):
            await asyncio.sleep(0)  # The call is cancelled at another step each time.
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=60)
        assert done
        assert task.cancelled()
    assert await redis.ping()
    await redis.aclose(close_connection_pool=True)
