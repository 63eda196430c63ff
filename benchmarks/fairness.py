"""Line 7: the wait of one image for its results while others have thousands queued."""

import asyncio
import random
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from statistics import median

import msgspec
from pymongo import MongoClient

from benchmarks.harness.clients import PREFER, check_status, distinct_photos, in_own_process
from benchmarks.harness.http_client import Address, Connection, upload_request
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import Bench, Service, running_service
from benchmarks.rows import Row, Section, Target
from storage.settings import WorkRules

PHOTOS = 100
CLIENTS = 8
PROBES = 20
WARM_UP_SECONDS = 2.0


class Backlog(msgspec.Struct, frozen=True):
    """The work that is queued before the single images arrive.

    Attributes:
        tenants: Number of tenants with a backlog.
        images: Images of the first tenant.
        others_images: Images of each of the others.
        files: Files in a request.
    """

    tenants: int
    images: int
    others_images: int
    files: int


class Waits(msgspec.Struct, frozen=True):
    """Waits of the tenant with single images.

    Attributes:
        seconds: From sending each image to having its results.
        turn_seconds: The time of one full chunk meanwhile.
    """

    seconds: list[float]
    turn_seconds: float


def measure_fairness(bench: Bench) -> Section:
    """Send single images while 1, 10 and 100 other tenants have a backlog."""
    paths = write_small(bench.folder / "turns", PHOTOS, 5)
    most = bench.count(5000, 1500)
    backlogs = [
        Backlog(1, most, 0, 50),
        Backlog(1, most, 0, 1),
        Backlog(10, most, most // 10, 50),
        Backlog(100, most, 100, 50),
    ]
    rows = [row for backlog in backlogs for row in _rows(backlog, _measure(bench, paths, backlog))]
    return Section(f"one image, while another tenant has {most:,} queued", rows)


def _rows(backlog: Backlog, waits: Waits) -> list[Row]:
    active = backlog.tenants + 1
    limit_ms = 1000 * 2 * active * waits.turn_seconds
    others = "1 tenant" if backlog.tenants == 1 else f"{backlog.tenants} tenants"
    one = "1 file" if backlog.files == 1 else f"{backlog.files} files"
    name = f"{others} with a backlog, {one} a request"
    limit = f"2 × {active} turns of {1000 * waits.turn_seconds:.0f} ms"
    return [
        Row(
            f"{name}: longest of {len(waits.seconds)} waits",
            1000 * max(waits.seconds),
            "ms",
            limit_ms,
            limit,
            Target(1, at_most=True),
        ),
        Row("median", 1000 * median(waits.seconds), "ms", limit_ms, limit, detail=True),
    ]


def _measure(bench: Bench, paths: Sequence[Path], backlog: Backlog) -> Waits:
    with running_service(bench) as service:
        in_own_process(probe, service.address, paths, 10)  # Warms up.
        service.worker.freeze()
        in_own_process(queue_up, service.address, paths, backlog)
        service.worker.resume()
        time.sleep(WARM_UP_SECONDS)
        began, before = time.perf_counter(), count_done(service)
        waits = in_own_process(probe, service.address, paths, bench.count(PROBES, 8))
        done = count_done(service) - before
        seconds = time.perf_counter() - began
    return Waits(waits, seconds * WorkRules().chunk_max_images / done)


def count_done(service: Service) -> int:
    """Count the images that have ended."""
    with MongoClient[dict[str, object]](service.servers.mongodb_url) as client:
        return client[service.database]["images"].count_documents({"status": "succeeded"})


async def queue_up(address: Address, paths: Sequence[Path], backlog: Backlog) -> None:
    """Upload all images of a backlog, no two with the same bytes."""
    photos = distinct_photos(paths)
    images = [backlog.images] + [backlog.others_images] * (backlog.tenants - 1)
    requests = iter(
        [f"tenant-{n}" for n, most in enumerate(images) for _ in range(most // backlog.files)]
    )

    async def send(connection: Connection) -> None:
        for user_id in requests:
            contents = [next(photos) for _ in range(backlog.files)]
            request = upload_request(address, "/v1/jobs", contents, user_id=user_id)
            check_status(await connection.send(request), HTTPStatus.ACCEPTED)

    connections = [await Connection.open(address) for _ in range(CLIENTS)]
    await asyncio.gather(*map(send, connections))


async def probe(address: Address, paths: Sequence[Path], times: int) -> list[float]:
    """Upload single images at random moments and wait for the results of each.

    Returns:
        Seconds from each upload to its answer with all results.
    """
    connection = await Connection.open(address)
    chance = random.Random()
    waits = []
    for number in range(times):
        await asyncio.sleep(chance.uniform(0.05, 0.3))
        photo = paths[number % len(paths)].read_bytes() + chance.randbytes(8)
        before = time.perf_counter()
        answer = await connection.send(
            upload_request(address, "/v1/jobs", [photo], PREFER, user_id="one")
        )
        waits.append(time.perf_counter() - before)
        check_status(answer, HTTPStatus.OK)
    return waits
