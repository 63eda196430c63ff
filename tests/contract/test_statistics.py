"""Statistics: right whether counted or not, when images end, go or come back, in any time zone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from pymongo import UpdateOne
from pymongo.errors import OperationFailure

from domain.keys import Scope
from domain.statistics import DAYS, Statistics
from storage.aggregates.aggregator import BATCH, FEW, OPEN_LEFT, Aggregator
from storage.aggregates.counted_images import IS_UNCOUNTED
from storage.clock import utc_now
from storage.mongo.client import DURABLE
from storage.mongo.leases import LONG_AGO
from storage.stores import Stores
from storage.verification.recount import find_wrong_statistics
from tests.image_documents import finished_image, insert_images
from tests.uploads import accept, claim, fail, finish, succeed

EVERYTHING = Scope()


def _aggregator(stores: Stores) -> Aggregator:
    return Aggregator(stores.client, stores.database)


async def _read(stores: Stores, zone: str = "UTC", now: datetime | None = None) -> Statistics:
    return await stores.statistics.read(now or utc_now(), ZoneInfo(zone))


async def _assert_right(stores: Stores) -> Statistics:
    """Compare with a recount; then aggregate, and see that nothing changes by it."""
    assert await find_wrong_statistics(stores.client, stores.database) == {}
    now = utc_now()
    before = await _read(stores, now=now)
    await stores.database["leases"].delete_many({})
    await _aggregator(stores).aggregate()
    assert await _read(stores, now=now) == before
    assert await find_wrong_statistics(stores.client, stores.database) == {}
    return before


async def _finish(stores: Stores, job_id: str, **facts: Any) -> None:
    _, images = await claim(stores.ledger, job_id, 0)
    ends = [succeed(image) for image in images]
    await finish(
        stores.ledger,
        [msgspec.structs.replace(end, facts=facts) for end in ends],
    )
    await stores.ledger.settle(job_id)


@asynccontextmanager
async def _dead_aggregator(stores: Stores, image_id: str) -> AsyncIterator[None]:
    """Leave a transaction open that holds an image, as an aggregator does that was killed in it."""
    session = await stores.client.start_session()
    session.start_transaction()
    contribution = {"_id": image_id, "stored_bytes": 0}
    await stores.database["contributions"].insert_one(contribution, session=session)
    lease = {"holder": "dead", "expires_at": utc_now() - timedelta(seconds=1)}
    session_id = session.delegate.session_id["id"]
    await stores.database["leases"].insert_one(
        {"_id": "statistics", "session": session_id, **lease}
    )
    yield
    await session.end_session()


async def test_uploads_are_counted_at_once(stores: Stores) -> None:
    assert (await _read(stores)).days[-1].count == 0
    await accept(stores, b"a", b"bb", b"a")
    await accept(stores, b"a", user_id="u2")
    found = await _assert_right(stores)
    assert (found.images, found.users, found.bytes, found.stored_bytes) == (4, 2, 5, 3)
    assert found.formats == [("jpeg", 4)]
    assert [day.count for day in found.days] == [0] * (DAYS - 1) + [4]


async def test_work_is_counted_when_it_ends_and_when_it_is_tried_again(stores: Stores) -> None:
    ticket = await accept(stores, b"a", b"b")
    await _assert_right(stores)
    await _finish(stores, ticket.job.id, camera_model="X 1.0 $", faces=3)
    found = await _assert_right(stores)
    assert (found.cameras, found.faces, found.failures) == ([("X 1.0 $", 2)], 6, [])
    broken = await accept(stores, b"c")
    _, images = await claim(stores.ledger, broken.job.id, 0)
    await finish(stores.ledger, [fail(images[0])])
    await stores.ledger.settle(broken.job.id)
    assert (await _assert_right(stores)).failures == [("corrupt_image", 1)]
    await stores.retry.reopen_job(broken.job.id)
    assert (await _assert_right(stores)).failures == []
    await stores.cancellation.cancel_job(broken.job.id)
    await stores.ledger.settle(broken.job.id)
    assert (await _assert_right(stores)).images == 3


async def test_what_is_deleted_is_in_no_count(stores: Stores) -> None:
    first = await accept(stores, b"a", b"bb")
    await _finish(stores, first.job.id, camera_model="X", faces=1)
    await _assert_right(stores)
    second = await accept(stores, b"a", user_id="u2")
    ids = [item.image_id for item in (*first.items, *second.items) if item.image_id]
    await stores.image_deletion.delete(ids[0], EVERYTHING)
    found = await _assert_right(stores)
    assert (found.bytes, found.stored_bytes, found.users, found.faces) == (3, 3, 2, 1)
    await stores.image_deletion.delete(ids[2], EVERYTHING)
    found = await _assert_right(stores)
    assert (found.bytes, found.stored_bytes, found.users) == (2, 2, 1)
    await stores.image_deletion.delete(ids[1], EVERYTHING)
    found = await _assert_right(stores)
    assert (found.images, found.bytes, found.stored_bytes, found.users) == (0, 0, 0, 0)
    assert (found.formats, found.cameras) == ([], [])
    assert await stores.database["statistics"].count_documents({}) == 0, "what is 0 is not kept"


async def test_image_that_was_never_counted_leaves_the_bytes_of_its_copies(stores: Stores) -> None:
    ticket = await accept(stores, b"abc", b"abc")
    first = next(item.image_id for item in ticket.items if item.image_id)
    await stores.image_deletion.delete(first, EVERYTHING)
    assert (await _assert_right(stores)).stored_bytes == 3


async def test_top_cameras_are_right_while_they_change(stores: Stores) -> None:
    cameras = [f"camera {n:02}" for n in range(15) for _ in range(20 - n)]
    images = [finished_image(camera_model=name, uncounted=True) for name in cameras]
    await insert_images(stores.database, images)
    await _assert_right(stores)
    # Half of the first ten fall far behind, and one of the last becomes the first.
    gone = [
        image["_id"]
        for image in images
        if image["camera_model"] in {f"camera {n:02}" for n in range(0, 10, 2)}
    ]
    durable = stores.database.get_collection("images", write_concern=DURABLE)
    await durable.bulk_write(
        [
            UpdateOne({"_id": gone_id}, {"$set": {"camera_model": "camera 14", **IS_UNCOUNTED}})
            for gone_id in gone
        ]
    )
    found = await _assert_right(stores)
    names = ["camera 14", *(f"camera {n:02}" for n in (1, 3, 5, 7, 9, 10, 11, 12, 13))]
    assert [name for name, _ in found.cameras] == names


async def test_days_are_those_of_the_zone(stores: Stores) -> None:
    # In Kathmandu, 5:45 ahead, a day begins at 18:15 UTC.
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    moments = [
        datetime(2026, 3, 9, 18, 14, 59, 999000, UTC),
        datetime(2026, 3, 9, 18, 15, tzinfo=UTC),
        datetime(2026, 2, 1, tzinfo=UTC),
    ]
    await insert_images(
        stores.database, [finished_image(uploaded_at=at, uncounted=True) for at in moments]
    )
    for _ in range(2):
        found = await _read(stores, "Asia/Kathmandu", now)
        assert [day.count for day in found.days][-3:] == [0, 1, 1]
        found = await _read(stores, "UTC", now)
        assert [day.count for day in found.days][-3:] == [0, 2, 0]
        await _aggregator(stores).aggregate()


async def test_open_images_are_counted_only_where_many_wait(stores: Stores) -> None:
    waiting = [finished_image(status="queued", uncounted=True) for _ in range(OPEN_LEFT + 10)]
    for image in waiting:
        del image["finished_at"]
    await insert_images(stores.database, waiting)
    assert await _aggregator(stores).has_any()
    await _aggregator(stores).aggregate()
    assert not await _aggregator(stores).has_any()
    uncounted = stores.database["images"].find(IS_UNCOUNTED, {"_id": 1}).sort("_id", 1)
    left = [image["_id"] async for image in uncounted]
    assert left == [image["_id"] for image in waiting[:OPEN_LEFT]], "the oldest are left"


async def test_few_images_may_wait_for_others_and_are_read_all_the_same(stores: Stores) -> None:
    assert not await _aggregator(stores).has_any()
    await insert_images(stores.database, [finished_image(uncounted=True) for _ in range(FEW)])
    assert await _aggregator(stores).has_any()
    assert not await _aggregator(stores).has_many()
    assert (await _read(stores)).images == FEW
    await insert_images(stores.database, [finished_image(uncounted=True)])
    assert await _aggregator(stores).has_many()
    assert await _aggregator(stores).aggregate() == FEW + 1
    assert not await _aggregator(stores).has_many()


async def test_backlog_is_counted_in_one_go(stores: Stores) -> None:
    count = 2 * BATCH + 1
    images = [finished_image(f"u{n % 7}", uncounted=True) for n in range(count)]
    await insert_images(stores.database, images)
    assert await _aggregator(stores).aggregate() == count
    assert (await _read(stores)).users == 7
    assert await stores.database["images"].count_documents(IS_UNCOUNTED) == 0


@pytest.mark.slow
async def test_aggregators_at_once_count_once(stores: Stores) -> None:
    images = [finished_image(f"u{n % 7}", uncounted=True) for n in range(2_500)]
    await insert_images(stores.database, images)
    expired = {"$set": {"expires_at": LONG_AGO}}

    async def aggregate_beside_others(aggregator: Aggregator) -> None:
        left = len(images)
        while left:
            with suppress(OperationFailure):  # Another one has ended a session.
                await stores.database["leases"].update_one({}, expired)
                await aggregator.aggregate()
                left = await stores.database["images"].count_documents(IS_UNCOUNTED)

    await asyncio.gather(*(aggregate_beside_others(_aggregator(stores)) for _ in range(3)))
    found = await _assert_right(stores)
    assert (found.images, found.users) == (2_500, 7)


async def test_lease_keeps_other_aggregators_away(stores: Stores) -> None:
    first, second = _aggregator(stores), _aggregator(stores)
    await first.aggregate()
    await insert_images(stores.database, [finished_image(uncounted=True)])
    assert await second.aggregate() == 0
    assert await first.aggregate() == 1


async def test_transaction_of_a_dead_aggregator_is_ended_by_the_next_one(stores: Stores) -> None:
    image = finished_image(uncounted=True)
    await insert_images(stores.database, [image])
    async with _dead_aggregator(stores, image["_id"]):
        assert await _aggregator(stores).aggregate() == 1
    assert (await _assert_right(stores)).images == 1


async def test_lag_is_seen(stores: Stores) -> None:
    now = utc_now()
    assert (await stores.statistics.look(now)).images == 0
    since = now - timedelta(minutes=5)
    await insert_images(stores.database, [finished_image(uploaded_at=since, uncounted=True)])
    pending = await stores.statistics.look(now)
    assert (pending.images, round(pending.lag_seconds)) == (1, 300)
