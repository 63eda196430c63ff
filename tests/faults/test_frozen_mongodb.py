"""MongoDB that does not answer: nobody waits for the others, and all goes on when it does."""

import asyncio
import time

import httpx

from tests.faults.promises import assert_promises_kept
from tests.faults.stack import STORE_SECONDS, Stack, pictures
from tests.waiting import LATEST_SECONDS

REQUESTS = 100


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
    # One after the other, in ten threads, they would take ten times as long.
    assert max(took) < 9 * STORE_SECONDS
    await assert_promises_kept(stack, [ticket, await stack.ticket(pictures(2, "thawed"))])
