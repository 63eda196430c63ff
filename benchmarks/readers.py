"""Line 12: the wait for a small picture, and the memory, while others read a large one."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from pathlib import Path
from statistics import median

import msgspec
import numpy as np

from benchmarks.harness.clients import check_status, in_own_process
from benchmarks.harness.http_client import (
    Address,
    Connection,
    get_request,
    json_request,
    upload_request,
)
from benchmarks.harness.meter import percentile, rss_mb, settle, tree_rss_mb, watch_peak
from benchmarks.harness.pictures import encode_jpeg
from benchmarks.harness.service import Bench, running_service
from benchmarks.rows import Row, Section, figure_at_most

READERS = 30
LARGE_BYTES = 30_000_000
LARGE_SIZE = (5800, 3600)
LARGE_PICTURES = 4
SMALL_PX = 64
PROBES = 150
PAUSE_SECONDS = 0.03
READ_BYTES = 256 * 1024


class Held(msgspec.Struct, frozen=True):
    """A key, and the images that it may read."""

    key: str
    image_ids: list[str]


class Waits(msgspec.Struct, frozen=True):
    """The waits of the tenant with small pictures, and what the others did meanwhile.

    Attributes:
        seconds: From each request to its whole answer.
        reads: Answers that the others read.
        read_bytes: Bytes of these answers.
    """

    seconds: list[float]
    reads: int
    read_bytes: int


def measure_readers(bench: Bench) -> Section:
    """Ask for small pictures while 30 clients of another tenant ask for a large one."""
    probes = bench.count(PROBES, 40)
    large = write_large_pictures(bench.folder / "readers", LARGE_PICTURES)
    with running_service(bench) as service:
        crowd = in_own_process(take_in, service.address, "crowd", large, 0)
        other = in_own_process(take_in, service.address, "other", [], probes + 1)
        read_api = partial(rss_mb, service.api.pid)
        read_all = partial(tree_rss_mb, service.api.pid)
        in_own_process(warm_up, service.address, other)
        service.worker.stop()
        idle, idle_all = settle(read_api), read_all()
        with watch_peak(read_api) as peak, watch_peak(read_all) as peak_all:
            waits = in_own_process(read_and_probe, service.address, crowd, other)
    size = f"{LARGE_BYTES // 1_000_000} MB"
    at_idle = "the same, idle after a warm-up"
    return Section(
        f"{READERS} clients ask for a picture made from {size}, another tenant for small ones",
        [
            Row(
                f"p99 of {probes} waits for a new picture of {SMALL_PX} px",
                1000 * percentile(waits.seconds, 99),
                "ms",
                target=figure_at_most(1000),
            ),
            Row("median", 1000 * median(waits.seconds), "ms", detail=True),
            Row("large pictures read meanwhile", waits.reads, "", detail=True),
            Row(
                "memory of the API above idle, at its peak",
                peak.value - idle,
                "MB",
                idle,
                at_idle,
                figure_at_most(150),
            ),
            Row(
                "memory of the API and its children above idle, at its peak",
                peak_all.value - idle_all,
                "MB",
                idle_all,
                at_idle,
                detail=True,
            ),
        ],
    )


def write_large_pictures(folder: Path, count: int) -> list[Path]:
    """Write photos of 30 MB and more; they differ in the bytes behind their end."""
    folder.mkdir(parents=True)
    width, height = LARGE_SIZE
    noise = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    content = encode_jpeg(noise, 93)
    paths = []
    for number in range(count):
        path = folder / f"{number}.jpg"
        path.write_bytes(content.ljust(LARGE_BYTES, b"\0") + number.to_bytes(8, "big"))
        paths.append(path)
    return paths


async def take_in(address: Address, user_id: str, paths: Sequence[Path], small: int) -> Held:
    """Make a key for a user, and upload large pictures or small ones; waits for their results."""
    connection = await Connection.open(address)
    body = msgspec.json.encode({"role": "client", "user_id": user_id})
    answer = await connection.send([json_request(address, "/v1/api-keys", body)])
    check_status(answer, HTTPStatus.CREATED)
    own = Address(address.port, msgspec.json.decode(answer.body)["key"])
    contents = [await asyncio.to_thread(path.read_bytes) for path in paths]
    contents += [draw_small(number) for number in range(small)]
    image_ids = []
    for content in contents:
        request = upload_request(own, "/v1/jobs", [content], "wait=30")
        answer = await connection.send(request)
        check_status(answer, HTTPStatus.OK)
        image_ids.append(msgspec.json.decode(answer.body)["items"][0]["image_id"])
    connection.close()
    return Held(own.key, image_ids)


def draw_small(number: int) -> bytes:
    """Draw a small photo, unlike those of other numbers."""
    noise = np.random.default_rng((2, number)).integers(0, 256, (SMALL_PX, SMALL_PX, 3), np.uint8)
    return encode_jpeg(noise, 90)


async def warm_up(address: Address, held: Held) -> None:
    """Read the last picture, which starts the children."""
    own = Address(address.port, held.key)
    for variant in ("grayscale", "original"):
        await Download.get(own, _content(held.image_ids[-1], variant))


async def read_and_probe(address: Address, crowd: Held, other: Held) -> Waits:
    """Read the large pictures, all clients the same one, while each small one is read once."""
    large, small = Address(address.port, crowd.key), Address(address.port, other.key)
    lengths: list[int] = []

    async def read() -> None:
        while True:
            for image_id in crowd.image_ids:
                length = await Download.get(large, _content(image_id, "grayscale"))
                lengths.append(length)

    readers = [asyncio.create_task(read()) for _ in range(READERS)]
    waits = []
    for image_id in other.image_ids[:-1]:
        await asyncio.sleep(PAUSE_SECONDS)
        before = time.perf_counter()
        await Download.get(small, _content(image_id, "grayscale"))
        waits.append(time.perf_counter() - before)
    for reader in readers:
        if reader.done():
            reader.result()
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    return Waits(waits, len(lengths), sum(lengths))


def _content(image_id: str, variant: str) -> str:
    return f"/v1/images/{image_id}/content?variant={variant}"


class Download(asyncio.BufferedProtocol):
    """Reads one answer and drops it."""

    def __init__(self) -> None:
        self.done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._buffer = bytearray(READ_BYTES)
        self._head = b""
        self._left = -1
        self._length = 0

    @classmethod
    async def get(cls, address: Address, path: str) -> int:
        """Read an answer on a connection of its own, and return its length in bytes.

        Raises:
            RuntimeError: Its status is not 200.
            ConnectionError: The connection ended before it.
        """
        loop = asyncio.get_running_loop()
        transport, download = await loop.create_connection(cls, address.host, address.port)
        transport.write(get_request(address, path))
        try:
            return await download.done
        finally:
            transport.close()

    def get_buffer(self, sizehint: int) -> bytearray:
        """Give room for bytes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Count bytes, those of the headers apart."""
        if self._left < 0:
            self._head += self._buffer[:nbytes]
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            status = int(head[9:12])
            if status != HTTPStatus.OK:
                self._fail(RuntimeError(f"answered {status}: {body[:300]!r}"))
                return
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
            self._length = int(length)
            self._left = self._length - len(body)
        else:
            self._left -= nbytes
        if self._left == 0 and not self.done.done():
            self.done.set_result(self._length)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail a download that has not ended."""
        self._fail(error or ConnectionResetError("closed by the server"))

    def _fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
