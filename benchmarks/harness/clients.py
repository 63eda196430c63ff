"""What clients do. Each function here runs in a process of its own, so that it costs no one."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec
import uvloop

from benchmarks.harness.http_client import Address, Answer, Connection, get_request, upload_request

PREFER = "wait=30"
ENDED = frozenset({"succeeded", "partial", "failed", "canceled"})
HTTP_OK = 200
HTTP_ACCEPTED = 202

Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")


class Item(msgspec.Struct):
    """What a client reads of an item."""

    image_id: str
    status: str


class Job(msgspec.Struct):
    """What a client reads of a job."""

    id: str
    status: str
    items: list[Item]


class Visit(msgspec.Struct, frozen=True):
    """How clients fared.

    Attributes:
        seconds: From the first request until the last answer.
        cpu_seconds: What the clients themselves cost in that time.
        done: Images, or requests, that were answered as wished.
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
    """Run one of the functions below in a fresh process and give its result back."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(_run, partial(function, *args, **kwargs)).result()


def _run(function: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    return uvloop.run(function())


async def upload_and_wait(
    address: Address, paths: Sequence[Path], clients: int, files_per_request: int
) -> Visit:
    """Upload files, wait for each request's job, and read the last image's results."""
    requests = _read_requests(address, paths, files_per_request)
    connections = [await Connection.open(address) for _ in range(clients)]
    waiting = iter(requests)
    done = 0

    async def visit(connection: Connection) -> None:
        nonlocal done
        for request in waiting:
            job = await _wait_for_job(address, connection, await connection.send(request))
            done += sum(item.status == "succeeded" for item in job.items)
            last = get_request(address, f"/v1/images/{job.items[-1].image_id}")
            _check(await connection.send([last]), HTTP_OK)

    before, cpu_before = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(visit, connections))
    seconds, cpu = time.perf_counter() - before, time.process_time() - cpu_before
    if done != len(paths):
        raise RuntimeError(f"of {len(paths)} images {done} succeeded")
    return Visit(seconds, cpu, done)


async def drop_off(
    address: Address, path: str, paths: Sequence[Path], clients: int, files: int, seconds: float
) -> Visit:
    """Send requests as fast as they are answered, no two with the same bytes, and wait for none.

    Args:
        address: Where to.
        path: The route.
        paths: Small photos; a number behind their end makes them different each time.
        clients: How many at once.
        files: Files in a request.
        seconds: For how long, after a second that does not count.
    """
    photos = [path.read_bytes() for path in paths]
    numbers = count(1)
    connections = [await Connection.open(address) for _ in range(clients)]
    start = time.perf_counter() + 1
    end = start + seconds
    done = 0.0

    async def visit(connection: Connection) -> None:
        nonlocal done
        while (now := time.perf_counter()) < end:
            fresh = (next(numbers) for _ in range(files))
            stamped = [photos[n % len(photos)] + n.to_bytes(8, "big") for n in fresh]
            request = b"".join(upload_request(address, path, stamped))
            _check(await connection.send([request]), HTTP_ACCEPTED)
            # A request that crosses an end of the time counts with the share within it.
            answered = time.perf_counter()
            within = max(0.0, min(answered, end) - max(now, start))
            done += within / (answered - now)

    cpu_before = time.process_time()
    await asyncio.gather(*map(visit, connections))
    return Visit(seconds, time.process_time() - cpu_before, done)


async def ask_one_by_one(address: Address, paths: Sequence[Path]) -> list[float]:
    """Upload one photo after the other, each time waiting for its results.

    Returns:
        Seconds from sending each request to its answer with everything done.
    """
    connection = await Connection.open(address)
    pause = random.Random(1)
    times = []
    for request in _read_requests(address, paths, 1):
        await asyncio.sleep(pause.uniform(0.005, 0.015))
        before = time.perf_counter()
        answer = await connection.send(request)
        times.append(time.perf_counter() - before)
        _check(answer, HTTP_OK)
    return times


async def upload_at_once(address: Address, photo: Path, files: int, file_bytes: int) -> Visit:
    """Upload large files, each in a request of its own, all at the same time."""
    first = await asyncio.to_thread(photo.read_bytes)
    rest = random.Random(2).randbytes(file_bytes)
    connections = [await Connection.open(address) for _ in range(files)]
    before, cpu_before = time.perf_counter(), time.process_time()

    async def visit(connection: Connection, number: int) -> None:
        head = first + number.to_bytes(8, "big")
        content = head + rest[len(head) :]
        request = upload_request(address, "/v1/jobs", [content])
        _check(await connection.send(request), HTTP_ACCEPTED)

    await asyncio.gather(*(visit(c, n) for n, c in enumerate(connections)))
    return Visit(time.perf_counter() - before, time.process_time() - cpu_before, files)


async def _wait_for_job(address: Address, connection: Connection, answer: Answer) -> Job:
    while True:
        _check(answer, HTTP_OK, HTTP_ACCEPTED)
        job = msgspec.json.decode(answer.body, type=Job)
        if job.status in ENDED:
            return job
        answer = await connection.send([get_request(address, f"/v1/jobs/{job.id}", PREFER)])


def _read_requests(address: Address, paths: Sequence[Path], files: int) -> list[list[bytes]]:
    return list(_requests(address, paths, files))


def _requests(address: Address, paths: Sequence[Path], files: int) -> Iterator[list[bytes]]:
    for start in range(0, len(paths), files):
        contents = [path.read_bytes() for path in paths[start : start + files]]
        yield upload_request(address, "/v1/jobs", contents, PREFER)


def _check(answer: Answer, *statuses: int) -> None:
    if answer.status not in statuses:
        raise RuntimeError(f"answered {answer.status}: {answer.body[:300]!r}")
