"""Shared buckets in Redis: exact for any number of processes, deleted once they are full again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import cast

import pytest
from redis.asyncio import Redis

from domain.fairness.token_buckets import Demand, Drawn, RateLimit, draw
from storage.queue import rate_limits
from storage.queue.rate_limits import PREFIX, Buckets
from storage.settings import StoreSettings
from storage.stores import Stores
from tasks.settings import read_settings
from tests.waiting import until

HOUR = 3600.0
SMALL = RateLimit("requests", "requests", 5 / HOUR, 5)
SLOW = RateLimit("bytes", "content-bytes", 1 / HOUR, 1000)


@pytest.fixture
def settings(environ: dict[str, str]) -> StoreSettings:
    return read_settings(environ).stores


@pytest.fixture
async def two(
    settings: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Buckets, Buckets]]:
    """What two API processes have, on a machine that may be slow."""
    monkeypatch.setattr(rate_limits, "ANSWER_SECONDS", 10.0)
    first, second = Buckets(settings), Buckets(settings)
    yield first, second
    await first.close()
    await second.close()


async def draw_one(shared: Buckets, limit: RateLimit, demand: Demand) -> Drawn:
    drawn = await shared.draw("user:u1", [limit], [demand])
    assert drawn is not None
    return drawn[0]


async def written_at(redis: Redis, key: str) -> float:
    """Read when a bucket was last drawn from, by the clock of Redis."""
    at = await cast("Awaitable[bytes]", redis.hget(key, "requests:at"))
    return float(at)


async def test_two_processes_draw_no_more_than_there_is(two: tuple[Buckets, Buckets]) -> None:
    one = Demand(debt=0, wanted=1)
    draws = [draw_one(two[n % 2], SMALL, one) for n in range(40)]
    assert sum(drawn.granted for drawn in await asyncio.gather(*draws)) == 5


async def test_debt_of_one_process_counts_for_the_other(two: tuple[Buckets, Buckets]) -> None:
    paid = await draw_one(two[0], SLOW, Demand(debt=2500, wanted=0))
    assert paid == Drawn(-1500, 0)
    refused = await draw_one(two[1], SLOW, Demand(debt=0, wanted=10))
    assert refused.granted == 0
    assert refused.level == pytest.approx(-1500, abs=1)


async def test_script_does_what_the_domain_says(two: tuple[Buckets, Buckets]) -> None:
    level = float(SLOW.burst)
    for demand in [Demand(0, 400), Demand(100, 50), Demand(0, 900), Demand(3, 7), Demand(0, 0)]:
        expected = draw(SLOW, level, demand)
        drawn = await draw_one(two[0], SLOW, demand)
        assert drawn.granted == expected.granted
        assert drawn.level == pytest.approx(expected.level, abs=0.1)
        level = expected.level


async def test_buckets_of_one_tenant_are_drawn_together(two: tuple[Buckets, Buckets]) -> None:
    demands = [Demand(0, 2), Demand(0, 30)]
    assert await two[0].draw("user:u1", [SMALL, SLOW], demands) == [Drawn(3, 2), Drawn(970, 30)]
    assert await two[0].draw("user:u2", [SMALL, SLOW], demands) == [Drawn(3, 2), Drawn(970, 30)]


async def test_bucket_fills_with_the_time_of_redis(two: tuple[Buckets, Buckets]) -> None:
    quick = RateLimit("files", "files", 1000.0, 500)
    await draw_one(two[0], quick, Demand(0, 500))

    async def is_granted() -> bool:
        return (await draw_one(two[1], quick, Demand(0, 50))).granted > 0

    await until(is_granted)


async def test_key_goes_when_bucket_would_be_full(
    stores: Stores, two: tuple[Buckets, Buckets]
) -> None:
    key = PREFIX + "user:u1"
    await draw_one(two[0], RateLimit("requests", "requests", 0.1, 100), Demand(0, 6))
    assert 55 < await stores.redis.ttl(key) <= 61
    await draw_one(two[0], RateLimit("requests", "requests", 0.1, 100), Demand(500, 0))
    assert 5000 < await stores.redis.ttl(key) <= 5061
    await draw_one(two[0], RateLimit("requests", "requests", 0.1, 100), Demand(0, 0))
    assert await stores.redis.ttl(key) > 5000


async def test_clock_that_goes_back_gives_and_takes_nothing(
    stores: Stores, two: tuple[Buckets, Buckets]
) -> None:
    await draw_one(two[0], SMALL, Demand(0, 3))
    key, redis = PREFIX + "user:u1", stores.redis
    ahead = await written_at(redis, key) + 1000
    await cast("Awaitable[int]", redis.hset(key, "requests:at", str(ahead)))
    assert (await draw_one(two[0], SMALL, Demand(0, 1))).level == pytest.approx(1, abs=0.01)
    assert await written_at(redis, key) < ahead - 900


async def test_redis_that_forgot_the_script_gets_it_again(
    stores: Stores, two: tuple[Buckets, Buckets]
) -> None:
    await draw_one(two[0], SMALL, Demand(0, 1))
    await stores.redis.script_flush()
    assert (await draw_one(two[0], SMALL, Demand(0, 1))).granted == 1


async def test_no_redis_is_noticed_once_and_then_not_asked(settings: StoreSettings) -> None:
    shared = Buckets(StoreSettings(settings.mongodb_url, "redis://127.0.0.1:9"))
    assert await shared.draw("user:u1", [SMALL], [Demand(0, 1)]) is None
    assert not shared.is_shared
    assert await shared.draw("user:u1", [SMALL], [Demand(0, 1)]) is None
    await shared.close()


async def test_redis_that_is_stuck_is_given_up_and_found_again(settings: StoreSettings) -> None:
    shared = Buckets(settings)
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.client_pause(1500)  # All clients' commands wait, as behind a slow one.
        assert await shared.draw("user:u1", [SMALL], [Demand(0, 1)]) is None
        await until(lambda: shared.is_shared)
        assert await shared.draw("user:u1", [SMALL], [Demand(0, 1)]) is not None
    await shared.close()
