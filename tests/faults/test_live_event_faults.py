"""Live events while processes and servers die: who listens learns the end all the same."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.event_streams import listening
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures
from tests.waiting import until


async def test_listener_learns_the_end_though_the_worker_was_killed(stack: Stack) -> None:
    worker = stack.start_worker()
    ticket = await stack.ticket(pictures(24, "listened", large=True))
    async with listening(stack.client, f"/v1/jobs/{ticket}") as reader:
        await reader.until(
            lambda: bool(reader.events) and reader.events[-1].data["progress"]["done"] > 0
        )
        worker.kill()
        stack.start_worker()
        await reader.end(90)
    assert reader.events[-1].data["status"] == "succeeded"
    assert reader.events[-1].data["progress"] == {"done": 120, "failed": 0, "total": 120}
    assert reader.versions == sorted(set(reader.versions))
    await assert_promises_kept(stack, [ticket])


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_listener_is_told_while_redis_is_gone(stack: Stack, how: str) -> None:
    ticket, canceled = [await stack.ticket(pictures(4, name)) for name in ("kept", "canceled")]
    redis = stack.servers.redis
    async with (
        listening(stack.client, f"/v1/jobs/{ticket}") as reader,
        listening(stack.client, f"/v1/jobs/{canceled}") as of_canceled,
    ):
        if how == "killed":
            redis.kill()
        else:
            redis.freeze()
        await stack.client.delete(f"/v1/jobs/{canceled}")
        await of_canceled.end()
        assert of_canceled.events[-1].data["status"] == "canceled"
        async with listening(stack.client, f"/v1/jobs/{ticket}") as later:
            await later.until(lambda: later.versions == [1])
        if how == "killed":
            redis.start()
        else:
            redis.resume()
        stack.start_worker()
        await reader.end()
    assert reader.events[-1].data["status"] == "succeeded"
    await assert_promises_kept(stack, [ticket])


async def test_stream_outlives_a_mongodb_that_is_started_again(stack: Stack) -> None:
    ticket = await stack.ticket(pictures(4, "restarted"))
    async with listening(stack.client, f"/v1/jobs/{ticket}") as reader:
        await reader.until(lambda: reader.versions == [1])
        stack.servers.mongodb.kill()
        await until(lambda: "live_jobs_interrupted" in stack.log(stack.api))
        stack.servers.mongodb.start()
        stack.start_worker()
        await reader.end()
    assert reader.events[-1].data["status"] == "succeeded"
    assert reader.versions == sorted(set(reader.versions))


async def test_api_that_stops_ends_its_streams_and_the_next_one_resumes_them(
    stack: Stack,
) -> None:
    ticket = await stack.ticket(pictures(4, "resumed"))
    path = f"/v1/jobs/{ticket}"
    async with AsyncExitStack() as streams:
        readers = [
            await streams.enter_async_context(listening(stack.client, path)) for _ in range(20)
        ]
        await asyncio.gather(*(r.until(lambda r=r: r.versions == [1]) for r in readers))  # type: ignore[misc]
        began = time.monotonic()
        stack.api.terminate()
        await asyncio.gather(*(reader.end() for reader in readers))
        assert await asyncio.to_thread(stack.api.wait_ended, 20)
        # Well within the time that requests under way are given.
        assert time.monotonic() - began < 20
    assert stack.api.exit_code in {0, -signal.SIGTERM}
    assert {reader.comments[-1] for reader in readers} == {"this process ends: connect again"}
    assert "Traceback" not in stack.log(stack.api)
    stack.start_api()
    stack.start_worker()
    async with listening(stack.client, path, last=readers[0].versions[-1]) as reader:
        await reader.end()
    assert reader.events[-1].name == "job.finished"
    assert 1 not in reader.versions


async def test_stream_of_a_killed_api_breaks_off_rather_than_ends(stack: Stack) -> None:
    ticket = await stack.ticket(pictures(1, "broken"))
    async with stack.client.stream("GET", f"/v1/jobs/{ticket}/events") as answer:
        lines = answer.aiter_lines()
        await anext(lines)
        stack.api.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            [line async for line in lines]
    stack.start_api()
    stack.start_worker()
    async with listening(stack.client, f"/v1/jobs/{ticket}", last=1) as reader:
        await reader.end()
    assert reader.events[-1].name == "job.finished"
