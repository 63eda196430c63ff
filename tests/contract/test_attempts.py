"""The log of attempts: what went wrong is noted with the next write, and nothing else is."""

import asyncio
from typing import Any

from domain.claims import ClaimedImage
from domain.errors.files import GIVEN_UP
from domain.jobs import ChunkHint
from storage.clock import utc_now
from storage.ledger.ledger import Ledger
from storage.ledger.recovery import Recovery
from storage.ledger.rows import MAX_ATTEMPTS_KEPT
from storage.stores import Stores
from tasks.upkeep.reconcile import reconcile
from tests.uploads import accept, claim, fail, finish, succeed


async def _read(stores: Stores, image: ClaimedImage) -> dict[str, Any]:
    document = await stores.database["images"].find_one({"_id": image.id})
    assert document is not None
    return document


async def _reasons(stores: Stores, image: ClaimedImage) -> list[tuple[str | None, str]]:
    log = (await _read(stores, image)).get("attempt_log", [])
    return [(attempt["worker"], attempt["reason"]) for attempt in log]


async def _expire(stores: Stores) -> None:
    """Let all leases run out."""
    await stores.database["images"].update_many(
        {"lease": {"$exists": True}}, {"$set": {"lease.expires_at": utc_now(), "due_at": utc_now()}}
    )
    await asyncio.sleep(0.01)  # The server's clock has to pass that time.


async def test_image_that_ends_well_has_no_log(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    _, (image,) = await claim(stores.ledger, job_id, 0, "host:1")
    assert (image.worker, image.attempts, image.bad_attempts) == ("host:1", 1, 0)
    await finish(stores.ledger, [succeed(image)])
    document = await _read(stores, image)
    assert {"attempt_log", "gave_up_at", "lease"}.isdisjoint(document)


async def test_next_claim_notes_who_was_not_heard_of_again(stores: Stores) -> None:
    job_id = (await accept(stores, b"a", b"b")).job.id
    _, first = await claim(stores.ledger, job_id, 0, "$host:1")
    await finish(stores.ledger, [succeed(first[1])])
    await _expire(stores)
    _, (again,) = await claim(stores.ledger, job_id, 0, "host:2")
    assert await _reasons(stores, again) == [("$host:1", "lease_expired")]
    (attempt,) = (await _read(stores, again))["attempt_log"]
    assert attempt["fence"] == first[0].fence
    assert again.bad_attempts == 1
    assert await _reasons(stores, first[1]) == []


async def test_what_is_given_back_is_noted(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    for worker, count_attempt in (("host:1", False), ("host:2", True)):
        claim_id, images = await claim(stores.ledger, job_id, 0, worker)
        await stores.ledger.release(claim_id, images, count_attempt=count_attempt)
    assert await _reasons(stores, images[0]) == [
        ("host:1", "broken_off"),
        ("host:2", "unexpected_error"),
    ]
    assert (await _read(stores, images[0]))["attempts"] == 1


async def test_log_is_bounded(stores: Stores) -> None:
    ledger = Ledger(stores.database, lease_seconds=60, max_attempts=1000)
    job_id = (await accept(stores, b"a")).job.id
    for number in range(MAX_ATTEMPTS_KEPT + 5):
        claim_id, images = await claim(ledger, job_id, 0, f"host:{number}")
        await ledger.release(claim_id, images)
    kept = await _reasons(stores, images[0])
    assert [worker for worker, _ in kept] == [f"host:{n}" for n in range(5, MAX_ATTEMPTS_KEPT + 5)]


async def test_attempt_counts_for_the_image_that_is_at_work(stores: Stores) -> None:
    job_id = (await accept(stores, b"a", b"b", b"c")).job.id
    _, (first, guilty, last) = await claim(stores.ledger, job_id, 0, "host:1")
    await stores.ledger.hold_back([first, guilty, last])
    assert await stores.ledger.begin(first)
    assert not await stores.ledger.begin(first)
    await finish(stores.ledger, [succeed(first)])
    assert await stores.ledger.begin(guilty)
    await _expire(stores)  # It has ended the worker.
    _, again = await claim(stores.ledger, job_id, 0, "host:2")
    assert {image.id: image.attempts for image in again} == {guilty.id: 2, last.id: 1}
    assert await _reasons(stores, last) == []
    assert await _reasons(stores, guilty) == [("host:1", "lease_expired")]
    assert not await stores.ledger.begin(last), "it is another claim's now"


async def test_what_was_held_back_is_given_back_as_it_was(stores: Stores) -> None:
    job_id = (await accept(stores, b"a")).job.id
    claim_id, (image,) = await claim(stores.ledger, job_id, 0)
    await stores.ledger.hold_back([image])
    await stores.ledger.release(claim_id, [image])
    assert (await _read(stores, image))["attempts"] == 0
    assert await _reasons(stores, image) == []


async def test_only_what_our_side_gave_up_is_a_dead_letter(stores: Stores) -> None:
    codes = [*sorted(GIVEN_UP), "corrupt_image", "too_many_pixels", "not_found"]
    job_id = (await accept(stores, *(code.encode() for code in codes))).job.id
    _, images = await claim(stores.ledger, job_id, 0)
    ends = [fail(image, code) for image, code in zip(images, codes, strict=True)]
    assert await finish(stores.ledger, ends) == len(codes)
    for image, code in zip(images, codes, strict=True):
        document = await _read(stores, image)
        assert ("gave_up_at" in document) == (code in GIVEN_UP), code
        if code in GIVEN_UP:
            assert document["gave_up_at"] == document["finished_at"]


async def test_exhausted_image_is_a_dead_letter_with_its_last_worker(stores: Stores) -> None:
    stores.recovery = Recovery(stores.database, max_attempts=2)
    ledger = Ledger(stores.database, lease_seconds=60, max_attempts=2)
    job_id = (await accept(stores, b"a")).job.id
    for worker in ("host:1", "host:2"):
        _, (image,) = await claim(ledger, job_id, 0, worker)
        await _expire(stores)
    assert await stores.recovery.find_exhausted(ChunkHint(job_id, 0), utc_now())
    await reconcile(stores, 0.5)
    document = await _read(stores, image)
    assert document["error"]["code"] == "attempts_exhausted"
    assert document["gave_up_at"] == document["finished_at"]
    assert await _reasons(stores, image) == [
        ("host:1", "lease_expired"),
        ("host:2", "lease_expired"),
    ]
