"""Line 8: search for near-duplicates among up to a million fingerprints."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median

import msgspec
import numpy as np
import numpy.typing as npt
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from benchmarks.harness.meter import percentile
from benchmarks.harness.service import Bench
from benchmarks.image_documents import image_document
from benchmarks.rows import Row, Section, Target, figure_at_most
from domain.fingerprints import band_keys
from domain.image_search import ImageFilter, Likeness
from domain.keys import Scope
from storage.catalog.image_search import ImageSearch
from storage.clock import new_id
from storage.mongo.client import connect_mongo
from storage.schema import INDEXES

USERS = 100
PAGE = 21
"""Images of a usual page, and one more that shows whether there is a next page."""
DISTANCE = 6
CLUSTERED = 0.1
CLUSTER_IMAGES = 5
CLUSTER_FLIPS = 8
BATCH = 5_000
SLOWEST_MS = 50.0
"""The bound of a page, at the 99th percentile."""

Fingerprints = npt.NDArray[np.int64]


class Found(msgspec.Struct, frozen=True):
    """Times and results of searches.

    Attributes:
        ms: Time of each search, in ms.
        brute_ms: Time of NumPy's brute force over the same fingerprints in memory, in ms.
        recall: Share of the brute-force results of a page that was found, 0 to 1.
    """

    ms: list[float]
    brute_ms: list[float]
    recall: float

    def row(self, name: str, *, target: Target | None = None, detail: bool = False) -> Row:
        """Make the row of the 99th percentile, beside the median of the limit."""
        slowest = percentile(self.ms, 99)
        name = f"{name}, 99th percentile"
        limit_name = "NumPy over all fingerprints, in memory"
        return Row(name, slowest, "ms", median(self.brute_ms), limit_name, target, detail)

    def middle(self) -> Row:
        """Make the row of the median, with the share that was found."""
        name = f"median; {100 * self.recall:.6g} % of what brute force finds"
        return Row(name, median(self.ms), "ms", median(self.brute_ms), "the same", detail=True)


def measure_similar(bench: Bench) -> Section:
    """Search among 10,000, 100,000 and 1,000,000 images, a tenth of them in clusters."""
    return asyncio.run(_measure(bench))


async def _measure(bench: Bench) -> Section:
    most = bench.count(1_000_000, 20_000)
    times = bench.count(500, 100)
    rows: list[Row] = []
    for images in (most // 100, most // 10, most):
        fingerprints = _draw(images)
        name = f"similar_{images}"
        with MongoClient[dict[str, object]](bench.servers.mongodb_url) as client:
            _fill(client, name, fingerprints)
            found = await _search(bench, name, fingerprints, DISTANCE, times)
            target = figure_at_most(SLOWEST_MS)
            rows += [found.row(f"among {images:,}, distance {DISTANCE}", target=target)]
            rows += [found.middle()]
            if images == most:
                rows += await _variations(bench, name, fingerprints, times)
            client.drop_database(name)
    return Section("near-duplicates: a page of them, in the whole collection", rows)


async def _variations(
    bench: Bench, database: str, fingerprints: Fingerprints, times: int
) -> Sequence[Row]:
    rows = []
    for distance in (2, 4, 8, 16):
        few = times // 10 if distance == 16 else times
        found = await _search(bench, database, fingerprints, distance, few)
        rows += [found.row(f"distance {distance}", detail=True), found.middle()]
    found = await _search(bench, database, fingerprints, DISTANCE, times, of_user=True)
    name = f"distance {DISTANCE}, within one user of {USERS}"
    return [*rows, found.row(name, detail=True), found.middle()]


def _draw(images: int) -> Fingerprints:
    """Draw fingerprints: most at random, a tenth in clusters of changed copies."""
    chance = np.random.default_rng(images)
    bits = chance.integers(0, 2**64, images, dtype=np.uint64)
    clustered = int(images * CLUSTERED)
    copies = np.repeat(bits[clustered:][: clustered // CLUSTER_IMAGES], CLUSTER_IMAGES)
    for _ in range(CLUSTER_FLIPS):
        flipped = np.uint64(1) << chance.integers(0, 64, len(copies), dtype=np.uint64)
        copies = np.where(chance.random(len(copies)) < 0.5, copies ^ flipped, copies)
    bits[: len(copies)] = copies
    return bits.view(np.int64)


def _fill(client: MongoClient[dict[str, object]], name: str, fingerprints: Fingerprints) -> None:
    images = client[name].get_collection("images", write_concern=WriteConcern("majority"))
    now = datetime.now(UTC)
    for start in range(0, len(fingerprints), BATCH):
        numbered = enumerate(fingerprints[start : start + BATCH].tolist(), start)
        images.insert_many([_image(*pair, now) for pair in numbered], ordered=False)
    images.create_indexes(INDEXES["images"])


def _image(number: int, fingerprint: int, now: datetime) -> dict[str, object]:
    user_id = f"user-{number % USERS}"
    image = image_document(new_id(), user_id, f"{number:064x}", now, ["fingerprint"])
    return image | {"fingerprint": fingerprint, "fingerprint_bands": band_keys(fingerprint)}


async def _search(
    bench: Bench,
    database: str,
    fingerprints: Fingerprints,
    distance: int,
    times: int,
    *,
    of_user: bool = False,
) -> Found:
    client = connect_mongo(bench.store_settings)
    search = ImageSearch(client[database])
    chance = random.Random(distance)
    found: list[float] = []
    brute: list[float] = []
    expected = hits = 0
    for turn in range(times + 10):
        number = chance.randrange(len(fingerprints))
        user = number % USERS if of_user else None
        scope = Scope(user_id=None if user is None else f"user-{user}")
        likeness = Likeness("", int(fingerprints[number]), distance)
        before = time.perf_counter()
        page = await search.list_similar(ImageFilter(scope), likeness, PAGE)
        between = time.perf_counter()
        nearest = _brute_force(fingerprints, number, distance, user)
        after = time.perf_counter()
        if turn < 10:  # Warms up.
            continue
        found.append(1000 * (between - before))
        brute.append(1000 * (after - between))
        expected += len(nearest)
        hits += sum(apart == bits for (apart, _), bits in zip(page, nearest, strict=False))
    client.close()
    return Found(found, brute, hits / expected)


def _brute_force(
    fingerprints: Fingerprints, number: int, distance: int, user: int | None
) -> list[int]:
    """Compute the distances of a page, nearest first."""
    among = fingerprints if user is None else fingerprints[user::USERS]
    apart = np.bitwise_count((among ^ fingerprints[number]).view(np.uint64))
    near = apart[apart <= distance]
    near.sort()
    return [int(bits) for bits in near[:PAGE]]
