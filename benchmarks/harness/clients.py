"""Clients of the service; each function runs in a process of its own."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from http import HTTPStatus
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

import msgspec
import uvloop

from benchmarks.harness.http_client import Address, Answer, Connection, get_request, upload_request
from domain.jobs import TERMINAL

PREFER = "wait=30"
WARM_UP_REQUESTS = 10

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
Send = Callable[[Connection, bytes], Awaitable[None]]
"""Sends the bytes of a file on a connection."""


class Item(msgspec.Struct):
    """The fields of an item that clients read."""

    image_id: str
    status: str


class Job(msgspec.Struct):
    """The fields of a job that clients read."""

    id: str
    status: str
    items: list[Item]


class Visit(msgspec.Struct, frozen=True):
    """Work of clients, and its time.

    Attributes:
        seconds: From the first request to the last answer.
        cpu_seconds: Processor time of the clients themselves.
        done: Number of images, or of requests, with the expected answer.
    """

    seconds: float
    cpu_seconds: float
    done: float

    @property
    def per_second(self) -> float:
        """Images, or requests, a second."""
        return self.done / self.seconds


def in_own_process(
    function: Callable[Parameters, Coroutine[Any, Any, Result]],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """Run an async function in a new process and return its result."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(_run, partial(function, *args, **kwargs)).result()


def _run(function: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    return uvloop.run(function())


async def upload_and_wait(
    address: Address, paths: Sequence[Path], clients: int, files_per_request: int
) -> Visit:
    """Upload files, wait for each request's job, and read the results of its last image."""
    requests = list(_upload_requests(address, paths, files_per_request))
    connections = [await Connection.open(address) for _ in range(clients)]
    waiting = iter(requests)
    done = 0

    async def visit(connection: Connection) -> None:
        nonlocal done
        for request in waiting:
            job = await _wait_for_job(address, connection, await connection.send(request))
            done += sum(item.status == "succeeded" for item in job.items)
            last = get_request(address, f"/v1/images/{job.items[-1].image_id}")
            check_status(await connection.send([last]), HTTPStatus.OK)

    before, cpu_before = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(visit, connections))
    seconds, cpu = time.perf_counter() - before, time.process_time() - cpu_before
    if done != len(paths):
        raise RuntimeError(f"of {len(paths)} images {done} succeeded")
    return Visit(seconds, cpu, done)


async def drop_off(
    address: Address,
    path: str,
    paths: Sequence[Path],
    clients: int,
    files: int,
    seconds: float,
    *,
    with_key: bool = False,
) -> Visit:
    """Send uploads as fast as they are answered, without waiting for their jobs.

    Args:
        address: The address of the service.
        path: The route.
        paths: Small photos; each upload of one has other bytes.
        clients: Number of concurrent clients.
        files: Files in a request.
        seconds: Measured time, after one second that does not count.
        with_key: Whether each upload has an Idempotency-Key of its own.
    """
    photos = distinct_photos(paths)
    connections = [await Connection.open(address) for _ in range(clients)]
    start = time.perf_counter() + 1
    end = start + seconds
    done = 0.0

    async def visit(connection: Connection) -> None:
        nonlocal done
        while (now := time.perf_counter()) < end:
            contents = [next(photos) for _ in range(files)]
            key = str(uuid4()) if with_key else ""
            request = b"".join(upload_request(address, path, contents, idempotency_key=key))
            check_status(await connection.send([request]), HTTPStatus.ACCEPTED)
            # A request that crosses a bound of the measured time counts by its share within it.
            answered = time.perf_counter()
            within = max(0.0, min(answered, end) - max(now, start))
            done += within / (answered - now)

    cpu_before = time.process_time()
    await asyncio.gather(*map(visit, connections))
    return Visit(seconds, time.process_time() - cpu_before, done)


async def upload_at_once(
    address: Address, photo: Path, files: int, file_bytes: int, jobs: str = "/v1/jobs"
) -> Visit:
    """Upload large files to a route, each in a request of its own, all at the same time."""

    async def send(connection: Connection, content: bytes) -> None:
        request = upload_request(address, jobs, [content])
        check_status(await connection.send(request), HTTPStatus.ACCEPTED)

    return await send_at_once(address, photo, files, file_bytes, send)


async def send_at_once(
    address: Address, photo: Path, files: int, file_bytes: int, send: Send
) -> Visit:
    """Send large files that begin with a photo, each on a connection of its own, all at once."""
    first = await asyncio.to_thread(photo.read_bytes)
    rest = random.Random(2).randbytes(file_bytes)
    connections = [await Connection.open(address) for _ in range(files)]
    before, cpu_before = time.perf_counter(), time.process_time()

    async def visit(connection: Connection, number: int) -> None:
        head = first + number.to_bytes(8, "big")
        await send(connection, head + rest[len(head) :])

    await asyncio.gather(*(visit(c, n) for n, c in enumerate(connections)))
    return Visit(time.perf_counter() - before, time.process_time() - cpu_before, files)


async def time_reads(address: Address, paths: Sequence[str], times: int) -> list[float]:
    """Time GET requests, one after the other, after ten that do not count.

    Args:
        address: The address of the service.
        paths: Routes, in turn.
        times: Number of requests; if it is 1, there is no warm-up.

    Returns:
        The time of each, in ms.
    """
    warm_up = WARM_UP_REQUESTS if times > 1 else 0
    requests = [[get_request(address, paths[n % len(paths)])] for n in range(warm_up + times)]
    return (await time_requests(address, requests))[warm_up:]


async def time_requests(address: Address, requests: Sequence[Sequence[bytes]]) -> list[float]:
    """Send requests one after the other on one connection; return the time of each, in ms."""
    connection = await Connection.open(address)
    taken_ms = []
    for request in requests:
        before = time.perf_counter()
        answer = await connection.send(request)
        taken_ms.append(1000 * (time.perf_counter() - before))
        check_status(answer, HTTPStatus.OK, HTTPStatus.ACCEPTED)
    connection.close()
    return taken_ms


def distinct_photos(paths: Sequence[Path]) -> Iterator[bytes]:
    """Yield photos without end, each with a number behind its end, so that no two are equal.

    Nor is one equal to a photo of an earlier visit.
    """
    photos = [path.read_bytes() for path in paths]
    first = time.time_ns()
    return (photos[n % len(photos)] + n.to_bytes(8, "big") for n in count(first))


def check_status(answer: Answer, *expected: int) -> None:
    """Check the status of an answer.

    Raises:
        RuntimeError: It is none of the expected ones.
    """
    if answer.status not in expected:
        raise RuntimeError(f"answered {answer.status}: {answer.body[:300]!r}")


async def _wait_for_job(address: Address, connection: Connection, answer: Answer) -> Job:
    while True:
        check_status(answer, HTTPStatus.OK, HTTPStatus.ACCEPTED)
        job = msgspec.json.decode(answer.body, type=Job)
        if job.status in TERMINAL:
            return job
        answer = await connection.send([get_request(address, f"/v1/jobs/{job.id}", PREFER)])


def _upload_requests(address: Address, paths: Sequence[Path], files: int) -> Iterator[list[bytes]]:
    for start in range(0, len(paths), files):
        contents = [path.read_bytes() for path in paths[start : start + files]]
        yield upload_request(address, "/v1/jobs", contents, PREFER)
