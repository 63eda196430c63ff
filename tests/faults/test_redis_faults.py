"""Redis wiped, stopped, frozen and killed: it only carries hints."""

import asyncio
import time
from datetime import timedelta
from statistics import median

import pytest
from arq.constants import default_queue_name

from domain.jobs import read_hint_id
from storage.clock import utc_now
from storage.queue.fair_queue import IN_PROGRESS_SECONDS
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures
from tests.waiting import until

FROZEN_SECONDS = 6
"""Some times as long as a call of Redis may take."""


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
    assert time.monotonic() - began < 60
    assert await stack.count_images(status="succeeded") == 32


async def test_uploads_are_accepted_while_redis_is_gone(stack: Stack) -> None:
    worker = stack.start_worker()
    stack.servers.redis.kill()
    began = time.monotonic()
    tickets = [await stack.ticket(pictures(3, f"gone-{n}")) for n in range(20)]
    assert time.monotonic() - began < 60
    answer = await stack.client.get(f"/v1/jobs/{tickets[0]}")
    assert answer.status_code == 200
    stack.servers.redis.start()
    await assert_promises_kept(stack, tickets)
    assert worker.is_running


async def test_work_is_done_while_redis_is_gone(stack: Stack) -> None:
    workers = [stack.start_worker(), stack.start_worker()]
    stack.servers.redis.kill()
    tickets = [await stack.ticket(pictures(3, f"gone-{n}")) for n in range(8)]

    async def all_are_done() -> bool:
        return await stack.count_images(status="succeeded") == 24

    await until(all_are_done)
    jobs = [await stack.job(ticket) for ticket in tickets]
    assert {job["status"] for job in jobs} == {"succeeded"}
    stack.servers.redis.start()
    later = await stack.ticket(pictures(2, "back"))
    await assert_promises_kept(stack, [*tickets, later])
    assert all(worker.is_running for worker in workers)


async def test_uploads_are_accepted_while_redis_is_frozen(stack: Stack) -> None:
    worker = stack.start_worker()
    tickets = [await stack.ticket(pictures(8, "frozen", large=True))]
    stack.servers.redis.freeze()
    thawed = time.monotonic() + FROZEN_SECONDS
    took: list[float] = []
    while time.monotonic() < thawed:
        began = time.monotonic()
        tickets += await asyncio.gather(
            *(stack.ticket(pictures(1, f"frozen-{len(tickets)}-{n}")) for n in range(8))
        )
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.5)  # The rate of uploads.
    stack.servers.redis.resume()
    assert median(took) < FROZEN_SECONDS, "they did not wait for Redis"
    await assert_promises_kept(stack, tickets)
    assert worker.is_running


@pytest.mark.long
async def test_worker_outlives_any_number_of_redis_crashes(stack: Stack) -> None:
    worker = stack.start_worker()
    tickets = [await stack.ticket(pictures(8, f"crash-{n}")) for n in range(8)]
    # Killed workers leave hints that seem to be worked on: arq looks at each in every poll, so
    # that a crash finds it there, with a slot taken that it will never give back.
    for number in range(100):
        await seem_taken(stack, f"orphan:{number}:0", seconds_left=60)
    for crash in range(8):
        interrupted = stack.log(worker).count("queue_interrupted")
        stack.servers.redis.kill()
        await until(lambda n=interrupted: stack.log(worker).count("queue_interrupted") > n)  # type: ignore[misc]
        stack.servers.redis.start()
        tickets.append(await stack.ticket(pictures(4, f"crashed-{crash}")))
        await stack.job(tickets[-1])
    await assert_promises_kept(stack, tickets)
    assert worker.is_running
    assert "Traceback" not in stack.log(worker)


async def test_hint_of_worker_that_died_before_it_claimed_is_sent_again(stack: Stack) -> None:
    ticket = await stack.ticket(pictures(3, "unclaimed"))
    hint = f"{ticket}:0:0"
    await until(lambda: is_hinted(stack, hint))
    await seem_taken(stack, hint, seconds_left=IN_PROGRESS_SECONDS - 10)
    # Its chunk was looked after just before, and would be again in ten minutes only.
    later = {"$set": {"due_at": utc_now() + timedelta(seconds=600)}}
    await stack.stores.database["images"].update_many({"job_id": ticket}, later)
    stack.start_worker()
    began = time.monotonic()
    await assert_promises_kept(stack, [ticket])
    assert time.monotonic() - began < IN_PROGRESS_SECONDS - 10
    assert not await is_hinted(stack, hint)


async def is_hinted(stack: Stack, hint: str) -> bool:
    (state,) = await stack.stores.hints.fair_queue.find_states([read_hint_id(hint)])
    return state.is_there


async def seem_taken(stack: Stack, hint: str, seconds_left: float) -> None:
    """Leave what a worker leaves that is killed right after it has taken a hint."""
    redis = stack.stores.redis
    await redis.zrem(default_queue_name, hint)
    await redis.zadd("minilab:turns:taken", {hint: 1})
    deadline_ms = 1000 * (time.time() + seconds_left)
    await redis.zadd("minilab:turns:deadlines", {hint: deadline_ms})
    for name in ("taken", "deadlines"):
        await redis.expire(f"minilab:turns:{name}", 3600)
