"""Redis wiped, stopped, frozen and killed: it only carries hints."""

import asyncio
import time

import pytest

from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures, until

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize("wiped_while", ["queued", "running"])
async def test_wiped_hints_are_sent_again(stack: Stack, wiped_while: str) -> None:
    if wiped_while == "running":
        stack.start_worker()
    tickets = [await stack.ticket(pictures(8, f"wiped-{n}", large=True)) for n in range(4)]
    if wiped_while == "running":
        await until(stack.are_processing)
    await stack.stores.redis.flushall()
    began = time.monotonic()
    if wiped_while == "queued":
        stack.start_worker()
    await assert_promises_kept(stack, tickets)
    assert time.monotonic() - began < 20
    assert await stack.count_images(status="succeeded") == 32


async def test_uploads_are_accepted_while_redis_is_gone(stack: Stack) -> None:
    worker = stack.start_worker()
    stack.servers.redis.kill()
    began = time.monotonic()
    tickets = [await stack.ticket(pictures(3, f"gone-{n}")) for n in range(20)]
    assert time.monotonic() - began < 10
    answer = await stack.client.get(f"/v1/jobs/{tickets[0]}", headers={"Prefer": "wait=1"})
    assert (answer.status_code, answer.json()["status"]) == (200, "queued")
    stack.servers.redis.start()
    await assert_promises_kept(stack, tickets)
    assert worker.is_running


async def test_uploads_are_accepted_while_redis_is_frozen(stack: Stack) -> None:
    worker = stack.start_worker()
    tickets = [await stack.ticket(pictures(8, "frozen", large=True))]
    stack.servers.redis.freeze()
    thawed = time.monotonic() + 10
    slowest = 0.0
    while time.monotonic() < thawed:
        began = time.monotonic()
        tickets += await asyncio.gather(
            *(stack.ticket(pictures(1, f"frozen-{len(tickets)}-{n}")) for n in range(8))
        )
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.1)
    stack.servers.redis.resume()
    assert slowest < 3
    await assert_promises_kept(stack, tickets)
    assert worker.is_running


async def test_worker_outlives_any_number_of_redis_crashes(stack: Stack) -> None:
    worker = stack.start_worker()
    tickets = []
    for crash in range(6):
        interrupted = stack.log(worker).count("queue_interrupted")
        tickets += [await stack.ticket(pictures(8, f"crash-{crash}-{n}")) for n in range(8)]
        stack.servers.redis.kill()
        await until(lambda n=interrupted: stack.log(worker).count("queue_interrupted") > n)  # type: ignore[misc]
        stack.servers.redis.start()
    await assert_promises_kept(stack, tickets)
    assert worker.is_running
    assert "Traceback" not in stack.log(worker)
