"""Workers that are killed, frozen, stopped, or there twice."""

import asyncio
from functools import partial

import pytest

from deploy.servers.process import ServerProcess
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import LEASE_SECONDS, Stack, huge_picture, pictures
from tests.waiting import until

# The statistics take note of an image a moment after its end.
COUNTED_LATER = {"uncounted": 0}


@pytest.mark.long
async def test_work_of_killed_workers_is_taken_over(stack: Stack) -> None:
    tickets = [await stack.ticket(pictures(40, "killed", large=True))]
    for _ in range(3):
        worker = stack.start_worker(wait=False)
        await until_more_have_ended(stack)
        worker.kill()
    stack.start_worker()
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(status="succeeded") == 40


async def test_worker_that_is_told_to_stop_gives_back_what_it_cannot_finish(stack: Stack) -> None:
    leases_far_longer_than_the_test = 600
    stack.environ["MINILAB_LEASE_SECONDS"] = str(leases_far_longer_than_the_test)
    first = stack.start_worker(worker_drain_seconds=0)
    second = stack.start_worker(worker_drain_seconds=60)
    tickets = [await stack.ticket(pictures(24, "drained", large=True))]
    await until(stack.are_processing)
    first.terminate()
    assert first.wait_ended(20), "a worker without drain time ends at once"
    assert first.exit_code == 0
    second.terminate()
    assert second.wait_ended(60), "a worker ends within its drain time"
    assert second.exit_code == 0
    assert await stack.count_images(status="processing") == 0
    assert await stack.stores.database["workers"].count_documents({}) == 0
    stack.start_worker()
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(attempts={"$gt": 1}) == 0, "a drain costs no attempt"


async def test_nothing_is_done_twice_by_two_workers(stack: Stack) -> None:
    workers = [stack.start_worker(wait=False) for _ in range(2)]
    tickets = [await stack.ticket(pictures(10, f"two-{n}")) for n in range(5)]
    tickets.append(await stack.ticket(pictures(12, "two", large=True)))
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(attempts={"$ne": 1}) == 0
    assert all(worker.is_running for worker in workers)
    # Two reconcilers looked after the same work: no chunk was hinted more than once by both.
    hinted = [stack.log(worker).count("chunk_hinted_again") for worker in workers]
    chunks = len(await stack.stores.database["images"].distinct("chunk")) * len(tickets)
    assert sum(hinted) <= chunks


@pytest.mark.long
async def test_stale_worker_writes_nothing(stack: Stack) -> None:
    stale = stack.start_worker()
    tickets = [await stack.ticket(pictures(20, "stale", large=True))]
    await until_more_have_ended(stack)
    stale.freeze()
    stack.start_worker()
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(attempts={"$gt": 1}) > 0
    before = await everything(stack)
    ended = has_let_go(stack, stale)
    stale.resume()
    await until(lambda: has_let_go(stack, stale) > ended)
    assert await everything(stack) == before
    again = await stack.ticket(pictures(4, "after"))
    await assert_promises_kept(stack, [*tickets, again])
    assert stale.is_running


async def test_job_whose_worker_dies_each_time_fails_with_reason(stack: Stack) -> None:
    stack.environ |= {"MINILAB_MAX_ATTEMPTS": "3", "MINILAB_LEASE_SECONDS": "1"}
    tickets = []
    # It takes a child a second or two. Where the machine stands still for longer, a worker lives to
    # see the end of it; then once more.
    for number in range(3):
        tickets.append(await stack.ticket([("huge.png", huge_picture() + bytes([number]))]))
        for attempt in range(1, 4):
            worker = stack.start_worker(wait=False)
            await until(partial(has_attempts_or_end, stack, tickets[-1], attempt))
            worker.kill()
        last = stack.start_worker()
        job = await stack.job(tickets[-1])
        if job["status"] != "succeeded":
            break
        last.kill()
    assert job["status"] == "failed"
    codes = {item["error"]["code"] for item in job["items"]}
    assert codes == {"attempts_exhausted"}
    await assert_promises_kept(stack, tickets)


async def test_ended_job_stays_as_it_is(stack: Stack) -> None:
    stack.start_worker()
    ticket = await stack.ticket(pictures(6, "stays"))
    await assert_promises_kept(stack, [ticket])
    before = await everything(stack)
    await asyncio.sleep(LEASE_SECONDS + 1)  # In this time a lost lease would be taken up again.
    assert await everything(stack) == before


async def until_more_have_ended(stack: Stack) -> None:
    ended = await stack.count_images(status="succeeded")
    await until(lambda: have_ended(stack, ended + 1))


async def have_ended(stack: Stack, count: int) -> bool:
    return await stack.count_images(status="succeeded") >= count


def has_let_go(stack: Stack, worker: ServerProcess) -> int:
    """Count the chunks that a worker came to an end with, or found that it had lost."""
    log = stack.log(worker)
    return log.count("chunk_processed") + log.count("claim_lost")


async def has_attempts_or_end(stack: Stack, ticket: str, attempts: int) -> bool:
    states = [{"attempts": attempts, "status": "processing"}, {"finished_at": {"$ne": None}}]
    return await stack.count_images(job_id=ticket, **{"$or": states}) > 0


async def everything(stack: Stack) -> list[object]:
    names = ("jobs", "images", "blobs.files", "variants.files", "variants.chunks")
    return [
        document
        for name in names
        async for document in stack.stores.database[name].find({}, COUNTED_LATER).sort("_id", 1)
    ]
