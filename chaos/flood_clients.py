"""What the clients of a flood do; each function runs in a process of its own."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import msgspec

from benchmarks.harness.clients import ENDED
from benchmarks.harness.http_client import Address, Answer, Connection, get_request, upload_request

ANSWER_SECONDS = 180.0
KEY_CONNECTIONS = 8
POLLERS = 4
POLL_PAUSE_SECONDS = 0.2
LAST_POLLS = 8
GET_CONNECTIONS = 8


class Drop(msgspec.Struct, frozen=True):
    """A part of the flood.

    Attributes:
        keys: The tenants' keys; each upload shows the next one.
        paths: Photos; a number behind their end makes each upload another one.
        first: Number of the first upload.
        uploads: How many.
        begin: When the first is sent, on the monotonic clock, which all processes share.
        seconds: In which time all of them are sent, whatever is answered meanwhile.
    """

    keys: list[str]
    paths: list[Path]
    first: int
    uploads: int
    begin: float
    seconds: float


class Dropped(msgspec.Struct, frozen=True):
    """How a part of the flood was answered.

    Attributes:
        answers: How often each status was answered, or which error came in its place.
        tickets: The jobs that were accepted.
        answer_seconds: From connecting to the answer, for each upload.
        sent_at: When the last upload was sent, on the monotonic clock.
        answered_at: When the last answer was there.
    """

    answers: dict[str, int]
    tickets: list[str]
    answer_seconds: list[float]
    sent_at: float
    answered_at: float


class Polls(msgspec.Struct, frozen=True):
    """How polls were answered.

    Attributes:
        seconds: When each was sent, on the monotonic clock, and how long its answer took.
        answers: How often each status was answered.
    """

    seconds: list[tuple[float, float]]
    answers: dict[str, int]


class _Made(msgspec.Struct):
    key: str


class _Job(msgspec.Struct):
    id: str
    status: str


async def make_keys(address: Address, count: int) -> list[str]:
    """Make client keys, each of a tenant of its own."""
    numbers = iter(range(count))
    keys: list[str] = []

    async def make() -> None:
        connection = await Connection.open(address)
        for number in numbers:
            body = msgspec.json.encode({"role": "client", "user_id": f"tenant-{number}"})
            head = get_request(address, "/v1/api-keys").replace(b"GET", b"POST", 1)
            more = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            answer = await connection.send([head.removesuffix(b"\r\n") + more + body])
            if answer.status != HTTPStatus.CREATED:
                raise RuntimeError(f"no key: {answer.status} {answer.body[:300]!r}")
            keys.append(msgspec.json.decode(answer.body, type=_Made).key)
        connection.close()

    await asyncio.gather(*(make() for _ in range(KEY_CONNECTIONS)))
    return keys


async def drop(address: Address, drop: Drop) -> Dropped:
    """Send uploads at their time, each on a connection of its own, and wait for all answers."""
    photos = [path.read_bytes() for path in drop.paths]
    answers: Counter[str] = Counter()
    tickets: list[str] = []
    times: list[float] = []

    async def send(number: int) -> None:
        content = photos[number % len(photos)] + number.to_bytes(8, "big")
        own = msgspec.structs.replace(address, key=drop.keys[number % len(drop.keys)])
        request = upload_request(own, "/v1/jobs", [content])
        began = time.monotonic()
        try:
            answer = await _send_once(own, request)
        except (OSError, TimeoutError) as error:
            answers[f"no answer ({type(error).__name__})"] += 1
            return
        times.append(time.monotonic() - began)
        answers[str(answer.status)] += 1
        if answer.status == HTTPStatus.ACCEPTED:
            tickets.append(msgspec.json.decode(answer.body, type=_Job).id)

    async with asyncio.TaskGroup() as group:
        for number in range(drop.uploads):
            due = drop.begin + drop.seconds * number / drop.uploads
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            group.create_task(send(drop.first + number))
        sent_at = time.monotonic()
    return Dropped(dict(answers), tickets, times, sent_at, time.monotonic())


async def _send_once(address: Address, request: list[bytes]) -> Answer:
    async with asyncio.timeout(ANSWER_SECONDS):
        connection = await Connection.open(address)
        try:
            return await connection.send(request)
        finally:
            connection.close()


async def poll(address: Address, paths: Sequence[Path], begin: float, seconds: float) -> Polls:
    """Upload now and then, and poll the last tickets without pause, as waiting apps do.

    Args:
        address: Where to, and whose key.
        paths: Photos to upload.
        begin: When to start, on the monotonic clock.
        seconds: For how long.
    """
    photos = [path.read_bytes() for path in paths]
    await asyncio.sleep(max(0.0, begin - time.monotonic()))
    tickets: list[str] = []
    seen: list[tuple[float, float]] = []
    answers: Counter[str] = Counter()

    async def visit(number: int) -> None:
        connection = await Connection.open(address)
        count = 0
        while time.monotonic() < begin + seconds:
            if not count % 10:
                content = photos[number] + b"poll %d" % count
                answer = await connection.send(upload_request(address, "/v1/jobs", [content]))
                if answer.status == HTTPStatus.ACCEPTED:
                    tickets.append(msgspec.json.decode(answer.body, type=_Job).id)
            count += 1
            if tickets:
                job_id = tickets[-1 - count % min(len(tickets), LAST_POLLS)]
                began = time.monotonic()
                answer = await connection.send([get_request(address, f"/v1/jobs/{job_id}")])
                seen.append((began, time.monotonic() - began))
                answers[str(answer.status)] += 1
            await asyncio.sleep(POLL_PAUSE_SECONDS)

    await asyncio.gather(*map(visit, range(POLLERS)))
    return Polls(seen, dict(answers))


async def count_ended(address: Address, tickets: Sequence[str]) -> int:
    """Ask for each ticket once; give how many have ended."""
    waiting = iter(tickets)
    ended = 0

    async def ask() -> None:
        nonlocal ended
        connection = await Connection.open(address)
        for ticket in waiting:
            answer = await connection.send([get_request(address, f"/v1/jobs/{ticket}")])
            if answer.status == HTTPStatus.OK:
                ended += msgspec.json.decode(answer.body, type=_Job).status in ENDED
        connection.close()

    await asyncio.gather(*(ask() for _ in range(GET_CONNECTIONS)))
    return ended
