"""MongoDB and Redis that answer late: all goes on, more slowly."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chaos.proxy import through
from deploy.servers.embedded import EmbeddedServers
from tests.faults.promises import assert_promises_kept
from tests.faults.slow_link import SlowLink, slow_link
from tests.faults.stack import Stack, pictures, running_stack
from tests.waiting import until


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


@pytest.fixture
async def slow_stack(
    fragile_servers: EmbeddedServers, tmp_path: Path
) -> AsyncIterator[tuple[Stack, SlowLink, SlowLink]]:
    """A service that reaches its servers over links that can be made slow."""
    with (
        slow_link(_port(fragile_servers.mongodb_url)) as mongodb,
        slow_link(_port(fragile_servers.redis_url)) as redis,
    ):
        variables = {
            "MINILAB_MONGODB_URL": through(fragile_servers.mongodb_url, mongodb.port),
            "MINILAB_REDIS_URL": through(fragile_servers.redis_url, redis.port),
        }
        async with running_stack(fragile_servers, tmp_path, variables) as stack:
            yield stack, mongodb, redis
            mongodb.seconds = redis.seconds = 0.0


@pytest.mark.long
@pytest.mark.parametrize(
    ("mongodb_seconds", "redis_seconds"), [(0.05, 0.0), (0.0, 0.25), (0.05, 0.25)]
)
async def test_slow_servers_lose_nothing(
    slow_stack: tuple[Stack, SlowLink, SlowLink], mongodb_seconds: float, redis_seconds: float
) -> None:
    stack, mongodb, redis = slow_stack
    worker = stack.start_worker()
    mongodb.seconds, redis.seconds = mongodb_seconds, redis_seconds
    tickets = await asyncio.gather(*(stack.ticket(pictures(3, f"slow-{n}")) for n in range(5)))
    for ticket in tickets:
        assert (await stack.job(ticket))["status"] == "succeeded"
    mongodb.seconds = redis.seconds = 0.0
    await assert_promises_kept(stack, tickets)
    assert worker.is_running
    assert stack.api.is_running


async def test_mongodb_slower_than_the_limit_is_an_outage(
    slow_stack: tuple[Stack, SlowLink, SlowLink],
) -> None:
    stack, mongodb, _ = slow_stack
    stack.start_worker()
    mongodb.seconds = 10
    answers = await asyncio.gather(*(stack.send(pictures(1, f"late-{n}")) for n in range(20)))
    assert {answer.status_code for answer in answers} == {503}
    mongodb.seconds = 0.0

    async def is_accepted() -> str | None:
        # 503 until the API's monitor has reached MongoDB again.
        answer = await stack.send(pictures(2, "after"))
        assert answer.status_code in {202, 503}, answer.text
        return str(answer.json()["id"]) if answer.status_code == 202 else None

    ticket = await until(is_accepted)
    await stack.job(ticket)
    await assert_promises_kept(stack, [ticket])
