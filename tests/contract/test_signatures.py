"""Signatures: an index that follows their revisions misses nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from domain.histograms.signatures import count_units
from domain.keys import Scope
from storage.aggregates.aggregator import LEASE_NAME, Aggregator
from storage.aggregates.counted_images import IS_UNCOUNTED
from storage.aggregates.pending import read_pending_histograms
from storage.aggregates.signatures import (
    VANISHED_KEPT,
    add_changes,
    can_follow,
    iterate_signatures,
    newest_change,
    read_revision,
    read_signatures,
)
from storage.clock import first_id_at, utc_now
from storage.mongo.client import DURABLE
from storage.mongo.leases import LEASES
from storage.stores import Stores
from tests.plain_similarity import draw_counts
from tests.seen_images import add_seen_images

EVERYTHING = Scope()


async def _aggregate(stores: Stores) -> int:
    """Count everything pending. Gives the revision."""
    await stores.database[LEASES].delete_one({"_id": LEASE_NAME})  # Of the aggregator before.
    await Aggregator(stores.client, stores.database).aggregate()
    return read_revision(stores.database.delegate)


def _follow(stores: Stores, after: int) -> dict[str, int]:
    """Give how many images those users have whose signatures are newer than a revision."""
    batches = iterate_signatures(stores.database.delegate, None, after)
    return {
        user_id: images
        for batch in batches
        for user_id, images in zip(batch.user_ids, batch.images.tolist(), strict=True)
    }


async def _change(stores: Stores, name: str, update: dict[str, Any]) -> None:
    collection = stores.database.get_collection(name, write_concern=DURABLE)
    await collection.update_many({}, update)


async def test_revision_is_0_before_the_first_aggregation(stores: Stores) -> None:
    assert read_revision(stores.client.delegate["never_aggregated"]) == 0


async def test_changes_bear_the_revision_of_their_aggregation(stores: Stores) -> None:
    before = read_revision(stores.database.delegate)
    await add_seen_images(stores, ["u1", "u1", "u2"], draw_counts(3))
    first = await _aggregate(stores)
    assert _follow(stores, 0) == {"u1": 2, "u2": 1}
    await add_seen_images(stores, ["u2", "u3"], draw_counts(2))
    second = await _aggregate(stores)
    assert second > first > before
    assert _follow(stores, first) == {"u2": 2, "u3": 1}
    assert _follow(stores, second) == {}


async def test_what_is_counted_again_changes_nothing(stores: Stores) -> None:
    await add_seen_images(stores, ["u1", "u2"], draw_counts(2))
    revision = await _aggregate(stores)
    await _change(stores, "images", {"$set": IS_UNCOUNTED})
    assert await _aggregate(stores) > revision
    assert _follow(stores, revision) == {}
    assert newest_change(stores.database.delegate, None, "2000", "9999") <= revision


async def test_users_who_vanish_are_told_of_for_a_day(stores: Stores) -> None:
    database = stores.database.delegate
    gone, _ = await add_seen_images(stores, ["gone", "there"], draw_counts(2))
    first = await _aggregate(stores)
    await stores.image_deletion.delete(gone, EVERYTHING)
    vanished = await _aggregate(stores)
    assert _follow(stores, first) == {"gone": 0}
    assert read_signatures(database, None, ["gone", "there", "nobody"]).user_ids == ["there"]
    assert can_follow(database, None, first)
    long_ago = utc_now() - VANISHED_KEPT - timedelta(seconds=1)
    await stores.database["signatures"].update_one(
        {"_id": "gone"}, {"$set": {"vanished_at": long_ago}}
    )
    last = await _aggregate(stores)
    assert _follow(stores, 0) == {"there": 1}
    assert not can_follow(database, None, first), "somebody has vanished since, and is forgotten"
    assert can_follow(database, None, vanished)
    assert can_follow(database, None, last)


async def test_user_who_comes_back_is_not_forgotten(stores: Stores) -> None:
    (image,) = await add_seen_images(stores, ["back"], draw_counts(1))
    first = await _aggregate(stores)
    await stores.image_deletion.delete(image, EVERYTHING)
    await _aggregate(stores)
    await _change(stores, "signatures", {"$set": {"vanished_at": datetime(2026, 1, 1, tzinfo=UTC)}})
    await add_seen_images(stores, ["back"], draw_counts(1))
    await _aggregate(stores)
    assert _follow(stores, first) == {"back": 1}


async def test_quarters_of_an_hour_are_marked_where_histograms_come_and_go(
    stores: Stores,
) -> None:
    database = stores.database.delegate
    times = [datetime(2026, 3, 9, 18, minute, tzinfo=UTC) for minute in (14, 15, 59)]
    ids = await add_seen_images(stores, ["u1"] * 3, draw_counts(3), times)
    first = await _aggregate(stores)
    marks = [document["_id"] async for document in stores.database["histogram_changes"].find()]
    assert sorted(marks) == ["2026-03-09T18:00", "2026-03-09T18:15", "2026-03-09T18:45"]
    await stores.image_deletion.delete(ids[1], EVERYTHING)
    second = await _aggregate(stores)
    assert newest_change(database, None, "2026-03-09T18:00", "2026-03-09T18:15") == first
    assert newest_change(database, None, "2026-03-09T18:15", "2026-03-09T18:30") == second
    assert newest_change(database, None, "2026-03-09T18:30", "2026-03-09T18:45") == 0


async def test_what_is_not_counted_is_told_of_a_range(stores: Stores) -> None:
    times = [datetime(2026, 3, day, tzinfo=UTC) for day in (1, 2, 3)]
    counts = draw_counts(3)
    ids = await add_seen_images(stores, ["u1", "u1", "u2"], counts, times)
    await _aggregate(stores)
    assert read_pending_histograms(stores.database.delegate) == []
    await stores.image_deletion.delete(ids[1], EVERYTHING)
    (new,) = await add_seen_images(stores, ["u1"], counts[:1], [times[2]])
    changes = read_pending_histograms(stores.database.delegate)
    assert {(change.image_id, change.times) for change in changes} == {(ids[1], -1), (new, 1)}
    (user,) = add_changes(changes).values()
    pixels = counts[:2].sum(axis=1)
    one, other = count_units(counts[:2].astype(np.uint32), pixels.tolist())
    assert (user.images, user.sums.tolist()) == (0, (one - other).tolist())
    borders = [first_id_at(moment) for moment in times]
    (change,) = read_pending_histograms(stores.database.delegate, None, borders[1], borders[2])
    assert (change.user_id, change.uploaded_at, change.pixels) == ("u1", times[1], counts[1].sum())
    assert change.histogram == counts[1].astype("<u4").tobytes()
    (change,) = read_pending_histograms(stores.database.delegate, None, borders[2])
    assert change.image_id == new
