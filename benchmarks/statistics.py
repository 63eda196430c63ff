"""Line 9: statistics over millions of images, their aggregation, and uploads beside them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import msgspec
from pymongo import MongoClient

from benchmarks.aggregation import aggregate_all
from benchmarks.counted_images import BATCH, ImageFiller
from benchmarks.harness.clients import in_own_process, time_reads, time_requests
from benchmarks.harness.http_client import upload_request
from benchmarks.harness.meter import cpu_seconds, percentile
from benchmarks.harness.service import Bench, Service, running_service
from benchmarks.rows import Row, Section, Target, figure_at_most
from storage.aggregates.counted_images import IS_UNCOUNTED, UNCOUNTED
from storage.mongo.client import DURABLE

PATH = "/v1/statistics?tz=Asia/Kathmandu"
LIMIT_PATH = "/v1/capabilities"
SLOWEST_MS = 50.0
"""The bound of a read, at the 99th percentile."""
COUNTED_PER_SECOND = 2_000.0
PENDING_IMAGES = 20_000
"""Images of a flood that are not aggregated yet."""


class Times(msgspec.Struct, frozen=True):
    """Times of requests, one after the other.

    Attributes:
        ms: Time of each read, in ms.
        limit_ms: Time of requests that read nothing, in ms.
    """

    ms: list[float]
    limit_ms: list[float]

    def rows(self, name: str, *, is_promised: bool = True) -> list[Row]:
        """Make the rows of the 99th percentile and the median."""
        limit = "a request that reads nothing, median"
        target = figure_at_most(SLOWEST_MS) if is_promised else None
        slowest, middle = percentile(self.ms, 99), median(self.ms)
        other = median(self.limit_ms)
        return [
            Row(f"{name}, 99th percentile", slowest, "ms", other, limit, target),
            Row("median", middle, "ms", other, "the same", detail=True),
        ]


def measure_statistics(bench: Bench) -> Section:
    """Read the statistics of 100,000, 1,000,000 and 5,000,000 images; aggregate; upload."""
    most = bench.count(5_000_000, 10 * BATCH)
    times = bench.count(1_000, 200)
    rows: list[Row] = []
    uploads: list[Row] = []
    with (
        running_service(bench) as service,
        MongoClient[dict[str, Any]](bench.servers.mongodb_url) as client,
    ):
        service.worker.stop()  # It would process the uploads.
        _drop_other_indexes(client, service)
        filler = ImageFiller(client, service.database, datetime.now(UTC))
        for images in (max(most // 50, BATCH), most // 5, most):
            filler.fill(images)
            client.admin.command("fsync")  # Else the writing disturbs the measurement.
            read = _read(service, times)
            rows += read.rows(f"read of {images:,} images")
            uploads += _upload(service, images, times // 2)
            _forget_uploads(client, service)
        rows += _backlogs(bench, client, service, times // 5)
        client.drop_database(service.database)
    return Section("statistics: read over HTTP, counted, and uploads beside them", rows + uploads)


def _drop_other_indexes(client: MongoClient[dict[str, Any]], service: Service) -> None:
    """Keep only the index that statistics need: all of them would take an hour to fill."""
    images = client[service.database]["images"]
    for name in images.index_information():
        if name not in {"_id_", UNCOUNTED}:
            images.drop_index(name)


def _read(service: Service, times: int) -> Times:
    """Read the statistics, in turn with a route that needs no store."""
    ms = in_own_process(time_reads, service.address, [PATH, LIMIT_PATH], 2 * times)
    return Times(ms[::2], ms[1::2])


def _upload(service: Service, images: int, times: int) -> list[Row]:
    """Upload small files one by one; measure their time and MongoDB's processor time."""
    pid = service.servers.mongodb.pid
    before = cpu_seconds(pid)
    files = [b"\xff\xd8\xff\xe0" + f"{images} {number}".encode() * 100 for number in range(times)]
    requests = [upload_request(service.address, "/v1/jobs", [file]) for file in files]
    ms = in_own_process(time_requests, service.address, requests)
    cpu_ms = 1000 * (cpu_seconds(pid) - before) / times
    name = f"a ticket for one file beside {images:,} images"
    return [
        Row(f"{name}, median", median(ms), "ms"),
        Row("MongoDB's processor time for it", cpu_ms, "ms", detail=True),
    ]


def _forget_uploads(client: MongoClient[dict[str, Any]], service: Service) -> None:
    """Remove the uploads: no worker processes them, and open images are not aggregated."""
    database = client[service.database]
    database["images"].delete_many(IS_UNCOUNTED)
    for name in ("jobs", "blobs.files", "blobs.chunks"):
        database[name].delete_many({})


def _backlogs(
    bench: Bench, client: MongoClient[dict[str, Any]], service: Service, times: int
) -> Sequence[Row]:
    """Read while nothing aggregates, then aggregate."""
    rows: list[Row] = []
    images = client[service.database].get_collection("images", write_concern=DURABLE)
    ids = [image["_id"] for image in images.find({}, {"_id": 1}).limit(PENDING_IMAGES)]
    for waiting in (PENDING_IMAGES // 20, PENDING_IMAGES):
        images.update_many(
            {"_id": {"$in": ids[:waiting]}},
            {"$set": {"uncounted": True, "faces": 2}},
        )
        read = _read(service, times)
        is_usual = waiting < PENDING_IMAGES
        rows += read.rows(f"read with {waiting:,} images not counted", is_promised=is_usual)
    settings = msgspec.structs.replace(bench.store_settings, mongodb_database=service.database)
    pid = bench.servers.mongodb.pid
    before = cpu_seconds(pid)
    aggregation = asyncio.run(aggregate_all(settings))
    cpu_ms = 1000 * (cpu_seconds(pid) - before) / aggregation.images
    target = Target(COUNTED_PER_SECOND, of="figure")
    rows.append(Row("counted", aggregation.images / aggregation.seconds, "images/s", target=target))
    whole_ms = 1000 * aggregation.seconds / aggregation.images
    name = "MongoDB's processor time for an image that is counted"
    rows.append(Row(name, cpu_ms, "ms", whole_ms, "its time altogether", detail=True))
    return rows
