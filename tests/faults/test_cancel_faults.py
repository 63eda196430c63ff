"""Cancelling and running again while everything works, dies, or does the same at once."""

import asyncio

import httpx
import psutil

from deploy.servers.process import ServerProcess
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import LEASE_SECONDS, Stack, huge_picture, pictures
from tests.service import File
from tests.times import moment
from tests.waiting import until


def slow_pictures(count: int, prefix: str) -> list[File]:
    """Give pictures that take a child about a second each."""
    return [(f"{prefix}-{n}.png", huge_picture() + f"{prefix}-{n}".encode()) for n in range(count)]


async def cancel(stack: Stack, ticket: str) -> httpx.Response:
    return await stack.client.delete(f"/v1/jobs/{ticket}")


async def retry(stack: Stack, ticket: str) -> httpx.Response:
    return await stack.client.post(f"/v1/jobs/{ticket}/retry")


async def is_held(stack: Stack, ticket: str) -> bool:
    return await stack.count_images(job_id=ticket, status="processing") > 0


async def are_at_work(stack: Stack, worker: ServerProcess) -> bool:
    return any(child.status() == psutil.STATUS_RUNNING for child in stack.children(worker))


async def test_children_at_work_on_a_canceled_job_are_ended(stack: Stack) -> None:
    stack.environ["MINILAB_LEASE_SECONDS"] = "600"  # The notice alone, long before a renewal.
    worker = stack.start_worker()
    ticket = await stack.ticket(slow_pictures(4, "ended"))
    await until(lambda: is_held(stack, ticket))
    await until(lambda: are_at_work(stack, worker))
    busy = stack.children(worker)
    answer = await cancel(stack, ticket)
    assert answer.json()["status"] == "canceled"
    await until(lambda: any(not child.is_running() for child in busy))
    await until(lambda: "claim_lost" in stack.log(worker))
    neighbour = await stack.ticket(pictures(6, "neighbour"))
    await assert_promises_kept(stack, [ticket, neighbour])
    assert await stack.count_images(job_id=ticket, status="canceled", attempts=0) == 4
    assert await stack.count_images(job_id=neighbour, status="succeeded", attempts=1) == 6
    assert "chunk_interrupted" not in stack.log(worker)


async def test_work_ends_at_the_next_renewal_where_redis_is_gone(stack: Stack) -> None:
    worker = stack.start_worker()
    ticket = await stack.ticket(slow_pictures(8, "unheard"))
    await until(lambda: is_held(stack, ticket))
    stack.servers.redis.kill()
    answer = await cancel(stack, ticket)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    await until(lambda: "claim_lost" in stack.log(worker), 8 * LEASE_SECONDS)
    stack.servers.redis.start()
    await assert_promises_kept(stack, [ticket])


async def test_cancel_that_races_with_the_end_of_each_image(stack: Stack) -> None:
    for _ in range(2):
        stack.start_worker(wait=False)
    tickets = [await stack.ticket(pictures(6, f"race-{n}", large=True)) for n in range(8)]
    for n, ticket in enumerate(tickets):
        if n % 3:
            await until(lambda t=ticket: has_ended_partly(stack, t))  # type: ignore[misc]
        first, second = await asyncio.gather(cancel(stack, ticket), cancel(stack, ticket))
        assert (first.status_code, second.status_code) == (200, 200)
        assert first.json() == second.json()
        assert first.json()["status"] in {"canceled", "succeeded"}
    await assert_promises_kept(stack, tickets)
    ended = await stack.count_images(status={"$in": ["succeeded", "canceled"]})
    assert ended == 6 * len(tickets)


async def test_cancel_survives_the_death_of_worker_and_api(stack: Stack) -> None:
    worker = stack.start_worker()
    tickets = [await stack.ticket(slow_pictures(3, f"dead-{n}")) for n in range(3)]
    await until(lambda: is_held(stack, tickets[0]))
    cancelling = [asyncio.create_task(cancel(stack, ticket)) for ticket in tickets]
    await until(lambda: has_canceled(stack))
    worker.kill()
    stack.api.kill()
    answers = await asyncio.gather(*cancelling, return_exceptions=True)
    stack.start_api()
    for ticket, answer in zip(tickets, answers, strict=True):
        if isinstance(answer, httpx.Response) and answer.status_code == 200:
            job = (await stack.client.get(f"/v1/jobs/{ticket}")).json()
            assert job["status"] == "canceled", "what was answered stays"
        assert (await cancel(stack, ticket)).json()["status"] == "canceled"
    stack.start_worker()
    await assert_promises_kept(stack, tickets)


async def test_cancel_survives_a_restart_of_mongodb(stack: Stack) -> None:
    worker = stack.start_worker()
    tickets = [await stack.ticket(slow_pictures(3, f"mongo-{n}")) for n in range(2)]
    await until(lambda: is_held(stack, tickets[0]))
    first, second = tickets
    assert (await cancel(stack, first)).status_code == 200
    stack.servers.mongodb.kill()
    assert (await cancel(stack, second)).status_code == 503
    stack.servers.mongodb.start()
    await until(lambda: answers_200(stack, second))
    await assert_promises_kept(stack, tickets)
    assert (await stack.job(first))["status"] == "canceled"
    assert worker.is_running


async def test_of_two_retries_at_the_same_moment_one_wins(stack: Stack) -> None:
    stack.start_worker()
    broken = [(name, content[:3000]) for name, content in pictures(6, "twice", large=True)]
    ticket = await stack.ticket(broken)
    await stack.job(ticket)
    for _ in range(3):
        answers = await asyncio.gather(*(retry(stack, ticket) for _ in range(4)))
        statuses = sorted(answer.status_code for answer in answers)
        assert statuses[0] == 202
        assert set(statuses) <= {202, 409}
        await stack.job(ticket)
    await assert_promises_kept(stack, [ticket])
    assert await stack.count_images(status="failed") == 6


async def test_retry_survives_the_death_of_the_api_and_a_wiped_redis(stack: Stack) -> None:
    worker = stack.start_worker()
    broken = [(name, content[:3000]) for name, content in pictures(6, "wiped", large=True)]
    ticket = await stack.ticket(broken)
    ended = await stack.job(ticket)
    worker.kill()
    assert (await retry(stack, ticket)).status_code == 202
    stack.api.kill()
    await stack.stores.redis.flushall()
    stack.start_api()
    assert (await stack.client.get(f"/v1/jobs/{ticket}")).json()["status"] == "queued"
    stack.start_worker()
    job = await stack.job(ticket)
    assert job["items"] == ended["items"]
    assert moment(job["finished_at"]) > moment(ended["finished_at"])
    await assert_promises_kept(stack, [ticket])


async def has_ended_partly(stack: Stack, ticket: str) -> bool:
    return await stack.count_images(job_id=ticket, status="succeeded") > 0


async def has_canceled(stack: Stack) -> bool:
    return await stack.count_images(status="canceled") > 0


async def answers_200(stack: Stack, ticket: str) -> bool:
    return (await cancel(stack, ticket)).status_code == 200
