"""MongoDB that does not answer: nobody waits for the others, and all goes on when it does."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from deploy.servers.embedded import EmbeddedServers
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import STORE_SECONDS, Stack, pictures, running_stack
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.problems import assert_problem
from tests.service import authorization
from tests.waiting import LATEST_SECONDS, until

REQUESTS = 100
KNOWN_SECONDS = 6.0
"""The longest time until it is known that MongoDB is away, and a bit."""
BODY = body_of(file_part(pictures(1, "slow")[0][1].ljust(6_000_000, b"-"), "slow.jpg"))


async def test_requests_do_not_queue_behind_each_other(stack: Stack) -> None:
    stack.start_worker()
    ticket = await stack.ticket(pictures(2, "frozen"))
    await stack.job(ticket)
    took: list[float] = []

    async def ask(path: str) -> httpx.Response:
        began = time.monotonic()
        answer = await client.get(path)
        took.append(time.monotonic() - began)
        return answer

    limits = httpx.Limits(max_connections=REQUESTS)
    async with httpx.AsyncClient(
        base_url=stack.client.base_url,
        headers=stack.client.headers,
        limits=limits,
        timeout=LATEST_SECONDS,
        trust_env=False,
    ) as client:
        stack.servers.mongodb.freeze()
        paths = [f"/v1/jobs/{ticket}", "/v1/images", "/v1/jobs", "/v1/api-keys"]
        answers = await asyncio.gather(*(ask(paths[n % 4]) for n in range(REQUESTS)))
        stack.servers.mongodb.resume()
    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    # One after the other, in ten threads, they would take ten times as long; a busy machine takes
    # a few times as long.
    assert max(took) < 9 * STORE_SECONDS
    await assert_promises_kept(stack, [ticket, await stack.ticket(pictures(2, "thawed"))])


async def test_requests_fail_soon_once_mongodb_is_known_to_be_away(
    fragile_servers: EmbeddedServers, tmp_path: Path
) -> None:
    """With a time limit of a call that is far longer than this takes on the busiest machine."""
    limits = {"store_timeout_seconds": LATEST_SECONDS / 2, "lease_seconds": 15}
    async with running_stack(fragile_servers, tmp_path, **limits) as stack:
        stack.start_worker()
        ticket = await stack.ticket(pictures(2, "before"))
        await stack.job(ticket)
        key = (
            await stack.client.post("/v1/api-keys", json={"role": "client", "user_id": "u1"})
        ).json()
        client_key = authorization(key["key"])
        sends, thawed = asyncio.Event(), asyncio.Event()

        async def slow_upload() -> AsyncIterator[bytes]:
            """Begins long before MongoDB is away, and goes on afterwards."""
            yield BODY[:-2_000_000]
            sends.set()
            await thawed.wait()
            yield BODY[-2_000_000:]

        headers = {"Content-Type": CONTENT_TYPE, "Idempotency-Key": "slow"}
        slow = asyncio.create_task(
            stack.client.post("/v1/jobs", content=slow_upload(), headers=headers)
        )
        await sends.wait()
        await asyncio.sleep(2)  # Servers answer each second: the upload began before the last time.
        fragile_servers.mongodb.freeze()
        try:
            await asyncio.sleep(KNOWN_SECONDS)  # The time that the service needs to know it.
            files = [("file", file) for file in pictures(1, "away")]
            began = time.monotonic()
            answers = await asyncio.gather(
                stack.client.get(f"/v1/jobs/{ticket}"),
                stack.client.get("/v1/images", headers=client_key),
                stack.client.post("/v1/jobs", files=files),
                stack.client.post("/v1/jobs", files=files, headers={"Idempotency-Key": "away"}),
                stack.client.post("/v1/jobs", files=files, headers=client_key),
                stack.client.delete(f"/v1/jobs/{ticket}"),
            )
            took = time.monotonic() - began
        finally:
            fragile_servers.mongodb.resume()
        for answer in answers:
            assert_problem(answer, 503, "unavailable")
            assert int(answer.headers["retry-after"]) >= 1
        assert took < LATEST_SECONDS / 4
        await until(lambda: is_read(stack, ticket))
        thawed.set()
        arrived = await slow
        assert arrived.status_code == 202, arrived.text
        tickets = [ticket, arrived.json()["id"], await stack.ticket(pictures(1, "after"))]
        await assert_promises_kept(stack, tickets)


async def is_read(stack: Stack, ticket: str) -> bool:
    return (await stack.client.get(f"/v1/jobs/{ticket}")).status_code == 200
