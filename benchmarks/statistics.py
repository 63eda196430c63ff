"""Line 9: statistics over millions of images, and what they cost uploads and the work."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

import msgspec
from pymongo import MongoClient

from benchmarks.counted_images import BATCH, ImageFiller
from benchmarks.harness.clients import in_own_process
from benchmarks.harness.http_client import Address, Connection, get_request, upload_request
from benchmarks.harness.meter import cpu_seconds
from benchmarks.harness.service import Bench, Service, running_service
from benchmarks.rows import Row, Section, Target
from storage.aggregates.aggregator import LEASE_NAME, Aggregator
from storage.aggregates.counted_images import IS_UNCOUNTED, UNCOUNTED
from storage.mongo.client import DURABLE, connect_mongo
from storage.settings import StoreSettings

PATH = "/v1/statistics?tz=Asia/Kathmandu"
LIMIT_PATH = "/v1/capabilities"
SLOWEST_MS = 50.0
"""What a read may take at the 99th percentile."""
COUNTED_PER_SECOND = 2_000.0
OFF_GUARD = 20_000
"""Images of a flood that nobody has counted yet."""
WARM_UP = 10


class Times(msgspec.Struct, frozen=True):
    """How long requests took, one after the other.

    Attributes:
        ms: Of each, in ms.
        limit_ms: Of requests that read nothing, in ms.
    """

    ms: list[float]
    limit_ms: list[float]

    def rows(self, name: str, *, is_promised: bool = True) -> list[Row]:
        """Show the 99th percentile and the median."""
        limit = "a request that reads nothing, median"
        target = Target(SLOWEST_MS, of="figure", at_most=True) if is_promised else None
        slowest, middle = quantiles(self.ms, n=100)[98], median(self.ms)
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
        service.worker.stop()  # It would work on what is uploaded here.
        _drop_other_indexes(client, service)
        filler = ImageFiller(client, service.database, datetime.now(UTC))
        for images in (max(most // 50, BATCH), most // 5, most):
            filler.fill(images)
            client.admin.command("fsync")  # Else it is written in the way of what is measured.
            read = in_own_process(_ask, service.address, times)
            rows += read.rows(f"read of {images:,} images")
            uploads += _upload(service, images, times // 2)
            _forget_uploads(client, service)
        rows += _backlogs(bench, client, service, times // 5)
        client.drop_database(service.database)
    return Section("statistics: read over HTTP, counted, and uploads beside them", rows + uploads)


def _drop_other_indexes(client: MongoClient[dict[str, Any]], service: Service) -> None:
    """Keep of the images' indexes what statistics need: all of them would take an hour to fill."""
    images = client[service.database]["images"]
    for name in images.index_information():
        if name not in {"_id_", UNCOUNTED}:
            images.drop_index(name)


async def _ask(address: Address, times: int) -> Times:
    """Ask for the statistics, and in between for what needs no store."""
    connection = await Connection.open(address)
    requests = [[get_request(address, path)] for path in (PATH, LIMIT_PATH)]
    found = [
        [await _time(connection.send(request)) for request in requests]
        for _ in range(WARM_UP + times)
    ]
    connection.close()
    ms, limit_ms = zip(*found[WARM_UP:], strict=True)
    return Times(list(ms), list(limit_ms))


async def _time(request: Coroutine[Any, Any, Any]) -> float:
    before = time.perf_counter()
    answer = await request
    taken = 1000 * (time.perf_counter() - before)
    assert answer.status in {200, 202}, answer.body
    return taken


def _upload(service: Service, images: int, times: int) -> list[Row]:
    """Send small files one by one, and see what each takes, and costs MongoDB."""
    pid = service.servers.mongodb.pid
    before = cpu_seconds(pid)
    ms = in_own_process(_drop_off, service.address, images, times)
    cpu_ms = 1000 * (cpu_seconds(pid) - before) / times
    name = f"a ticket for one file beside {images:,} images"
    return [
        Row(f"{name}, median", median(ms), "ms"),
        Row("MongoDB's processor time for it", cpu_ms, "ms", detail=True),
    ]


def _forget_uploads(client: MongoClient[dict[str, Any]], service: Service) -> None:
    """Remove what was uploaded: nobody works on it, and what is open is not counted."""
    database = client[service.database]
    database["images"].delete_many(IS_UNCOUNTED)
    for name in ("jobs", "blobs.files", "blobs.chunks"):
        database[name].delete_many({})


async def _drop_off(address: Address, images: int, times: int) -> list[float]:
    connection = await Connection.open(address)
    files = [b"\xff\xd8\xff\xe0" + f"{images} {number}".encode() * 100 for number in range(times)]
    found = [
        await _time(connection.send(upload_request(address, "/v1/jobs", [file]))) for file in files
    ]
    connection.close()
    return found


def _backlogs(
    bench: Bench, client: MongoClient[dict[str, Any]], service: Service, times: int
) -> Sequence[Row]:
    """Read while nothing is aggregated, then aggregate."""
    rows: list[Row] = []
    images = client[service.database].get_collection("images", write_concern=DURABLE)
    ids = [image["_id"] for image in images.find({}, {"_id": 1}).limit(OFF_GUARD)]
    for waiting in (OFF_GUARD // 20, OFF_GUARD):
        images.update_many(
            {"_id": {"$in": ids[:waiting]}},
            {"$set": {"uncounted": True, "faces": 2}},
        )
        read = in_own_process(_ask, service.address, times)
        is_usual = waiting < OFF_GUARD
        rows += read.rows(f"read with {waiting:,} images not counted", is_promised=is_usual)
    pid = bench.servers.mongodb.pid
    before = cpu_seconds(pid)
    counted, seconds = asyncio.run(_aggregate(bench, service.database))
    cpu_ms = 1000 * (cpu_seconds(pid) - before) / counted
    target = Target(COUNTED_PER_SECOND, of="figure")
    rows.append(Row("counted", counted / seconds, "images/s", target=target))
    whole_ms = 1000 * seconds / counted
    name = "MongoDB's processor time for an image that is counted"
    rows.append(Row(name, cpu_ms, "ms", whole_ms, "its time altogether", detail=True))
    return rows


async def _aggregate(bench: Bench, database: str) -> tuple[int, float]:
    """Count everything pending. Gives how much, and the seconds that it took."""
    client = connect_mongo(StoreSettings(bench.servers.mongodb_url, bench.servers.redis_url))
    await client[database]["leases"].delete_one({"_id": LEASE_NAME})
    aggregator = Aggregator(client, client[database])
    before = time.perf_counter()
    counted = await aggregator.aggregate()
    seconds = time.perf_counter() - before
    client.close()
    return counted, seconds
