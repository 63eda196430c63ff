"""Contributions: written once, whatever other processes write at the same time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from threading import Event
from typing import Any

import msgspec
import numpy as np
import pytest

from domain.keys import Scope
from storage.aggregates import aggregator
from storage.aggregates.aggregator import LEASE_NAME, Aggregator
from storage.aggregates.counted_images import IS_UNCOUNTED, CountedImage
from storage.aggregates.histogram_batches import read_histograms
from storage.mongo.client import DURABLE, Database
from storage.mongo.leases import LEASES, LONG_AGO, Lease
from storage.stores import Stores
from storage.verification.recount import find_wrong_statistics
from tests.plain_signatures import read_signatures, sum_plainly
from tests.plain_similarity import draw_counts
from tests.seen_images import add_seen_images
from tests.uploads import accept, claim, fail, finish, succeed

EVERYTHING = Scope()


class InterruptedAggregator(Aggregator):
    """An aggregator to which something happens after each commit.

    Args:
        stores: What it counts.
        happen: Happens before images say that they are counted.
    """

    def __init__(self, stores: Stores, happen: Callable[[], Awaitable[None]]) -> None:
        super().__init__(stores.client, stores.database)
        self._happen = happen

    async def _note_counted(self, counted: Sequence[CountedImage]) -> None:
        if counted:
            await self._happen()
        await super()._note_counted(counted)


class Killed(Exception):
    """A process is no more."""


async def die() -> None:
    raise Killed


def _aggregator(stores: Stores) -> Aggregator:
    return Aggregator(stores.client, stores.database)


def _durable(stores: Stores) -> Database:
    return stores.client.get_database(stores.database.name, write_concern=DURABLE)


async def _aggregate(stores: Stores) -> None:
    await stores.database[LEASES].delete_one({"_id": LEASE_NAME})  # Of the aggregator before.
    await _aggregator(stores).aggregate()


async def _assert_right(stores: Stores) -> None:
    """Compare with plain recounts, before and after all is counted."""
    plain = await sum_plainly(stores.database)
    assert await find_wrong_statistics(stores.client, stores.database) == {}
    assert await read_signatures(stores, pending=True) == plain
    await _aggregate(stores)
    assert await find_wrong_statistics(stores.client, stores.database) == {}
    assert await read_signatures(stores, pending=False) == plain
    counted = {document["_id"] async for document in stores.database["contributions"].find()}
    assert counted == {image["_id"] async for image in stores.database["images"].find()}


async def _is_uncounted(stores: Stores, image_id: str) -> bool:
    which = {"_id": image_id, **IS_UNCOUNTED}
    return await stores.database["images"].count_documents(which) == 1


@asynccontextmanager
async def _held_aggregation(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, *, has_written: bool
) -> AsyncIterator[Event]:
    """Hold an aggregation, the first time, before it writes contributions or before its commit.

    It goes on when the event is set, and has ended when the context does.
    """
    step = "_count_within" if has_written else "_write_contributions"
    run = getattr(aggregator, step)
    is_held, goes_on = Event(), Event()

    def hold() -> None:
        if not is_held.is_set():
            is_held.set()
            assert goes_on.wait(30)

    def run_held(*args: Any) -> Any:
        if not has_written:
            hold()
        result = run(*args)
        if has_written:
            hold()
        return result

    monkeypatch.setattr(aggregator, step, run_held)
    aggregating = asyncio.create_task(_aggregate(stores))
    assert await asyncio.to_thread(is_held.wait, 30)
    yield goes_on
    goes_on.set()
    await aggregating


async def _add_uncounted(stores: Stores, *, was_counted: bool) -> str:
    """Add two images that are to be counted, again if they were before; give the first one."""
    image_id, _ = await add_seen_images(stores, ["u1", "u2"], draw_counts(2))
    if was_counted:
        await _aggregate(stores)
        again = {"$set": {"faces": 3, **IS_UNCOUNTED}}
        await _durable(stores)["images"].update_many({}, again)
    return image_id


@pytest.mark.parametrize("was_counted", [True, False])
async def test_image_that_goes_while_an_aggregation_is_about_to_count_it_is_not_counted(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, *, was_counted: bool
) -> None:
    image_id = await _add_uncounted(stores, was_counted=was_counted)
    async with _held_aggregation(stores, monkeypatch, has_written=False):
        await _delete(stores, image_id)
    await _assert_right(stores)


@pytest.mark.parametrize("was_counted", [True, False])
async def test_image_that_goes_while_an_aggregation_has_counted_it_is_taken_back(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, *, was_counted: bool
) -> None:
    image_id = await _add_uncounted(stores, was_counted=was_counted)
    async with _held_aggregation(stores, monkeypatch, has_written=True) as goes_on:
        deleting = asyncio.create_task(_delete(stores, image_id))
        await asyncio.wait([deleting], timeout=0.2)
        assert not deleting.done(), "it waits for the aggregation, which may yet come to nothing"
        goes_on.set()
        await deleting
    await _assert_right(stores)


async def _delete(stores: Stores, image_id: str) -> None:
    """Delete an image whose job never was."""
    await stores.image_deletion.delete(image_id, EVERYTHING)


@pytest.mark.slow
async def test_aggregators_that_take_over_from_each_other_count_once(stores: Stores) -> None:
    owners = [f"u{n % 7}" for n in range(1_500)]
    await add_seen_images(stores, owners, draw_counts(len(owners)))

    async def aggregate() -> None:
        while await stores.database["images"].count_documents(IS_UNCOUNTED):
            with suppress(Exception):  # Another one has ended a session.
                await _aggregate(stores)

    await asyncio.gather(*(aggregate() for _ in range(3)))
    await _assert_right(stores)


async def test_image_that_ends_while_it_is_counted_stays_uncounted(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.aggregates.aggregator.OPEN_LEFT", 0)
    ticket = await accept(stores, b"a")
    _, images = await claim(stores.ledger, ticket.job.id, 0)

    async def finish_now() -> None:
        end = succeed(images[0])
        facts = {"camera_model": "X"}
        await finish(
            stores.ledger,
            [msgspec.structs.replace(end, facts=facts)],
        )

    await InterruptedAggregator(stores, finish_now).aggregate()
    assert await _is_uncounted(stores, images[0].id)
    await stores.ledger.settle(ticket.job.id)
    await _assert_right(stores)
    assert not await _is_uncounted(stores, images[0].id)


async def test_image_that_is_tried_again_while_it_is_counted_stays_uncounted(
    stores: Stores,
) -> None:
    ticket = await accept(stores, b"a")
    _, images = await claim(stores.ledger, ticket.job.id, 0)
    await finish(stores.ledger, [fail(images[0])])
    await stores.ledger.settle(ticket.job.id)

    async def try_again() -> None:
        await stores.retry.reopen_job(ticket.job.id)
        _, images = await claim(stores.ledger, ticket.job.id, 0)
        await finish(stores.ledger, [succeed(images[0])])
        await stores.ledger.settle(ticket.job.id)

    await InterruptedAggregator(stores, try_again).aggregate()
    assert await _is_uncounted(stores, images[0].id)
    await _assert_right(stores)


async def test_aggregator_that_dies_after_its_commit_has_counted(stores: Stores) -> None:
    ids = await add_seen_images(stores, ["u1", "u2"], draw_counts(2))
    with pytest.raises(Killed):
        await InterruptedAggregator(stores, die).aggregate()
    assert await _is_uncounted(stores, ids[0])
    before = await stores.database["contributions"].find().to_list(None)
    await _assert_right(stores)
    assert await stores.database["contributions"].find().to_list(None) == before
    assert not await _is_uncounted(stores, ids[0])


async def test_aggregator_whose_place_was_taken_says_of_no_image_that_it_is_counted(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    (image_id,) = await add_seen_images(stores, ["u1"], draw_counts(1))
    async with _held_aggregation(stores, monkeypatch, has_written=True):
        await stores.database[LEASES].update_one(
            {"_id": LEASE_NAME}, {"$set": {"expires_at": LONG_AGO}}
        )
        # It ends the transaction of the one before, which begins again, and is too late.
        assert await Lease(stores.client, stores.database, LEASE_NAME).hold()
    assert await _is_uncounted(stores, image_id)
    assert not await stores.database["contributions"].count_documents({})
    await _assert_right(stores)


async def test_tombstones_are_counted_and_removed(stores: Stores) -> None:
    counted = await add_seen_images(stores, ["u1"] * 3, draw_counts(3))
    await _aggregate(stores)
    never = await add_seen_images(stores, ["u1"], draw_counts(1))
    for image_id in (counted[0], never[0]):
        await _delete(stores, image_id)
    removed = stores.database["contributions"].find({"removed": True})
    assert {document["_id"] async for document in removed} == {counted[0], never[0]}
    await _assert_right(stores)


async def test_histograms_are_read_in_batches_in_their_order(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.aggregates.histogram_batches.READ_BYTES", 5_000)
    counts = draw_counts(20)
    ids = await add_seen_images(stores, ["a name", "ü" * 40] * 10, counts)
    ticket = await accept(stores, b"without a histogram")
    await stores.cancellation.cancel_job(ticket.job.id)
    await _aggregate(stores)
    await _delete(stores, ids[4])
    batches = list(read_histograms(stores.database.delegate, None, ids[2], ids[18]))
    assert len(batches) > 2
    found = np.concatenate([batch.counts for batch in batches])
    assert np.array_equal(found, counts[2:18]), (
        "a deleted image is in it until its tombstone is counted"
    )
    pixels = np.concatenate([batch.pixels for batch in batches])
    assert np.array_equal(pixels, counts[2:18].sum(axis=1))
    assert [one.decode() for batch in batches for one in batch.ids] == ids[2:18]
    image = await stores.database["images"].find_one({"_id": ids[2]})
    assert image is not None
    moment = image["uploaded_at"].replace(tzinfo=None)
    assert batches[0].uploaded_at[0] == np.datetime64(moment, "ms")
