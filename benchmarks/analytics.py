"""Line 11: histograms across users: medians, weeks, similar users, and their aggregation."""

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median
from typing import Any

import msgspec
import numpy as np
from pymongo import MongoClient

from benchmarks.aggregation import aggregate_all
from benchmarks.analytics_data import (
    IMAGES_OF_USER,
    PIXELS,
    SignatureFiller,
    fill_day,
    fill_images,
    user_name,
)
from benchmarks.harness.clients import in_own_process, time_reads
from benchmarks.harness.meter import MEGABYTE, cpu_seconds, percentile, tree_rss_mb, watch_peak
from benchmarks.harness.service import Bench, Service, running_service
from benchmarks.rows import Row, Section, Target, figure_at_most
from benchmarks.similar_users import AT_MOST, PRODUCT, measure_growth, time_products
from storage.aggregates.contributions import CONTRIBUTIONS
from storage.histograms.medians import MEDIANS
from storage.mongo.client import connect_mongo
from storage.schema import ensure_indexes
from storage.settings import StoreSettings

UNCHANGED_MS = 20.0
WEEK_MS = 20.0
COLD_TIMES = 3
DAY = datetime(2026, 11, 20, tzinfo=UTC)
Client = MongoClient[dict[str, Any]]


def measure_analytics(bench: Bench) -> Section:
    """Read over HTTP, and search among growing numbers of users."""
    rows: list[Row] = []
    with running_service(bench) as service, Client(bench.servers.mongodb_url) as client:
        service.worker.stop()  # It would aggregate the data that is filled in.
        rows += _measure_median(bench, client, service)
        rows += _measure_week(bench, client, service)
        rows += _measure_similar(bench, client, service)
        client.drop_database(service.database)
    rows += _measure_aggregation(bench)
    rows += measure_growth(bench, is_drawn=not bench.quick)
    return Section("histograms across users", rows)


def _measure_median(bench: Bench, client: Client, service: Service) -> list[Row]:
    """Read the median of a day, cold and again, beside plain NumPy."""
    images = bench.count(200_000, 20_000)
    counts = fill_day(client[service.database], DAY, images)
    client.admin.command("fsync")
    path = f"/v1/histograms/median?day={DAY:%Y-%m-%d}"
    limits, cold = [], []
    idle = tree_rss_mb(service.api.pid)
    with watch_peak(partial(tree_rss_mb, service.api.pid)) as peak:
        for _ in range(COLD_TIMES):
            before = time.perf_counter()
            expected = np.median(counts / np.full((images, 1), PIXELS), axis=0)
            limits.append(1000 * (time.perf_counter() - before))
            client[service.database][MEDIANS].delete_many({})
            cold += in_own_process(time_reads, service.address, [path], 1)
    again = in_own_process(time_reads, service.address, [path], bench.count(200, 50))
    assert len(expected) == len(counts[0])
    name = f"median of a day with {images:,} images"
    limit_name = "NumPy: np.median of the shares, in memory"
    return [
        Row(
            f"{name}, cold", median(cold), "ms", median(limits), limit_name, Target(3, at_most=True)
        ),
        Row(
            "unchanged, 95th percentile",
            percentile(again, 95),
            "ms",
            target=figure_at_most(UNCHANGED_MS),
        ),
        Row(
            "memory of the API above idle, at its peak",
            peak.value - idle,
            "MB",
            counts.nbytes * 2 / MEGABYTE,
            "the shares in float64",
            detail=True,
        ),
    ]


def _measure_week(bench: Bench, client: Client, service: Service) -> list[Row]:
    """Read the weeks of users with 14 images each."""
    users = bench.count(5_000, 200)
    owners = [user_name(number % users) for number in range(users * IMAGES_OF_USER)]
    monday = datetime(2026, 11, 16, tzinfo=UTC) + timedelta(hours=1)
    fill_images(client[service.database], owners, monday)
    paths = [f"/v1/users/{user_name(number)}/histograms?week=2026-W47" for number in range(users)]
    ms = in_own_process(time_reads, service.address, paths, bench.count(500, 100))
    limit = in_own_process(time_reads, service.address, ["/v1/capabilities"], 200)
    name = f"week of a user with {IMAGES_OF_USER} images, 95th percentile"
    nothing = "a request that reads nothing, median"
    return [Row(name, percentile(ms, 95), "ms", median(limit), nothing, figure_at_most(WEEK_MS))]


def _measure_similar(bench: Bench, client: Client, service: Service) -> list[Row]:
    """Read the most similar users, beside a product of all with one."""
    users, times = bench.count(100_000, 5_000), bench.count(500, 100)
    filler = SignatureFiller(client[service.database], users)
    filler.fill(users)
    client.admin.command("fsync")
    asked = np.random.default_rng(1).integers(0, users, 50).tolist()
    paths = [f"/v1/users/{user_name(number)}/similar" for number in asked]
    idle = tree_rss_mb(service.api.pid)
    first = in_own_process(time_reads, service.address, paths[:1], 1)
    ms = in_own_process(time_reads, service.address, paths, times)
    since = [f"{paths[0]}?since={DAY:%Y-%m-%d}T00:00:00Z"]
    since_ms = in_own_process(time_reads, service.address, since, COLD_TIMES)
    images = client[service.database][CONTRIBUTIONS].estimated_document_count()
    shares = filler.shares.astype(np.float64)
    limit = median(time_products(shares, asked))
    small_limit = median(time_products(filler.shares, asked))
    name = f"similar users among {users:,}, over HTTP"
    return [
        Row(f"{name}, 95th percentile", percentile(ms, 95), "ms", limit, PRODUCT, AT_MOST),
        Row("median", median(ms), "ms", limit, "the same", detail=True),
        Row("median", median(ms), "ms", small_limit, "the same in float32", detail=True),
        Row(
            f"similar users by uploads since a day, of {images:,} images",
            median(since_ms),
            "ms",
            detail=True,
        ),
        Row("the first question, which makes the index", first[0] / 1000, "s", detail=True),
        Row(
            "memory of the API above that before",
            tree_rss_mb(service.api.pid) - idle,
            "MB",
            shares.nbytes / MEGABYTE,
            "the mean histograms in float64",
            detail=True,
        ),
    ]


def _measure_aggregation(bench: Bench) -> list[Row]:
    """Aggregate images with histograms beside as many without; the difference is their cost."""
    images = bench.count(20_000, 3_000)
    with_cpu, without_cpu = (
        _aggregate(bench, images, has_histogram=has_histogram) for has_histogram in (True, False)
    )
    return [
        Row(
            f"{of}'s processor time for an image that is counted, its histogram included",
            here,
            "ms",
            there,
            "the same without a histogram",
            detail=True,
        )
        for of, here, there in zip(("MongoDB", "the worker"), with_cpu, without_cpu, strict=True)
    ]


def _aggregate(bench: Bench, images: int, *, has_histogram: bool) -> tuple[float, float]:
    name = f"bench_count_{has_histogram}"
    settings = msgspec.structs.replace(bench.store_settings, mongodb_database=name)
    with Client(bench.servers.mongodb_url) as client:
        owners = [user_name(number % (images // 2)) for number in range(images)]
        in_own_process(_create_indexes, settings)
        fill_images(client[name], owners, DAY, has_histogram=has_histogram, is_uncounted=True)
        client.admin.command("fsync")
        pid = bench.servers.mongodb.pid
        before = cpu_seconds(pid)
        aggregation = in_own_process(aggregate_all, settings)
        mongodb = cpu_seconds(pid) - before
        assert aggregation.images == images
        client.drop_database(name)
    return 1000 * mongodb / images, 1000 * aggregation.cpu_seconds / images


async def _create_indexes(settings: StoreSettings) -> None:
    client = connect_mongo(settings)
    await ensure_indexes(client[settings.mongodb_database])
    client.close()
