"""Line 8: near-duplicates among a million fingerprints, and how the time grows with them."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median, quantiles

import msgspec
import numpy as np
import numpy.typing as npt
from pymongo import MongoClient
from pymongo.write_concern import WriteConcern

from benchmarks.harness.service import Bench
from benchmarks.rows import Row, Section, Target
from domain.fingerprints import band_keys
from domain.image_search import ImageFilter, Likeness
from domain.keys import Scope
from storage.catalog.image_search import ImageSearch
from storage.clock import new_id
from storage.mongo.client import connect_mongo
from storage.schema import INDEXES
from storage.settings import StoreSettings

USERS = 100
PAGE = 21
"""Images of a usual page, and one more that shows whether there is a next one."""
DISTANCE = 6
CLUSTERED = 0.1
CLUSTER_IMAGES = 5
CLUSTER_FLIPS = 8
BATCH = 5_000
SLOWEST_MS = 50.0
"""What a page may take at the 99th percentile."""

Fingerprints = npt.NDArray[np.int64]


class Found(msgspec.Struct, frozen=True):
    """How searches went.

    Attributes:
        ms: Time of each, in ms.
        brute_ms: Time that NumPy took over the same fingerprints in memory, in ms.
        recall: Share found of what brute force finds for a page, 0 to 1.
    """

    ms: list[float]
    brute_ms: list[float]
    recall: float

    def row(self, name: str, *, target: Target | None = None, detail: bool = False) -> Row:
        """Show the 99th percentile beside the median of the limit."""
        slowest = quantiles(self.ms, n=100)[98]
        name = f"{name}, 99th percentile"
        limit_name = "NumPy over all fingerprints, in memory"
        return Row(name, slowest, "ms", median(self.brute_ms), limit_name, target, detail)

    def middle(self) -> Row:
        """Show the median, and whether anything was missed."""
        name = f"median; {100 * self.recall:.6g} % of what brute force finds"
        return Row(name, median(self.ms), "ms", median(self.brute_ms), "the same", detail=True)


def measure_similar(bench: Bench) -> Section:
    """Search among 10,000, 100,000 and 1,000,000 images, a tenth of them in clusters."""
    most = bench.count(1_000_000, 20_000)
    times = bench.count(500, 100)
    rows: list[Row] = []
    for images in (most // 100, most // 10, most):
        fingerprints = _draw(images)
        name = f"similar_{images}"
        with MongoClient[dict[str, object]](bench.servers.mongodb_url) as client:
            _fill(client, name, fingerprints)
            found = _search(bench, name, fingerprints, DISTANCE, times)
            target = Target(SLOWEST_MS, of="figure", at_most=True)
            rows += [found.row(f"among {images:,}, distance {DISTANCE}", target=target)]
            rows += [found.middle()]
            if images == most:
                rows += _variations(bench, name, fingerprints, times)
            client.drop_database(name)
    return Section("near-duplicates: a page of them, in the whole collection", rows)


def _variations(
    bench: Bench, database: str, fingerprints: Fingerprints, times: int
) -> Sequence[Row]:
    rows = []
    for distance in (2, 4, 8, 16):
        few = times // 10 if distance == 16 else times
        found = _search(bench, database, fingerprints, distance, few)
        rows += [found.row(f"distance {distance}", detail=True), found.middle()]
    found = _search(bench, database, fingerprints, DISTANCE, times, of_user=True)
    name = f"distance {DISTANCE}, within one user of {USERS}"
    return [*rows, found.row(name, detail=True), found.middle()]


def _draw(images: int) -> Fingerprints:
    """Draw fingerprints: most at random, a tenth in clusters of copies that were changed."""
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
    return {
        "_id": new_id(),
        "job_id": f"job-{number // 50}",
        "user_id": f"user-{number % USERS}",
        "key_id": "admin",
        "index": number % 50,
        "chunk": 0,
        "sha256": f"{number:064x}",
        "size_bytes": 1000,
        "filename": "photo.jpg",
        "format": "jpeg",
        "uploaded_at": now,
        "duplicate_of": None,
        "status": "succeeded",
        "cells": {"fingerprint": {"status": "succeeded", "version": 1, "error": None}},
        "fingerprint": fingerprint,
        "fingerprint_bands": band_keys(fingerprint),
    }


def _search(
    bench: Bench,
    database: str,
    fingerprints: Fingerprints,
    distance: int,
    times: int,
    *,
    of_user: bool = False,
) -> Found:
    searching = _search_all(bench, database, fingerprints, distance, times, of_user=of_user)
    return asyncio.run(searching)


async def _search_all(
    bench: Bench,
    database: str,
    fingerprints: Fingerprints,
    distance: int,
    times: int,
    *,
    of_user: bool,
) -> Found:
    urls = (bench.servers.mongodb_url, bench.servers.redis_url)
    client = connect_mongo(StoreSettings(*urls))
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
    """Give the distances of a page, nearest first."""
    among = fingerprints if user is None else fingerprints[user::USERS]
    apart = np.bitwise_count((among ^ fingerprints[number]).view(np.uint64))
    near = apart[apart <= distance]
    near.sort()
    return [int(bits) for bits in near[:PAGE]]
