"""Limits that are shared through Redis, while Redis is killed or frozen: uploads go on."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from statistics import median

import pytest

from deploy.servers.embedded import EmbeddedServers
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, fragile_stack, pictures
from tests.service import authorization
from tests.waiting import until

BURST = 40
REDIS_SECONDS = 5


@pytest.fixture
async def limiting(fragile_servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """An API that lets a tenant send forty requests, and then hardly any."""
    async with fragile_stack(
        fragile_servers,
        tmp_path,
        tenant_requests_per_second=1 / 3600,
        tenant_requests_burst=BURST,
        redis_timeout_seconds=REDIS_SECONDS,
    ) as running:
        yield running


async def make_key(stack: Stack, user: str) -> str:
    body = {"role": "client", "user_id": user}
    answer = await stack.client.post("/v1/api-keys", json=body)
    return str(answer.json()["key"])


async def send(stack: Stack, key: str, prefix: str) -> tuple[int, str, float]:
    """Send one picture.

    Returns:
        The status, the ticket if there is one, and how long it took, in seconds.
    """
    began = time.monotonic()
    answer = await stack.client.post(
        "/v1/jobs", files={"files": pictures(1, prefix)[0]}, headers=authorization(key)
    )
    return answer.status_code, answer.json().get("id", ""), time.monotonic() - began


@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_uploads_go_on_without_redis(limiting: Stack, fault: str) -> None:
    key = await make_key(limiting, "u1")
    tickets = [(await send(limiting, key, "before"))[1]]
    redis = limiting.servers.redis
    if fault == "killed":
        redis.kill()
    else:
        redis.freeze()
    sent = [await send(limiting, key, f"{fault}-{n}") for n in range(BURST - 1)]
    assert {status for status, _, _ in sent} == {202}
    # The first finds Redis gone, and nobody else asks it: an ordinary call would wait that long.
    assert median(seconds for _, _, seconds in sent) < REDIS_SECONDS
    assert (await send(limiting, key, f"{fault}-over"))[0] == 429
    assert limiting.log(limiting.api).count("shared_limits_lost") == 1
    if fault == "killed":
        redis.start()
    else:
        redis.resume()
    await until(lambda: "shared_limits_found" in limiting.log(limiting.api))
    tickets += [ticket for _, ticket, _ in sent]
    limiting.start_worker()
    await assert_promises_kept(limiting, tickets)


async def test_each_tenant_keeps_its_limit_without_redis(limiting: Stack) -> None:
    keys = [await make_key(limiting, f"u{n}") for n in range(3)]
    limiting.servers.redis.freeze()
    for key in keys:
        # Sixteen at a time: a flood finds Redis frozen, too.
        numbers = range(BURST + 10)
        answers = [
            status
            for first in numbers[::16]
            for status, _, _ in await asyncio.gather(
                *(send(limiting, key, f"{key}-{n}") for n in numbers[first : first + 16])
            )
        ]
        assert sorted(answers) == [202] * BURST + [429] * 10
