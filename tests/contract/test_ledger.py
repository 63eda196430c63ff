"""The ledger: who claims, who may finish, and how the end of a job is worked out."""

import asyncio
import time

from domain.claims import ClaimedImage
from domain.jobs import Status, Tally
from domain.keys import Scope
from domain.records import Item, Job
from storage.ledger.ledger import Ledger
from storage.stores import Stores
from tests.uploads import accept, claim, fail, finish, start_job, succeed
from tests.waiting import until


async def _job(stores: Stores, job_id: str) -> Job:
    return await stores.jobs.get(job_id, Scope())


async def _items(stores: Stores, job_id: str, status: Status) -> list[Item]:
    """Read the items once the first has this status: reads show what the majority has."""

    async def items() -> list[Item] | None:
        found = (await stores.jobs.items([await _job(stores, job_id)]))[job_id]
        return found if found[0].status is status else None

    return await until(items)


async def _claim_when_free(ledger: Ledger, job_id: str) -> tuple[str, list[ClaimedImage]]:
    async def claimed() -> tuple[str, list[ClaimedImage]] | None:
        claim_id, images = await claim(ledger, job_id, 0)
        return (claim_id, images) if images else None

    return await until(claimed)


async def test_of_many_workers_one_gets_the_claim(stores: Stores) -> None:
    job_id = (await accept(stores, b"a", b"b", b"c")).job.id
    claims = await asyncio.gather(*(claim(stores.ledger, job_id, 0) for _ in range(20)))
    held = [image.id for _, images in claims for image in images]
    assert len(held) == len(set(held)) == 3
    items = await _items(stores, job_id, Status.PROCESSING)
    assert {item.status for item in items} == {Status.PROCESSING}
    assert {cell.status for item in items for cell in item.cells.values()} == {Status.PROCESSING}


async def test_claims_nothing_of_another_chunk_or_job(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    assert (await claim(stores.ledger, job_id, 1))[1] == []
    assert (await claim(stores.ledger, "nope", 0))[1] == []


async def test_lease_that_ran_out_is_open_to_others(stores: Stores) -> None:
    ledger = Ledger(stores.database, lease_seconds=0.1, max_attempts=5)
    job_id = (await accept(stores, b"a")).job.id
    _, (first,) = await claim(ledger, job_id, 0)
    _, (second,) = await _claim_when_free(ledger, job_id)
    assert second.id == first.id
    assert second.fence > first.fence


async def test_lease_that_is_renewed_is_held(stores: Stores) -> None:
    ledger = Ledger(stores.database, lease_seconds=2, max_attempts=5)
    job_id = (await accept(stores, b"a")).job.id
    claim_id, images = await claim(ledger, job_id, 0)
    until = time.monotonic() + 2.5
    while time.monotonic() < until:
        await ledger.renew(claim_id, images)
        assert (await claim(ledger, job_id, 0))[1] == []
        await asyncio.sleep(0.05)  # The rate of renewals.
    assert await finish(ledger, [succeed(images[0])]) == 1


async def test_stale_fence_writes_nothing(stores: Stores) -> None:
    ledger = Ledger(stores.database, lease_seconds=0.1, max_attempts=5)
    job_id = (await accept(stores, b"a")).job.id
    stale_claim, stale = await claim(ledger, job_id, 0)
    claim_id, fresh = await _claim_when_free(stores.ledger, job_id)
    before = await stores.database["images"].find_one({"_id": fresh[0].id})
    assert await finish(ledger, [fail(stale[0])]) == 0
    await ledger.renew(stale_claim, stale)
    await ledger.release(stale_claim, stale)
    assert await stores.database["images"].find_one({"_id": fresh[0].id}) == before
    assert await finish(ledger, [succeed(fresh[0])]) == 1
    assert await finish(ledger, [succeed(fresh[0])]) == 0
    await ledger.release(claim_id, fresh)
    await ledger.settle(job_id)
    assert (await _job(stores, job_id)).status is Status.SUCCEEDED


async def test_claim_that_an_election_took_back_writes_nothing(stores: Stores) -> None:
    """A primary that had not replicated a claim dies; the next one gives its fence again."""
    job_id = (await accept(stores, b"a")).job.id
    images = stores.database["images"]
    before = await images.find_one({"job_id": job_id})
    assert before is not None
    _, (lost,) = await claim(stores.ledger, job_id, 0)
    await images.replace_one({"_id": lost.id}, before)
    _, (held,) = await claim(stores.ledger, job_id, 0)
    assert held.fence == lost.fence
    assert await finish(stores.ledger, [fail(lost)]) == 0
    await stores.ledger.hold_back([lost])
    assert (await claim(stores.ledger, job_id, 0))[1] == []
    kept = await images.find_one({"_id": held.id})
    assert kept is not None
    assert (kept["attempts"], kept["lease"].get("held_back")) == (1, None)
    assert await finish(stores.ledger, [succeed(held)]) == 1


async def test_released_claim_is_free_at_once_and_was_no_attempt(stores: Stores) -> None:
    ledger = Ledger(stores.database, lease_seconds=60, max_attempts=1)
    job_id = (await accept(stores, b"a")).job.id
    fences = []
    for _ in range(3):
        claim_id, images = await claim(ledger, job_id, 0)
        fences.append(images[0].fence)
        await ledger.release(claim_id, images)
        assert await finish(ledger, [succeed(images[0])]) == 0
    assert fences == sorted(set(fences))
    claim_id, images = await claim(ledger, job_id, 0)
    await ledger.release(claim_id, images, count_attempt=True)
    assert (await claim(ledger, job_id, 0))[1] == []


async def test_image_that_was_begun_too_often_is_not_claimed(stores: Stores) -> None:
    ledger = Ledger(stores.database, lease_seconds=0.05, max_attempts=2)
    job_id = (await accept(stores, b"a")).job.id
    for _ in range(2):
        await _claim_when_free(ledger, job_id)
    await asyncio.sleep(0.1)  # The lease has run out, which only the server's clock can tell.
    assert (await claim(ledger, job_id, 0))[1] == []


async def test_finish_keeps_what_is_known_of_the_image(stores: Stores) -> None:
    job_id = (await accept(stores, b"a", b"b")).job.id
    _, (good, bad) = await claim(stores.ledger, job_id, 0)
    assert await finish(stores.ledger, []) == 0
    assert await finish(stores.ledger, [succeed(good), fail(bad)]) == 2
    items = await _items(stores, job_id, Status.SUCCEEDED)
    assert [item.status for item in items] == [Status.SUCCEEDED, Status.FAILED]
    assert items[0].error is None
    assert items[1].error == items[1].cells["faces"].error
    assert await stores.database["images"].count_documents({"lease": {"$exists": True}}) == 0
    assert await stores.database["images"].count_documents({"due_at": {"$exists": True}}) == 0


async def test_settles_once_however_many_settle(stores: Stores) -> None:
    job_id = (await accept(stores, b"a", b"b", refused=1)).job.id
    _, images = await claim(stores.ledger, job_id, 0)
    await finish(stores.ledger, [succeed(images[0]), fail(images[1])])
    changes = await asyncio.gather(*(stores.ledger.settle(job_id) for _ in range(20)))
    assert len([change for change in changes if change]) == 1
    job = await _job(stores, job_id)
    assert (job.status, job.version) == (Status.PARTIAL, 2)
    assert job.tally == Tally(succeeded=2, failed=2, refused=2)
    assert job.finished_at is not None
    assert await stores.ledger.settle(job_id) is None
    assert await _job(stores, job_id) == job


async def test_chunks_that_end_together_settle_to_one_end(stores: Stores) -> None:
    ticket = await accept(stores, *(b"%d" % n for n in range(250)))
    job_id = ticket.job.id
    assert len(ticket.hints) == 10

    async def work(chunk: int) -> list[int]:
        _, images = await claim(stores.ledger, job_id, chunk)
        changes = [await start_job(stores.ledger, job_id)]
        await finish(stores.ledger, [succeed(image) for image in images])
        changes.append(await stores.ledger.settle(job_id))
        return [change.version for change in changes if change]

    versions = [
        v
        for found in await asyncio.gather(*map(work, (hint.chunk for hint in ticket.hints)))
        for v in found
    ]
    job = await _job(stores, job_id)
    assert (job.status, job.tally) == (Status.SUCCEEDED, Tally(succeeded=500))
    assert sorted(versions) == list(range(2, job.version + 1)), "one change for each version"


async def test_settling_a_job_that_is_gone_changes_nothing(stores: Stores) -> None:
    assert await stores.ledger.settle("nope") is None
    assert await start_job(stores.ledger, "nope") is None


async def test_job_is_begun_once(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    changes = await asyncio.gather(*(start_job(stores.ledger, job_id) for _ in range(10)))
    (change,) = [change for change in changes if change]
    assert (change.version, change.status) == (2, Status.PROCESSING)

    async def is_processing() -> bool:
        return (await _job(stores, job_id)).status is Status.PROCESSING

    await until(is_processing)
