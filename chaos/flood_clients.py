"""Clients of a flood; each function runs in a process of its own."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import msgspec

from benchmarks.harness.http_client import Address, Answer, Connection, get_request, upload_request
from domain.jobs import TERMINAL

ANSWER_SECONDS = 180.0
POLLERS = 4
POLL_PAUSE_SECONDS = 0.2
LAST_POLLS = 8
GET_CONNECTIONS = 8


class FloodPart(msgspec.Struct, frozen=True):
    """A part of the flood.

    Attributes:
        keys: The keys of the tenants; each upload uses the next one.
        paths: Photos; a number behind their end makes each upload different.
        first: Number of the first upload.
        uploads: Number of uploads.
        begin: Time of the first upload, on the monotonic clock, which all processes share.
        seconds: Time in which all uploads are sent, whatever is answered.
    """

    keys: list[str]
    paths: list[Path]
    first: int
    uploads: int
    begin: float
    seconds: float


class FloodAnswers(msgspec.Struct, frozen=True):
    """Answers to a part of the flood.

    Attributes:
        answers: Number of answers by status, or by the error instead of an answer.
        tickets: The accepted jobs.
        ticket_times: When each ticket arrived, on the monotonic clock.
        answer_seconds: Time from connecting to the answer, for each upload.
        sent_at: Time of the last upload, on the monotonic clock.
        answered_at: Time of the last answer.
    """

    answers: dict[str, int]
    tickets: list[str]
    ticket_times: list[float]
    answer_seconds: list[float]
    sent_at: float
    answered_at: float


class Polls(msgspec.Struct, frozen=True):
    """Answers to polls.

    Attributes:
        seconds: Time of each poll, on the monotonic clock, and the time until its answer.
        answers: Number of answers by status.
    """

    seconds: list[tuple[float, float]]
    answers: dict[str, int]


class _Job(msgspec.Struct):
    id: str
    status: str


async def send_part(address: Address, part: FloodPart) -> FloodAnswers:
    """Send each upload at its time on a connection of its own, and wait for all answers."""
    photos = [path.read_bytes() for path in part.paths]
    answers: Counter[str] = Counter()
    tickets: list[str] = []
    times: list[float] = []
    ticket_times: list[float] = []

    async def send(number: int) -> None:
        content = photos[number % len(photos)] + number.to_bytes(8, "big")
        own = msgspec.structs.replace(address, key=part.keys[number % len(part.keys)])
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
            ticket_times.append(time.monotonic())

    async with asyncio.TaskGroup() as group:
        for number in range(part.uploads):
            due = part.begin + part.seconds * number / part.uploads
            if (pause := due - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            group.create_task(send(part.first + number))
        sent_at = time.monotonic()
    return FloodAnswers(dict(answers), tickets, ticket_times, times, sent_at, time.monotonic())


async def _send_once(address: Address, request: list[bytes]) -> Answer:
    async with asyncio.timeout(ANSWER_SECONDS):
        connection = await Connection.open(address)
        try:
            return await connection.send(request)
        finally:
            connection.close()


async def poll(address: Address, paths: Sequence[Path], begin: float, seconds: float) -> Polls:
    """Upload now and then, and poll the latest jobs, as waiting apps do.

    Args:
        address: The address and the key.
        paths: Photos to upload.
        begin: The start, on the monotonic clock.
        seconds: The duration.
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
    """Read each job once; return the number of ended ones."""
    waiting = iter(tickets)
    ended = 0

    async def ask() -> None:
        nonlocal ended
        connection = await Connection.open(address)
        for ticket in waiting:
            answer = await connection.send([get_request(address, f"/v1/jobs/{ticket}")])
            if answer.status == HTTPStatus.OK:
                ended += msgspec.json.decode(answer.body, type=_Job).status in TERMINAL
        connection.close()

    await asyncio.gather(*(ask() for _ in range(GET_CONNECTIONS)))
    return ended
