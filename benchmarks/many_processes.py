"""Line 14: what thousands of tenants and many processes cost."""

import asyncio
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import msgspec
from pymongo import MongoClient

from api.admission.load_watch import LoadWatch
from api.jobs.estimates import Estimates
from benchmarks.fairness import Backlog, count_done, queue_up
from benchmarks.harness.clients import in_own_process
from benchmarks.harness.meter import cpu_seconds
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import (
    Bench,
    Service,
    new_database,
    running_module,
    running_service,
)
from benchmarks.one_target import measure_one_target
from benchmarks.rows import Row, Section, Target
from deploy.servers.process import ServerProcess
from storage.clock import new_id, utc_now
from storage.settings import WorkRules
from storage.stores import Stores, open_stores

PHOTOS = 100
OPEN_JOBS = 3000
READ_SECONDS = 20
# The shares of all images between which the rate is taken: the first 5,000 are in the queue from
# the begin, the others come by refills.
FROM, UNTIL = 0.3, 0.55
LOOK_SECONDS = 0.25
START_SECONDS = 180
MOST_SECONDS = 3600


def measure_many_processes(bench: Bench) -> Section:
    """Drain many tenants, with few and many workers; read the queue; deliver to one target."""
    images = bench.count(20_000, 2_000)
    paths = write_small(bench.folder / "many", PHOTOS, 5)
    few, _ = _drain(bench, paths, Backlog(images // 100, 100, 100, 1))
    many, _ = _drain(bench, paths, Backlog(images, 1, 1, 1))
    less = Backlog(20, images // 160, images // 160, 1)
    _, with_two = _drain(bench, paths, less, workers=2)
    _, with_eight = _drain(bench, paths, less, workers=8)
    one, four = (asyncio.run(_read(bench, processes)) for processes in (1, 4))
    return Section(
        "a fleet",
        [
            Row(
                f"{images:,} tenants with 1 image each, drained",
                many,
                "images/s",
                few,
                f"{images // 100} tenants with 100 each",
                Target(0.9),
            ),
            Row(
                "MongoDB with 8 workers",
                with_eight,
                "ms an image",
                with_two,
                "with 2 workers",
                Target(1.1, at_most=True),
            ),
            Row(
                f"readings of 4 API processes, {OPEN_JOBS:,} open jobs",
                four,
                "ms/s of MongoDB",
                one,
                "of one",
                Target(1.2, at_most=True),
            ),
            *measure_one_target(bench),
        ],
    )


def _drain(
    bench: Bench, paths: list[Path], backlog: Backlog, workers: int = 1
) -> tuple[float, float]:
    """Queue a backlog, and let workers drain it; each of several workers has one child.

    Returns:
        Images a second, and the processor time of MongoDB for each, in ms.
    """
    images = backlog.images + backlog.others_images * (backlog.tenants - 1)
    settings = {"MINILAB_WORKER_CHILDREN": "1"} if workers > 1 else {}
    with (
        running_service(bench, **settings) as service,
        _more_workers(bench, service, settings, workers - 1) as more,
    ):
        for worker in (service.worker, *more):
            worker.freeze()
        in_own_process(queue_up, service.address, paths, backlog)
        for worker in (service.worker, *more):
            worker.resume()
        first, began, cpu = _wait_for(service, round(images * FROM))
        last, ended, cpu_after = _wait_for(service, round(images * UNTIL))
    return (last - first) / (ended - began), 1000 * (cpu_after - cpu) / (last - first)


@contextmanager
def _more_workers(
    bench: Bench, service: Service, settings: Mapping[str, str], count: int
) -> Iterator[list[ServerProcess]]:
    """Run more workers while the context lasts; all are live when it begins."""
    environment = bench.environment(service.database) | dict(settings)
    with (
        MongoClient[dict[str, object]](service.servers.mongodb_url) as client,
        ExitStack() as stack,
    ):
        live = client[service.database]["workers"]
        started = [
            stack.enter_context(
                running_module(
                    bench, ["tasks"], environment, lambda: live.count_documents({}) > count
                )
            )
            for _ in range(count)
        ]
        for worker in started:
            worker.wait_ready(START_SECONDS)
        yield started


def _wait_for(service: Service, images: int) -> tuple[int, float, float]:
    """Wait until so many images are done; return their number, the time, and MongoDB's."""
    until = time.monotonic() + MOST_SECONDS
    while (done := count_done(service)) < images:
        if time.monotonic() > until:
            raise TimeoutError(f"{done} of {images} images are done")
        time.sleep(LOOK_SECONDS)
    return done, time.monotonic(), cpu_seconds(service.servers.mongodb.pid)


async def _read(bench: Bench, processes: int) -> float:
    """Read the queue as API processes do; return the processor time of MongoDB, in ms a second."""
    mongodb = bench.servers.mongodb.pid
    settings = msgspec.structs.replace(bench.store_settings, mongodb_database=new_database())
    async with AsyncExitStack() as stack:
        stores = [
            await stack.enter_async_context(open_stores(settings, WorkRules()))
            for _ in range(processes)
        ]
        await stores[0].prepare()
        await _open_jobs(stores[0], OPEN_JOBS)
        reading = [asyncio.create_task(work) for one in stores for work in _readers(one)]
        await asyncio.sleep(5)  # Until they have read once.
        used = await _ms_a_second(mongodb, bench.count(READ_SECONDS, 10))
        for task in reading:
            task.cancel()
        await asyncio.wait(reading)
        # At the end: MongoDB is busy for a while with what was written before.
        idle = await _ms_a_second(mongodb, bench.count(READ_SECONDS, 10))
    return used - idle


def _readers(stores: Stores) -> list[Coroutine[object, object, None]]:
    watch, estimates = LoadWatch(stores.load, has_quota=False), Estimates(stores)

    async def estimate() -> None:
        while True:
            await estimates.refresh()
            await asyncio.sleep(LOOK_SECONDS)

    return [watch.follow_work(), watch.follow_room(), estimate()]


async def _open_jobs(stores: Stores, count: int) -> None:
    job = {"key_id": "admin", "operations": ["metadata"], "due_at": utc_now()}
    job |= {"tally": {"waiting": 1, "running": 0}}
    jobs = [job | {"_id": new_id(), "user_id": f"u{number}"} for number in range(count)]
    await stores.database["jobs"].insert_many(jobs)


async def _ms_a_second(pid: int, seconds: float) -> float:
    began, before = time.monotonic(), cpu_seconds(pid)
    await asyncio.sleep(seconds)
    return 1000 * (cpu_seconds(pid) - before) / (time.monotonic() - began)
