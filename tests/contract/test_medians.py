"""Medians of days: equal to plain NumPy, counted or not, and computed no more than needed."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from pymongo.client_session import ClientSession

from domain.calendar.days import end_of_day, find_zone, start_of_day
from domain.errors.capacity import Unavailable
from domain.histograms.medians import Median
from storage.aggregates.aggregator import LEASE_NAME, Aggregator
from storage.histograms import spool as histogram_spool
from storage.histograms.medians import MEDIANS, Medians, _Asked, _Found
from storage.histograms.periods import Period
from storage.mongo.client import DURABLE
from storage.mongo.threads import PlainDatabase
from storage.stores import Stores
from tests.image_documents import finished_image, insert_images
from tests.plain_medians import Counts, plain_median, random_counts
from tests.seen_images import add_seen_images

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SEEN = {"histogram": {"status": "succeeded", "version": 1}}
MILLISECOND = timedelta(milliseconds=1)


class CountingMedians(Medians):
    """Medians that say how often one was worked out."""

    times = 0

    def _compute(self, asked: _Asked, database: PlainDatabase, session: ClientSession) -> _Found:
        self.times += 1
        return super()._compute(asked, database, session)


@pytest.fixture
def medians(stores: Stores) -> CountingMedians:
    return CountingMedians(stores.client, stores.database)


def _period(day: date = DAY, zone: str = "UTC") -> Period:
    found = find_zone(zone)
    return Period(start_of_day(day, found), end_of_day(day, found))


async def _insert(stores: Stores, counts: Counts, moments: Sequence[datetime]) -> list[str]:
    """Insert images that are done, and not counted yet."""
    return await add_seen_images(stores, ["u1"] * len(counts), counts.astype(np.int64), moments)


async def _aggregate(stores: Stores) -> None:
    await stores.database["leases"].delete_one({"_id": LEASE_NAME})  # Of the aggregator before.
    await Aggregator(stores.client, stores.database).aggregate()


@pytest.mark.parametrize("memory_bytes", [0, 10**9], ids=["in a file", "in memory"])
@pytest.mark.parametrize("images", [0, 1, 2, 5, 24])
async def test_median_is_that_of_numpy_counted_or_not(
    stores: Stores, images: int, memory_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histogram_spool.HistogramSpool.__init__, "__defaults__", (memory_bytes,))
    counts = random_counts(images)
    wanted = Median(images, plain_median(counts) if images else [0.0] * 256)
    moments = [NOON + timedelta(minutes=number) for number in range(images)]
    half = images // 2
    if half:
        await _insert(stores, counts[:half], moments[:half])
        await _aggregate(stores)
    if images:
        await _insert(stores, counts[half:], moments[half:])
    assert await stores.medians.read(_period()) == wanted
    await _aggregate(stores)
    assert await stores.medians.read(_period()) == wanted
    assert await stores.medians.read(_period()) == wanted


async def test_ties(stores: Stores, medians: Medians) -> None:
    counts = random_counts(9, levels=2)
    await _insert(stores, counts, [NOON] * 9)
    assert (await medians.read(_period())).bins == plain_median(counts)


async def test_images_without_histogram_do_not_count(stores: Stores, medians: Medians) -> None:
    counts = random_counts(3)
    await _insert(stores, counts, [NOON] * 3)
    others = [
        finished_image(uploaded_at=NOON, uncounted=True, cells={"histogram": {"status": status}})
        for status in ("failed", "canceled", "queued")
    ]
    await insert_images(stores.database, [*others, finished_image(uploaded_at=NOON)])
    for _ in range(2):
        assert await medians.read(_period()) == Median(3, plain_median(counts))
        await _aggregate(stores)


@pytest.mark.slow
async def test_median_of_many_batches(stores: Stores, medians: Medians) -> None:
    counts = random_counts(3001)
    moments = [NOON + number * MILLISECOND for number in range(3001)]
    await _insert(stores, counts, moments)
    await _aggregate(stores)
    assert await medians.read(_period()) == Median(3001, plain_median(counts))


@pytest.mark.parametrize(
    ("day", "zone"),
    [
        (DAY, "UTC"),
        (DAY, "Pacific/Kiritimati"),
        (DAY, "Pacific/Niue"),
        (DAY, "Asia/Kathmandu"),
        (date(2026, 3, 29), "Europe/Vienna"),  # 23 hours
        (date(2026, 10, 25), "Europe/Vienna"),  # 25 hours
        (date(2026, 4, 5), "Australia/Lord_Howe"),  # 24 and a half
        (date(2024, 2, 29), "America/New_York"),
        (date(2024, 12, 31), "Asia/Tokyo"),
    ],
)
@pytest.mark.parametrize("is_counted", [False, True])
async def test_day_holds_its_first_moment_and_not_that_of_the_next(
    stores: Stores, medians: Medians, day: date, zone: str, *, is_counted: bool
) -> None:
    period = _period(day, zone)
    within = [period.start, period.start + MILLISECOND, period.end - MILLISECOND]
    without = [period.start - MILLISECOND, period.end, period.end + timedelta(minutes=15)]
    counts = random_counts(6)
    await _insert(stores, counts, [*within, *without])
    if is_counted:
        await _aggregate(stores)
    assert await medians.read(period) == Median(3, plain_median(counts[:3]))


async def test_image_whose_id_is_later_than_its_upload_counts_on_the_day_of_the_upload(
    stores: Stores, medians: Medians
) -> None:
    period = _period()
    (known,) = await _insert(stores, random_counts(1), [NOON - timedelta(days=3)])
    blob = await stores.database["images"].find_one({"_id": known}, {"_id": 0, "sha256": 1})
    late = finished_image(uploaded_at=period.end + timedelta(minutes=1))["_id"]
    moment = period.end - MILLISECOND
    image = finished_image(uploaded_at=moment, uncounted=True, cells=SEEN, _id=late, **(blob or {}))
    await insert_images(stores.database, [image])
    for _ in range(2):
        assert (await medians.read(period)).images == 1
        assert (await medians.read(_period(DAY + timedelta(days=1)))).images == 0
        await _aggregate(stores)


async def test_duplicates_count_once_for_each_upload(stores: Stores, medians: Medians) -> None:
    counts = random_counts(2)
    known, _ = await _insert(stores, counts, [NOON] * 2)
    blob = await stores.database["images"].find_one({"_id": known}, {"_id": 0, "sha256": 1})
    again = [
        finished_image(user, NOON, uncounted=True, cells=SEEN, **(blob or {}))
        for user in ("u1", "u1", "u2")
    ]
    await insert_images(stores.database, again)
    for _ in range(2):
        found = await medians.read(_period())
        assert found == Median(5, plain_median(counts[[0, 1, 0, 0, 0]]))
        await _aggregate(stores)


async def test_zones_with_the_same_day_share_a_median(
    stores: Stores, medians: CountingMedians
) -> None:
    await _insert(stores, random_counts(3), [NOON] * 3)
    await _aggregate(stores)
    vienna = await medians.read(_period(zone="Europe/Vienna"))
    assert await medians.read(_period(zone="Europe/Berlin")) == vienna
    assert medians.times == 1


async def test_unchanged_median_is_not_worked_out_again(
    stores: Stores, medians: CountingMedians
) -> None:
    counts = random_counts(6)
    await _insert(stores, counts[:3], [NOON] * 3)
    await _aggregate(stores)
    first = await medians.read(_period())
    assert await medians.read(_period()) == first
    assert medians.times == 1
    # A change of another day does not matter, counted or not.
    await _insert(stores, counts[3:5], [NOON + timedelta(days=1)] * 2)
    assert await medians.read(_period()) == first
    await _aggregate(stores)
    assert await medians.read(_period()) == first
    assert medians.times == 1
    # One of this day does; it is kept again once it is counted.
    await _insert(stores, counts[5:], [NOON])
    new = Median(4, plain_median(counts[[0, 1, 2, 5]]))
    assert await medians.read(_period()) == new
    await _aggregate(stores)
    assert await medians.read(_period()) == new
    assert medians.times == 3
    assert await medians.read(_period()) == new
    assert medians.times == 3


async def test_what_waits_to_be_counted_is_not_kept(
    stores: Stores, medians: CountingMedians
) -> None:
    await _insert(stores, random_counts(3), [NOON] * 3)
    for times in (1, 2):
        assert (await medians.read(_period())).images == 3
        assert medians.times == times
    assert await stores.database[MEDIANS].count_documents({}) == 0


async def test_those_who_ask_at_once_share_the_work(
    stores: Stores, medians: CountingMedians
) -> None:
    counts = random_counts(50)
    await _insert(stores, counts, [NOON] * 50)
    found = await asyncio.gather(*(medians.read(_period()) for _ in range(20)))
    assert found == [Median(50, plain_median(counts))] * 20
    assert medians.times <= 2
    await _aggregate(stores)
    medians.times = 0
    assert await asyncio.gather(*(medians.read(_period()) for _ in range(20))) == found
    assert medians.times == 1


async def test_image_is_counted_when_it_has_ended_while_another_answer_was_worked_out(
    stores: Stores, medians: Medians
) -> None:
    counts = random_counts(30)
    seen = 0

    async def upload_and_read(number: int) -> None:
        nonlocal seen
        await _insert(stores, counts[number : number + 1], [NOON])
        seen += 1
        at_least = seen
        assert (await medians.read(_period())).images >= at_least

    for start in range(0, 30, 10):
        await asyncio.gather(*map(upload_and_read, range(start, start + 10)))
        await _aggregate(stores)
    assert await medians.read(_period()) == Median(30, plain_median(counts))


async def test_median_of_a_kept_document_that_was_lost_is_worked_out_again(
    stores: Stores, medians: Medians
) -> None:
    counts = random_counts(3)
    await _insert(stores, counts, [NOON] * 3)
    await _aggregate(stores)
    before = await medians.read(_period())
    kept = stores.database.get_collection(MEDIANS, write_concern=DURABLE)
    assert (await kept.delete_many({})).deleted_count == 1
    assert await medians.read(_period()) == before


@pytest.mark.parametrize("day", [date.min, date(1969, 12, 31), date(1970, 1, 1), date.max])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
async def test_days_that_no_image_can_be_of_are_empty(
    medians: Medians, day: date, zone: str
) -> None:
    assert await medians.read(_period(day, zone)) == Median(0, [0.0] * 256)


async def test_closing_ends_what_is_worked_out(stores: Stores, medians: Medians) -> None:
    await _insert(stores, random_counts(2), [NOON] * 2)
    await _aggregate(stores)
    await medians.close()
    with pytest.raises(Unavailable):
        await medians.read(_period())


def test_periods_name_all_quarters_that_they_touch() -> None:
    period = Period(
        datetime(2026, 11, 20, 1, 7, tzinfo=UTC), datetime(2026, 11, 20, 2, 1, tzinfo=UTC)
    )
    assert period.quarters == ("2026-11-20T01:00", "2026-11-20T02:15")
    assert _period().quarters == ("2026-11-20T00:00", "2026-11-21T00:00")


def test_period_holds_its_start_and_not_its_end() -> None:
    period = _period()
    moments = [period.start, period.end - MILLISECOND, period.start - MILLISECOND, period.end]
    plain = np.array([moment.replace(tzinfo=None) for moment in moments], "datetime64[ms]")
    assert period.holds(plain).tolist() == [True, True, False, False]
