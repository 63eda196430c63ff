"""Webhooks while deliverers die: each event arrives, with one ID, and is created once."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from benchmarks.harness.receivers import Receivers
from deploy.servers.embedded import EmbeddedServers
from tests.faults.stack import Stack, fragile_stack, pictures
from tests.service import REPOSITORY
from tests.waiting import until

KINDS = ("ok", "flaky", "error", "busy", "redirect", "never", "slow", "drop")
HEALTHY = ("ok", "flaky")
DELIVERING: dict[str, object] = {
    "webhook_allow": "127.0.0.0/8",
    "webhook_allow_http": True,
    "webhook_timeout_seconds": 1,
    "webhook_retry_seconds": "0.2,0.5,0.5,1,1,2,2,2,2,2",
    "webhook_poll_seconds": 0.2,
}
JOBS, FILES = 12, 3


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with Receivers() as running:
        yield running


@pytest.fixture
async def telling_stack(fragile_servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """A service that may tell receivers on this machine."""
    async with fragile_stack(fragile_servers, tmp_path, **DELIVERING) as running:
        yield running


async def make_webhook(stack: Stack, url: str) -> str:
    answer = await stack.client.post("/v1/webhooks", json={"url": url})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def has_all(receivers: Receivers, kind: str, expected: int) -> bool:
    return len({message.id for message in receivers.sent_to(kind)}) >= expected


def has_more_than(receivers: Receivers, count: int) -> bool:
    return len(receivers.messages) > count


async def send_jobs(stack: Stack, prefix: str, count: int) -> list[str]:
    return [await stack.ticket(pictures(FILES, f"{prefix}-{n}")) for n in range(count)]


def assert_each_is_told_once(receivers: Receivers, kind: str, jobs: list[str]) -> None:
    """One ID for each thing that happened, and nothing that happened is missing."""
    ids: dict[tuple[str, str], set[str]] = {}
    for message in receivers.sent_to(kind):
        event = json.loads(message.body)
        data = event["data"]
        of = data["job_id"] if event["type"] == "job.finished" else data["image_id"]
        ids.setdefault((event["type"], of), set()).add(message.id)
    assert [what for what, found in ids.items() if len(found) != 1] == []
    assert {of for type_, of in ids if type_ == "job.finished"} == set(jobs)
    kinds = Counter(type_ for type_, _ in ids)
    assert kinds == {"job.finished": len(jobs), "image.processed": FILES * len(jobs)}


@pytest.mark.long
async def test_killed_deliverers_lose_nothing_and_make_nothing_twice(
    telling_stack: Stack, receivers: Receivers
) -> None:
    stack = telling_stack
    for kind in KINDS:
        await make_webhook(stack, receivers.url(kind))
    stack.start_worker()
    deliverer = stack.start_deliverer()
    jobs: list[str] = []
    for number in range(4):
        seen = len(receivers.messages)
        jobs += await send_jobs(stack, str(number), JOBS // 4)
        await until(partial(has_more_than, receivers, seen + 5))
        deliverer.kill()
        deliverer = stack.start_deliverer(wait=False)
    for job in jobs:
        await stack.job(job)
    expected = len(jobs) * (1 + FILES)
    for kind in HEALTHY:
        await until(partial(has_all, receivers, kind, expected))
        assert_each_is_told_once(receivers, kind, jobs)
    assert await stack.stores.database["events"].count_documents({}) == expected
    deliverer.terminate()
    assert deliverer.wait_ended(30)
    assert deliverer.exit_code == 0


async def test_events_wait_for_a_deliverer(telling_stack: Stack, receivers: Receivers) -> None:
    """With no deliverer alive and Redis wiped, the next deliverer sends the events."""
    stack = telling_stack
    await make_webhook(stack, receivers.url("ok"))
    stack.start_worker()
    jobs = await send_jobs(stack, "waiting", 3)
    for job in jobs:
        await stack.job(job)
    await stack.stores.redis.flushall()
    stack.start_deliverer()
    await until(lambda: has_all(receivers, "ok", len(jobs) * (1 + FILES)))
    assert_each_is_told_once(receivers, "ok", jobs)


async def test_events_arrive_though_mongodb_was_down(
    telling_stack: Stack, receivers: Receivers
) -> None:
    stack = telling_stack
    await make_webhook(stack, receivers.url("ok"))
    stack.start_worker()
    deliverer = stack.start_deliverer()
    jobs = await send_jobs(stack, "before", 3)
    await until(lambda: len(receivers.messages) > 0)
    stack.servers.mongodb.kill()
    stack.servers.mongodb.start()
    jobs += await send_jobs(stack, "after", 3)
    for job in jobs:
        await stack.job(job)
    await until(lambda: has_all(receivers, "ok", len(jobs) * (1 + FILES)))
    assert_each_is_told_once(receivers, "ok", jobs)
    assert deliverer.is_running


async def test_health_says_whether_one_delivers(telling_stack: Stack) -> None:
    stack = telling_stack
    assert await ask_health(stack) == 1
    stack.start_deliverer()
    assert await ask_health(stack) == 0


async def ask_health(stack: Stack) -> int:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)} | stack.environ
    command = [sys.executable, "-m", "tasks.delivery", "--health"]
    asking = await asyncio.create_subprocess_exec(*command, env=environ)
    return await asking.wait()
