"""All that is counted against a plain recount, after a random history of all that can happen."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from pymongo.errors import OperationFailure

from domain.claims import ClaimedImage, FinishedImage
from domain.errors.access import NotFound
from domain.jobs import Status
from domain.keys import Scope
from domain.records import Cell, ItemError
from storage.aggregates.aggregator import Aggregator
from storage.aggregates.contributions import IS_REMOVED
from storage.aggregates.counted_images import IS_UNCOUNTED, CountedImage
from storage.blobs.results import BlobResults
from storage.clock import follow_clock, utc_now
from storage.mongo.leases import LONG_AGO
from storage.stores import Stores
from storage.verification.recount import find_wrong_statistics
from tests.plain_signatures import draw_histogram, read_signatures, sum_plainly
from tests.plain_statistics import recount_plainly
from tests.uploads import OPERATIONS, accept, claim, finish, succeed

EVENTS = 1_000
TOGETHER = 10
LOOKS = 10
DAYS = 45
ZONES = ("UTC", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Kiritimati")
CAMERAS = [f"Model {n}.{n} / $" for n in range(14)]
HISTOGRAM = "histogram"
CODES = ("corrupt_image", "decode_timed_out", "operation_failed")

pytestmark = pytest.mark.slow


class History:
    """Things that happen to a store, at random and side by side.

    Args:
        stores: The store.
        chance: Decides.
    """

    def __init__(self, stores: Stores, chance: random.Random) -> None:
        self._stores = stores
        self._chance = chance
        self._jobs: list[str] = []
        self._images: list[str] = []
        self.happened: Counter[str] = Counter()
        self._aggregators = [Aggregator(stores.client, stores.database) for _ in range(2)]
        self._mortal = MortalAggregator(stores.client, stores.database)

    async def go_on(self) -> None:
        """Have one thing happen."""
        events: dict[Callable[[], Awaitable[None]], int] = {
            self.upload: 34,
            self.work: 30,
            self.delete: 14,
            self.retry: 8,
            self.cancel: 4,
            self.aggregate: 6,
            self.break_aggregation_off: 6,
            self.die_after_the_commit: 4,
        }
        (event,) = self._chance.choices(list(events), list(events.values()))
        self.happened[event.__name__] += 1
        with suppress(NotFound):
            await event()

    async def upload(self) -> None:
        """Upload some files; many have the bytes of earlier ones."""
        contents = [
            b"x" * self._chance.randrange(1, 40) for _ in range(self._chance.randrange(1, 4))
        ]
        ticket = await accept(
            self._stores,
            *contents,
            user_id=f"user {self._chance.randrange(12)}",
            operations=self._chance.choice([OPERATIONS, (*OPERATIONS, HISTOGRAM)]),
        )
        self._jobs.append(ticket.job.id)
        self._images += [item.image_id for item in ticket.items if item.image_id]

    async def work(self) -> None:
        """Claim and finish the images of a job, or die between the two."""
        job_id = self._pick(self._jobs)
        claim_id, images = await claim(self._stores.ledger, job_id, 0)
        if images and self._chance.random() < 0.2:  # Its lease runs out.
            await self._stores.ledger.release(claim_id, images, count_attempt=True)
            return
        ends = [self._end(image) for image in images]
        await self._keep_histograms(images, ends)
        await finish(self._stores.ledger, ends)
        await self._stores.ledger.settle(job_id)

    async def delete(self) -> None:
        """Delete an image."""
        image_id = self._pick(self._images)
        self._images.remove(image_id)
        await self._stores.image_deletion.delete(image_id, Scope())

    async def retry(self) -> None:
        """Try again what failed."""
        await self._stores.retry.reopen_job(self._pick(self._jobs))

    async def cancel(self) -> None:
        """Cancel a job."""
        job_id = self._pick(self._jobs)
        await self._stores.cancellation.cancel_job(job_id)
        await self._stores.ledger.settle(job_id)

    async def aggregate(self) -> None:
        """Aggregate, whatever other processes do."""
        await self._aggregate(self._chance.choice(self._aggregators))

    async def die_after_the_commit(self) -> None:
        """Aggregate, and die before the images say that they are counted."""
        with suppress(Killed):
            await self._aggregate(self._mortal)

    async def _aggregate(self, aggregator: Aggregator) -> None:
        await self._stores.database["leases"].update_one({}, {"$set": {"expires_at": LONG_AGO}})
        with suppress(OperationFailure):  # The other one took over.
            await aggregator.aggregate()

    async def break_aggregation_off(self) -> None:
        """Begin to aggregate, and end somewhere on the way."""
        aggregating = asyncio.create_task(self.aggregate())
        await asyncio.wait([aggregating], timeout=self._chance.uniform(0, 0.02))
        aggregating.cancel()
        await asyncio.wait([aggregating])

    async def _keep_histograms(self, images: list[ClaimedImage], ends: list[FinishedImage]) -> None:
        """Keep the results, as a worker does before an image ends."""
        seen = [
            image.sha256
            for image, end in zip(images, ends, strict=True)
            if HISTOGRAM in end.cells and end.cells[HISTOGRAM].status is Status.SUCCEEDED
        ]
        blobs = await self._stores.blobs.find(seen)
        results = [
            BlobResults(
                blob, {}, {HISTOGRAM: {"version": 1, "value": draw_histogram(blob.sha256)}}, []
            )
            for blob in blobs.values()
        ]
        await self._stores.results.keep(results)

    def _pick(self, among: list[str]) -> str:
        if not among:
            raise NotFound
        # Rather one of the last, so that jobs are met while they are open.
        return among[max(self._chance.randrange(len(among)), len(among) - 200)]

    def _end(self, image: ClaimedImage) -> FinishedImage:
        if self._chance.random() < 0.3:
            error = ItemError(self._chance.choice(CODES), "It failed.")
            failed = Cell(Status.FAILED, error=error)
            is_whole = self._chance.random() < 0.5
            names = list(image.operations) if is_whole else list(image.operations)[:1]
            done = dict.fromkeys(image.operations, Cell(Status.SUCCEEDED, version=1))
            cells = image.cells | done | dict.fromkeys(names, failed)
            return FinishedImage(
                image.id, image.fence, cells, error if is_whole else None, image.claim_id
            )
        facts = {
            "camera_model": self._chance.choice([None, *CAMERAS]),
            "faces": self._chance.randrange(3),
        }
        return msgspec.structs.replace(succeed(image), facts=facts)


class Killed(Exception):
    """A process is no more."""


class MortalAggregator(Aggregator):
    """An aggregator that is killed when it has committed."""

    async def _note_counted(self, counted: Sequence[CountedImage]) -> None:
        raise Killed


@pytest.fixture
async def moving_clock() -> AsyncIterator[Callable[[float], None]]:
    """A clock to be set to a share of the last days; afterwards it is right again."""
    end = datetime.now(UTC)

    def set_clock(share: float) -> None:
        follow_clock(end - timedelta(days=DAYS * (1 - share)))

    set_clock(0)
    yield set_clock
    follow_clock(datetime.now(UTC))


@pytest.mark.long
async def test_statistics_are_right_after_any_history(
    stores: Stores, moving_clock: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(stores, random.Random(5))  # noqa: S311
    for event in range(0, EVENTS, TOGETHER):
        moving_clock(event / EVENTS)
        await asyncio.gather(*(history.go_on() for _ in range(TOGETHER)))
        if event % (EVENTS // LOOKS) == 0:
            zone = ZONES[event % len(ZONES)]
            await _assert_right(stores, zone)
    for zone in ZONES:
        await _assert_right(stores, zone)
    assert await find_wrong_statistics(stores.client, stores.database) == {}
    monkeypatch.setattr("storage.aggregates.aggregator.OPEN_LEFT", 0)
    while not await _is_counted(
        stores
    ):  # An aggregator whose session another one has ended fails once.
        await history.aggregate()
    await _assert_right(stores, "UTC")
    stored = await read_signatures(stores, pending=False)
    assert stored == await sum_plainly(stores.database), "bit for bit"
    assert sum(history.happened.values()) == EVENTS
    assert min(history.happened.values()) > EVENTS // 100, history.happened


async def _is_counted(stores: Stores) -> bool:
    uncounted = await stores.database["images"].count_documents(IS_UNCOUNTED)
    return not uncounted + await stores.database["contributions"].count_documents(IS_REMOVED)


async def _assert_right(stores: Stores, zone: str) -> None:
    now = utc_now()
    plain = await recount_plainly(stores.database, now, zone)
    assert await stores.statistics.read(now, ZoneInfo(zone)) == plain
    assert await read_signatures(stores, pending=True) == await sum_plainly(stores.database)
