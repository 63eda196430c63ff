"""Large files through resumable uploads, beside the same files in one request each."""

import re
from functools import partial
from http import HTTPStatus
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.harness.clients import (
    Visit,
    check_status,
    in_own_process,
    send_at_once,
    upload_and_wait,
    upload_at_once,
)
from benchmarks.harness.http_client import Address, Connection, json_request, tus_request
from benchmarks.harness.meter import MEGABYTE, settle, tree_rss_mb, watch_peak
from benchmarks.harness.pictures import write_small
from benchmarks.harness.service import Bench, running_service
from benchmarks.memory import FILE_BYTES, FILES
from benchmarks.rows import Row, Section, Target, figure_at_most
from storage.mongo.client import batched

TUS = "/v1/uploads/tus"
PIECE_BYTES = 8 * 1024 * 1024
ROUNDS = 7
_LOCATION = re.compile(rb"^location: (.+)\r?$", re.MULTILINE)


def measure_resumable(bench: Bench) -> Section:
    """Upload a file of 50 MB both ways in turn, then twenty by tus at the same time."""
    file_bytes = bench.count(FILE_BYTES, FILE_BYTES // 5)
    photos = write_small(bench.folder / "resumable", 32, 23)
    with running_service(bench) as service:
        in_own_process(upload_and_wait, service.address, photos, 4, 8)
        service.worker.stop()
        pairs = [
            (
                in_own_process(upload_at_once, service.address, form, 1, file_bytes),
                in_own_process(tus_at_once, service.address, piecewise, 1, file_bytes),
            )
            # Each file has another head: equal bytes would be stored once.
            for form, piecewise in batched(photos[: 2 * bench.count(ROUNDS, 1)], 2)
        ]
        read_api = partial(tree_rss_mb, service.api.pid)
        idle = settle(read_api)
        with watch_peak(read_api) as peak:
            visit = in_own_process(tus_at_once, service.address, photos[-1], FILES, file_bytes)
    megabytes = file_bytes / MEGABYTE
    at_once, by_tus = (
        megabytes / median(one.seconds for one in visits) for visits in zip(*pairs, strict=True)
    )
    return Section(
        f"resumable uploads (tus): files of {megabytes:.0f} MB in pieces of 8 MB",
        [
            Row(
                "a file by tus, to its ticket",
                by_tus,
                "MB/s",
                at_once,
                "the same file as one form",
                Target(0.8),
            ),
            Row(
                f"memory of the API above idle, {FILES} files by tus at once",
                peak.value - idle,
                "MB",
                idle,
                "the same process, idle",
                figure_at_most(100),
            ),
            Row(
                f"bytes accepted and durable, {FILES} files by tus at once",
                FILES * megabytes / visit.seconds,
                "MB/s",
                detail=True,
            ),
        ],
    )


async def tus_at_once(address: Address, photo: Path, files: int, file_bytes: int) -> Visit:
    """Upload large files piece by piece, all at the same time, and make a job of each."""

    async def send(connection: Connection, file: bytes) -> None:
        content = memoryview(file)
        length = f"Upload-Length: {len(content)}\r\n"
        created = await connection.send(tus_request(address, "POST", TUS, length))
        check_status(created, HTTPStatus.CREATED)
        found = _LOCATION.search(created.head)
        assert found is not None
        path = found[1].decode().strip()
        for offset in range(0, len(content), PIECE_BYTES):
            piece = content[offset : offset + PIECE_BYTES]
            told = f"Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n"
            answer = await connection.send(tus_request(address, "PATCH", path, told, piece))
            check_status(answer, HTTPStatus.NO_CONTENT)
        body = msgspec.json.encode({"uploads": [path.rsplit("/", 1)[-1]]})
        job = await connection.send([json_request(address, "/v1/jobs", body)])
        check_status(job, HTTPStatus.ACCEPTED)

    return await send_at_once(address, photo, files, file_bytes, send)
