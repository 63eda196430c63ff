"""Subscriptions: known in time by every process; pending events that only a valid claim adds."""

import asyncio
from datetime import timedelta

import pytest

from domain.claims import ClaimedImage
from domain.webhooks.events import EventType
from storage.ledger.ledger import Ledger
from storage.mongo.client import Document
from storage.outbox.subscriptions import ALL_TYPES, CACHE_SECONDS, NO_TYPES, Subscriptions
from storage.stores import Stores
from tests.uploads import accept, claim, fail, finish
from tests.waiting import until

GAVE_UP = "decode_timed_out"
PENDING_EVENTS = {"pending_events": {"$exists": True}}


async def _listen(stores: Stores, types: list[str] | None = None, status: str = "enabled") -> None:
    document: Document = {"status": status, "event_types": types}
    await stores.database["webhook_endpoints"].insert_one(document)


async def _claim_when_free(ledger: Ledger, job_id: str) -> ClaimedImage:
    async def claimed() -> list[ClaimedImage]:
        return (await claim(ledger, job_id, 0))[1]

    return (await until(claimed))[0]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_look_is_kept_for_a_moment_and_never_longer(stores: Stores) -> None:
    clock = Clock()
    subscriptions = Subscriptions(stores.database, clock)
    assert await subscriptions.wanted_types() == NO_TYPES
    await _listen(stores)
    clock.now += CACHE_SECONDS / 2
    assert await subscriptions.wanted_types() == NO_TYPES
    clock.now += CACHE_SECONDS / 2
    assert await subscriptions.wanted_types() == ALL_TYPES


async def test_look_ahead_saves_the_next_who_asks_the_wait(stores: Stores) -> None:
    clock = Clock()
    subscriptions = Subscriptions(stores.database, clock)
    assert await subscriptions.wanted_types() == NO_TYPES
    await _listen(stores)
    clock.now += CACHE_SECONDS * 0.9
    subscriptions.prefetch()
    clock.now += CACHE_SECONDS * 0.2
    assert await subscriptions.wanted_types() == ALL_TYPES


async def test_gathers_what_is_wanted(stores: Stores) -> None:
    await _listen(stores, ["job.finished"])
    await _listen(stores, ["image.deleted", "job.finished"], status="paused")
    await _listen(stores, None, status="disabled")
    wanted = {EventType.JOB_FINISHED, EventType.IMAGE_DELETED}
    assert await Subscriptions(stores.database).wanted_types() == wanted


@pytest.mark.parametrize("types", [["image.processed"], ["dead_letter.created"], ["job.finished"]])
async def test_stale_worker_leaves_no_mark(stores: Stores, types: list[str]) -> None:
    await _listen(stores, types)
    ticket = await accept(stores, b"a")
    ledger = Ledger(stores.database, lease_seconds=0.05, max_attempts=5)
    _, (stale,) = await claim(ledger, ticket.job.id, 0)
    holder = await _claim_when_free(ledger, ticket.job.id)
    assert await finish(ledger, [fail(stale, GAVE_UP)]) == 0
    images = stores.database["images"]
    assert await images.count_documents(PENDING_EVENTS) == 0
    assert await finish(ledger, [fail(holder, GAVE_UP)]) == 1
    assert await finish(ledger, [fail(holder, GAVE_UP)]) == 0
    (image,) = await images.find().to_list(None)
    marks = image.get("pending_events", [])
    assert len(marks) == (0 if types == ["job.finished"] else 1)
    for mark in marks:
        assert (mark["fence"], mark["gave_up"]) == (holder.fence, GAVE_UP)
        assert mark["at"] == image["finished_at"]
    await asyncio.gather(*(ledger.settle(ticket.job.id) for _ in range(3)))
    job = await stores.database["jobs"].find_one({"_id": ticket.job.id})
    assert job is not None
    assert len(job.get("pending_events", [])) == (1 if types == ["job.finished"] else 0)


async def test_image_that_was_begun_too_often_is_told_of(stores: Stores) -> None:
    await _listen(stores, ["dead_letter.created"])
    ticket = await accept(stores, b"a")
    _, (claimed,) = await claim(stores.ledger, ticket.job.id, 0)
    later = (await stores.database["images"].find().to_list(None))[0]["due_at"]
    assert await stores.recovery.fail(fail(claimed, GAVE_UP), later + timedelta(seconds=1))
    assert await stores.database["images"].count_documents(PENDING_EVENTS) == 1
