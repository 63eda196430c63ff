"""Similar users and images: as plain NumPy says it, whatever is counted and whatever is not."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from domain.errors.access import NotFound
from domain.errors.requests import TooManyImages
from domain.histograms.nearest import Neighbour
from domain.histograms.similarity import Metric
from domain.keys import Scope
from storage.aggregates.aggregator import Aggregator
from storage.histograms.similar_images import SimilarImages
from storage.histograms.similar_users import SimilarUsers
from storage.settings import SimilaritySettings
from storage.stores import Stores
from tests.plain_similarity import PLAIN, draw_counts
from tests.seen_images import add_seen_images

pytestmark = pytest.mark.slow
Counts = npt.NDArray[np.int64]
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLOSE = 1e-8
"""Signatures are kept in steps of 2**-40; the square roots of Hellinger make that the largest."""


@pytest.fixture
def users(stores: Stores) -> SimilarUsers:
    return SimilarUsers(stores.client, stores.database, SimilaritySettings())


@pytest.fixture
def images(stores: Stores) -> SimilarImages:
    return SimilarImages(stores.client, stores.database, SimilaritySettings())


@pytest.fixture
def aggregator(stores: Stores) -> Aggregator:
    return Aggregator(stores.client, stores.database)


def _rank(metric: Metric, user_id: str, shares: dict[str, Any], count: int) -> list[Neighbour]:
    """Say with plain NumPy who is nearest; distances that differ by nothing are made equal."""
    others = [other for other in shares if other != user_id]
    apart = PLAIN[metric](shares[user_id], np.array([shares[other] for other in others]))
    found = [Neighbour(round(float(d), 10), who) for d, who in zip(apart, others, strict=True)]
    return sorted(found)[:count]


def _means(owners: Sequence[str], counts: Counts) -> dict[str, Any]:
    shares = counts / counts.sum(axis=1, keepdims=True)
    return {
        owner: shares[[other == owner for other in owners]].mean(axis=0)
        for owner in sorted(set(owners))
    }


def _assert_same(found: Sequence[Neighbour], expected: Sequence[Neighbour]) -> None:
    assert [one.id for one in found] == [one.id for one in expected]
    assert np.allclose(
        [one.distance for one in found], [one.distance for one in expected], rtol=0, atol=CLOSE
    )


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize("counted", [0, 70, 150])
async def test_nearest_users_are_those_of_plain_numpy(
    stores: Stores, aggregator: Aggregator, users: SimilarUsers, metric: Metric, counted: int
) -> None:
    counts = draw_counts(150, seed=counted)
    counts[50:100] = counts[7]  # Many at the same distance, some of them with two images.
    owners = [f"u{number % 90:02}" for number in range(150)]
    for number in range(90, 150):
        counts[number] = counts[number - 90]
    await add_seen_images(stores, owners[:counted], counts[:counted])
    await aggregator.aggregate()
    await add_seen_images(stores, owners[counted:], counts[counted:])
    means = _means(owners, counts)
    for user_id in ("u03", "u07", "u60", "u89"):
        for count in (1, 10, 100):
            found = await users.find(user_id, count, metric)
            _assert_same(found, _rank(metric, user_id, means, count))


@pytest.mark.parametrize("metric", Metric)
async def test_users_by_what_they_uploaded_since(
    stores: Stores, aggregator: Aggregator, users: SimilarUsers, metric: Metric
) -> None:
    counts = draw_counts(120, seed=4)
    owners = [f"u{number % 40:02}" for number in range(120)]
    times = [NOW - timedelta(hours=number) for number in range(120)]
    await add_seen_images(stores, owners[::2], counts[::2], times[::2])
    await aggregator.aggregate()
    await add_seen_images(stores, owners[1::2], counts[1::2], times[1::2])
    since = times[70]
    means = _means(owners[:71], counts[:71])
    for user_id in ("u00", "u39"):
        found = await users.find_since(user_id, 10, metric, since)
        _assert_same(found, _rank(metric, user_id, means, 10))
    later = NOW + timedelta(milliseconds=1)
    with pytest.raises(NotFound):
        await users.find_since("u00", 10, metric, later)


async def test_questions_that_read_too_much_are_refused(
    stores: Stores, aggregator: Aggregator
) -> None:
    few = SimilaritySettings(similar_max_images=10)
    users = SimilarUsers(stores.client, stores.database, few)
    await add_seen_images(stores, ["u1", "u2"] * 5, draw_counts(10))
    await aggregator.aggregate()
    assert len(await users.find_since("u1", 5, Metric.EMD, NOW - timedelta(days=9))) == 1
    await add_seen_images(stores, ["u1"], draw_counts(1))
    await aggregator.aggregate()
    with pytest.raises(TooManyImages):
        await users.find_since("u1", 5, Metric.EMD, NOW - timedelta(days=9))


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize("counted", [0, 40, 80])
async def test_nearest_images_are_those_of_plain_numpy(
    stores: Stores, aggregator: Aggregator, images: SimilarImages, metric: Metric, counted: int
) -> None:
    counts = draw_counts(80, seed=9)
    counts[30:50] = counts[3]
    owners = [f"u{number % 7}" for number in range(80)]
    ids = await add_seen_images(stores, owners[:counted], counts[:counted])
    await aggregator.aggregate()
    ids += await add_seen_images(stores, owners[counted:], counts[counted:])
    shares = dict(zip(ids, counts / counts.sum(axis=1, keepdims=True), strict=True))
    for asked in (3, 79):
        found, compared = await images.find(ids[asked], 30, metric)
        assert compared == 79
        nearest = [Neighbour(one.distance, one.image_id) for one in found]
        _assert_same(nearest, _rank(metric, ids[asked], shares, 30))
        owner = dict(zip(ids, owners, strict=True))
        assert [one.user_id for one in found] == [owner[one.image_id] for one in found]


async def test_only_the_newest_images_are_compared(stores: Stores, aggregator: Aggregator) -> None:
    few = SimilaritySettings(similar_max_images=10)
    images = SimilarImages(stores.client, stores.database, few)
    ids = await add_seen_images(stores, ["u1"] * 30, draw_counts(30))
    await aggregator.aggregate()
    found, compared = await images.find(ids[0], 100, Metric.HELLINGER)
    assert (compared, {one.image_id for one in found}) == (10, set(ids[20:]))
    with pytest.raises(NotFound):
        await images.find("019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4", 1, Metric.HELLINGER)


@pytest.mark.slow
async def test_index_follows_what_comes_and_goes(
    stores: Stores, aggregator: Aggregator, users: SimilarUsers
) -> None:
    chance = np.random.default_rng(2)
    counts = draw_counts(60, seed=5)
    owners = [f"u{number % 20:02}" for number in range(60)]
    ids = await add_seen_images(stores, owners, counts)
    here = dict(zip(ids, zip(owners, counts, strict=True), strict=True))
    for turn in range(12):
        gone = list(chance.choice(list(here), 4, replace=False))
        if turn == 5:  # Two users go with all they have.
            gone += [image for image, (owner, _) in here.items() if owner in {"u01", "u02"}]
        for image_id in dict.fromkeys(gone):
            await stores.image_deletion.delete(image_id, Scope())
            del here[image_id]
        more = draw_counts(5, seed=100 + turn)
        more_owners = [f"u{number:02}" for number in chance.integers(0, 25, 5)]
        added = await add_seen_images(stores, more_owners, more)
        here |= dict(zip(added, zip(more_owners, more, strict=True), strict=True))
        if turn % 3 == 0:
            await aggregator.aggregate()
        owners_now, counts_now = zip(*here.values(), strict=True)
        means = _means(owners_now, np.array(counts_now))
        anew = SimilarUsers(stores.client, stores.database, SimilaritySettings())
        for metric in (Metric.HELLINGER, Metric.EMD):
            found = await users.find(owners_now[0], 10, metric)
            _assert_same(found, _rank(metric, owners_now[0], means, 10))
            assert found == await anew.find(owners_now[0], 10, metric)
        with pytest.raises(NotFound):
            await users.find("nobody", 10, Metric.HELLINGER)
    anew = SimilarUsers(stores.client, stores.database, SimilaritySettings())
    assert found == await anew.find(owners_now[0], 10, Metric.EMD)


async def test_users_who_were_forgotten_do_not_come_back(
    stores: Stores, aggregator: Aggregator, users: SimilarUsers
) -> None:
    ids = await add_seen_images(stores, ["u1", "u2", "u3"], draw_counts(3))
    await aggregator.aggregate()
    assert {one.id for one in await users.find("u1", 9, Metric.HELLINGER)} == {"u2", "u3"}
    await stores.image_deletion.delete(ids[1], Scope())
    await aggregator.aggregate()
    # As if a day had passed in which nobody asked.
    counter = await stores.database["revisions"].find_one({"_id": "histograms"})
    assert counter is not None
    await stores.database["signatures"].delete_one({"_id": "u2"})
    await stores.database["revisions"].update_one(
        {"_id": "histograms"}, {"$set": {"forgotten": counter["newest"]}}
    )
    await add_seen_images(stores, ["u4"], draw_counts(1))
    await aggregator.aggregate()
    assert {one.id for one in await users.find("u1", 9, Metric.HELLINGER)} == {"u3", "u4"}


async def test_many_may_ask_at_once_and_go_away(
    stores: Stores, aggregator: Aggregator, users: SimilarUsers
) -> None:
    counts = draw_counts(50)
    owners = [f"u{number:02}" for number in range(50)]
    await add_seen_images(stores, owners, counts)
    await aggregator.aggregate()
    asking = [asyncio.create_task(users.find(owner, 5, Metric.CHI2)) for owner in owners]
    for task in asking[::3]:
        task.cancel()
    found = await asyncio.gather(*asking, return_exceptions=True)
    means = _means(owners, counts)
    for number, answer in enumerate(found):
        if number % 3:
            assert isinstance(answer, list)
            _assert_same(answer, _rank(Metric.CHI2, owners[number], means, 5))
