"""Recovery: what has nobody is found, hinted by one, and ended when it was tried too often."""

import asyncio
from datetime import timedelta

import pytest

from domain.jobs import ChunkHint, ChunkPlan, Status
from domain.keys import Scope
from storage.clock import utc_now
from storage.ledger.ledger import Ledger
from storage.ledger.recovery import Recovery
from storage.stores import Stores
from tests.uploads import accept, claim, fail, finish, succeed

HOUR = timedelta(hours=1)


async def _due(stores: Stores, ahead: timedelta = HOUR) -> list[ChunkHint]:
    return [chunk.hint for chunk in await stores.recovery.find_due(utc_now() + ahead, 1000)]


async def test_finds_chunks_that_nobody_has_begun_in_time(stores: Stores) -> None:
    ticket = await accept(stores, *(b"%d" % n for n in range(20)))
    assert await _due(stores, timedelta(0)) == []
    due = await _due(stores)
    assert sorted(due, key=lambda hint: hint.chunk) == ticket.hints


async def test_tells_abandoned_work_from_queued_work(stores: Stores) -> None:
    ledger = Ledger(stores.database, lease_seconds=1, max_attempts=5)
    job_id = (await accept(stores, b"a")).job.id
    (queued,) = await stores.recovery.find_due(utc_now() + HOUR, 10)
    assert not queued.abandoned
    await claim(ledger, job_id, 0)
    assert await _due(stores, timedelta(0)) == []
    (claimed,) = await stores.recovery.find_due(utc_now() + HOUR, 10)
    assert claimed.abandoned


async def test_of_many_reconcilers_one_hints_again(stores: Stores) -> None:
    await accept(stores, b"a", b"b")
    for number in range(3):
        (hint,) = await _due(stores)
        assert hint.number == number
        until = utc_now() + timedelta(seconds=5)
        again = await asyncio.gather(*(stores.recovery.hint_again(hint, until) for _ in range(10)))
        assert [found.number for found in again if found] == [number + 1]
        assert await _due(stores, timedelta(0)) == []


async def test_one_reconciler_gets_a_chunk_of_many_images(stores: Stores) -> None:
    await accept(stores, *(b"%d" % n for n in range(ChunkPlan().max_images)))
    for _ in range(10):
        (hint,) = await _due(stores)
        later = utc_now() + HOUR / 2
        again = await asyncio.gather(*(stores.recovery.hint_again(hint, later) for _ in range(10)))
        assert len([found for found in again if found]) == 1
        assert (await _due(stores)) == [found for found in again if found]


async def test_finished_work_is_not_hinted_again(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    (hint,) = await _due(stores)
    _, images = await claim(stores.ledger, job_id, 0)
    await finish(stores.ledger, [succeed(images[0])])
    assert await stores.recovery.hint_again(hint, utc_now()) is None
    assert await _due(stores) == []


async def test_postponed_work_is_due_later(stores: Stores) -> None:
    for content in (b"a", b"b"):
        await accept(stores, content)
    first, second = await _due(stores)
    await stores.recovery.postpone(first, utc_now() + 2 * HOUR)
    assert await _due(stores) == [second]
    later = utc_now() + HOUR
    await stores.recovery.postpone_jobs([first.job_id, second.job_id], later, later + 3 * HOUR)
    assert await _due(stores) == []
    # What was not due yet stays as it is.
    assert await _due(stores, 3 * HOUR) == [first]


async def test_finds_the_queued_chunks_of_a_user_oldest_first(stores: Stores) -> None:
    accepted = [await accept(stores, *(b"%d-%d" % (job, n) for n in range(30))) for job in range(3)]
    await accept(stores, b"other", user_id="u2")
    chunks = [(hint.job_id, hint.chunk) for ticket in accepted for hint in ticket.hints]
    await claim(stores.ledger, *chunks.pop(0))
    assert len(chunks) == 5

    async def find(cursor: str, limit: int) -> list[tuple[str, int]]:
        found = (await stores.queued_chunks.find({"u1": cursor}, limit))["u1"]
        assert found.is_whole == (limit == 100)
        return [(hint.job_id, hint.chunk) for hint in found.hints]

    assert await find("0", 100) == chunks
    assert await find("0", 2) == chunks[:2]
    for start, (job_id, chunk) in enumerate(chunks):
        assert await find(ChunkHint(job_id, chunk).position, 100) == chunks[start:]
    assert sorted(await stores.queued_chunks.find_users()) == ["u1", "u2"]
    (other,) = (await stores.queued_chunks.find({"u2": "0"}, 10))["u2"].hints
    assert other.user_id == "u2"
    assert other.units == pytest.approx(1, abs=0.1)


async def test_finds_the_chunks_of_users_with_much_and_with_little_work(stores: Stores) -> None:
    for number in range(8):
        await accept(stores, b"much %d" % number, user_id="b-much")
        await accept(stores, b"alone %d" % number, user_id=f"c-{number}")
    await accept(stores, *(b"large %d" % n for n in range(60)), user_id="a-large")
    await accept(stores, b"behind a large one", user_id="a-large")
    users = ["a-large", "b-much", *(f"c-{number}" for number in range(8)), "d-nothing"]
    found = await stores.queued_chunks.find(dict.fromkeys(users, "0"), 2)
    counts = [len(found[user_id].hints) for user_id in users]
    assert counts == [2, 2, *[1] * 8, 0]
    assert [found[user_id].is_whole for user_id in users] == [False, False, *[True] * 9]
    rest = {"a-large": found["a-large"].hints[-1].position, "b-much": "0"}
    found = await stores.queued_chunks.find(rest, 3)
    assert [hint.chunk for hint in found["a-large"].hints] == [1, 2, 0]
    assert found["a-large"].is_whole


async def test_fails_what_was_begun_too_often(stores: Stores) -> None:
    recovery = Recovery(stores.database, max_attempts=1)
    job_id = (await accept(stores, b"a")).job.id
    hint = ChunkHint(job_id, 0)
    _, (image,) = await claim(stores.ledger, job_id, 0)
    assert await recovery.find_exhausted(hint, utc_now()) == []
    later = utc_now() + HOUR
    (found,) = await recovery.find_exhausted(hint, later)
    assert (found.id, found.fence) == (image.id, image.fence)
    assert await recovery.fail(fail(found, "attempts_exhausted"), later)
    await stores.ledger.settle(job_id)
    assert (await stores.jobs.get(job_id, Scope())).status is Status.FAILED
    assert await finish(stores.ledger, [succeed(image)]) == 0


async def test_does_not_fail_what_is_renewed_meanwhile(stores: Stores) -> None:
    recovery = Recovery(stores.database, max_attempts=1)
    job_id = (await accept(stores, b"a")).job.id
    _, (image,) = await claim(stores.ledger, job_id, 0)
    assert not await recovery.fail(fail(image), utc_now())
    assert await finish(stores.ledger, [succeed(image)]) == 1


async def test_finds_jobs_whose_images_have_ended_unsettled(stores: Stores) -> None:
    ended = (await accept(stores, b"a")).job.id
    running = (await accept(stores, b"b")).job.id
    _, images = await claim(stores.ledger, ended, 0)
    await finish(stores.ledger, [succeed(images[0])])
    now = utc_now() + HOUR
    assert await stores.recovery.find_unsettled(utc_now(), now, 10) == []
    assert await stores.recovery.find_unsettled(now, now + HOUR, 10) == [ended]
    await stores.ledger.settle(ended)
    assert (await stores.jobs.get(ended, Scope())).status is Status.SUCCEEDED
    assert await stores.recovery.find_unsettled(now + 2 * HOUR, now + 3 * HOUR, 10) == []
    assert (await stores.jobs.get(running, Scope())).status is Status.QUEUED
