"""A batch that describes stored images: beside a bare loop, and beside people's uploads."""

import asyncio
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import msgspec

from benchmarks.bare_loop import LIMITS, run_loop
from benchmarks.harness.clients import check_status, in_own_process, upload_and_wait
from benchmarks.harness.http_client import Address, Connection, get_request, json_request
from benchmarks.harness.meter import percentile
from benchmarks.harness.pictures import write_small
from benchmarks.harness.polling import wait_one_by_one
from benchmarks.harness.service import Bench, running_service
from benchmarks.rows import Row, Section, Target
from domain.images.formats import ImageFormat
from domain.images.operations import EMBEDDING
from domain.images.pipeline import process_image

WARM_UP_FILES = 10
FILES_A_REQUEST = 20
POLL_SECONDS = 0.1
ORDER = msgspec.json.encode({"operation": EMBEDDING, "force": True})


class Progress(msgspec.Struct):
    """The fields of a batch that are looked at."""

    id: str
    done: int = 0
    finished_at: str | None = None


def measure_backfill(bench: Bench) -> Section:
    """Describe stored images anew, alone and while people upload."""
    stored, people = bench.count(800, 200), bench.count(200, 60)
    paths = write_small(bench.folder / "backfill", stored, 31)
    alone, beside = (
        write_small(bench.folder / f"people-{seed}", WARM_UP_FILES + people, seed)
        for seed in (32, 33)
    )
    loop = run_loop(describe, paths, bench.cores)
    with running_service(bench, MINILAB_LEARNING="true") as service:
        address = service.address
        in_own_process(upload_and_wait, address, paths, 2, FILES_A_REQUEST)
        seconds = in_own_process(run_batch, address)
        without, _ = in_own_process(wait_one_by_one, address, alone)
        during, done = in_own_process(wait_beside_batch, address, beside)
    ms, quiet_ms = ([1000 * s for s in times[WARM_UP_FILES:]] for times in (during, without))
    limit = "a bare loop of the same operation, one process a core"
    rows = [
        Row("batch, alone", stored / seconds, "/s", loop.per_second, limit, Target(0.85)),
        Row(
            "99th percentile of people's uploads beside a batch",
            percentile(ms, 99),
            "ms",
            percentile(quiet_ms, 99),
            "without a batch",
            Target(1.2, at_most=True),
        ),
        Row("their median", percentile(ms, 50), "ms", percentile(quiet_ms, 50), "", detail=True),
        Row("images of the batch that were done meanwhile", done, "", detail=True),
    ]
    return Section(f"a batch that describes {stored:,} stored portraits", rows)


def describe(data: bytes) -> object:
    """Compute what the batch computes."""
    return process_image(data, ImageFormat.JPEG, (EMBEDDING,), LIMITS, lambda: None)


async def run_batch(address: Address) -> float:
    """Run a batch; return the seconds from its request to its end.

    The first one starts the children of batches, so it does not count.
    """
    connection = await Connection.open(address)
    seconds = 0.0
    for _ in range(2):
        began = time.perf_counter()
        batch = await _start(connection, address)
        while batch.finished_at is None:
            await asyncio.sleep(POLL_SECONDS)
            batch = await _read(connection, address, batch.id)
        seconds = time.perf_counter() - began
    return seconds


async def wait_beside_batch(address: Address, paths: Sequence[Path]) -> tuple[list[float], int]:
    """Upload photos one by one while batches run; return the seconds, and what batches did."""
    connection = await Connection.open(address)
    uploading = asyncio.create_task(wait_one_by_one(address, paths))
    done = 0
    batch = await _start(connection, address)
    while not uploading.done():
        await asyncio.sleep(POLL_SECONDS)
        batch = await _read(connection, address, batch.id)
        if batch.finished_at is not None:
            done += batch.done
            batch = await _start(connection, address)
    times, _ = await uploading
    return times, done + batch.done


async def _start(connection: Connection, address: Address) -> Progress:
    answer = await connection.send([json_request(address, "/v1/batches", ORDER)])
    check_status(answer, HTTPStatus.ACCEPTED)
    return msgspec.json.decode(answer.body, type=Progress)


async def _read(connection: Connection, address: Address, batch_id: str) -> Progress:
    answer = await connection.send([get_request(address, f"/v1/batches/{batch_id}")])
    check_status(answer, HTTPStatus.OK)
    return msgspec.json.decode(answer.body, type=Progress)
