"""Clients that poll; each function runs in a process of its own, and visits either service."""

import asyncio
import random
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import msgspec

from benchmarks.harness.clients import PREFER, Job, Visit, check_status
from benchmarks.harness.http_client import Address, Answer, Connection, get_request, upload_request
from domain.jobs import Status

JOB_SECONDS = 120
"""No job takes longer; the first one waits for the start of a worker."""


class Ticket(msgspec.Struct):
    """The fields of a job that both services have."""

    id: str
    status: Status


async def poll_one_by_one(
    address: Address, jobs: str, paths: Sequence[Path], every_seconds: float
) -> list[float]:
    """Upload one photo after the other, and poll each until it is done.

    Args:
        address: The address of the service.
        jobs: Its route of jobs.
        paths: The photos.
        every_seconds: From one poll to the next, counted from the ticket; 0 polls without pause.

    Returns:
        Seconds from each request to the answer that says that the photo is done.
    """
    connection = await Connection.open(address)
    pause = random.Random(1)
    times = []
    for path in paths:
        request = upload_request(address, jobs, [path.read_bytes()])
        await asyncio.sleep(pause.uniform(0.005, 0.015))
        before = time.perf_counter()
        await _upload_and_poll(address, jobs, connection, request, every_seconds)
        times.append(time.perf_counter() - before)
    return times


async def wait_one_by_one(
    address: Address, paths: Sequence[Path]
) -> tuple[list[float], list[float]]:
    """Upload one photo after the other to our service, wait for each, and read its results.

    Returns:
        Seconds from each request to the answer that says that the photo is done, and to the
        answer with its results.
    """
    connection = await Connection.open(address)
    pause = random.Random(1)
    told, in_hand = [], []
    for path in paths:
        request = upload_request(address, "/v1/jobs", [path.read_bytes()], PREFER)
        await asyncio.sleep(pause.uniform(0.005, 0.015))
        before = time.perf_counter()
        answer = await connection.send(request)
        told.append(time.perf_counter() - before)
        check_status(answer, HTTPStatus.OK)
        image_id = msgspec.json.decode(answer.body, type=Job).items[0].image_id
        results = await connection.send([get_request(address, f"/v1/images/{image_id}")])
        in_hand.append(time.perf_counter() - before)
        check_status(results, HTTPStatus.OK)
    return told, in_hand


async def upload_and_poll(
    address: Address,
    jobs: str,
    paths: Sequence[Path],
    clients: int,
    files_per_request: int,
    every_seconds: float,
) -> Visit:
    """Upload files from several clients, and poll each request's job until it is done."""
    files = [path.read_bytes() for path in paths]
    requests = iter(
        upload_request(address, jobs, files[start : start + files_per_request])
        for start in range(0, len(files), files_per_request)
    )
    connections = [await Connection.open(address) for _ in range(clients)]

    async def visit(connection: Connection) -> None:
        for request in requests:
            await _upload_and_poll(address, jobs, connection, request, every_seconds)

    before, cpu_before = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(visit, connections))
    seconds, cpu = time.perf_counter() - before, time.process_time() - cpu_before
    return Visit(seconds, cpu, len(paths))


async def _upload_and_poll(
    address: Address,
    jobs: str,
    connection: Connection,
    request: Sequence[bytes],
    every_seconds: float,
) -> None:
    async with asyncio.timeout(JOB_SECONDS):
        ticket = _read(await connection.send(request))
        read = [get_request(address, f"{jobs}/{ticket.id}")]
        next_poll = time.perf_counter()
        while ticket.status in {Status.QUEUED, Status.PROCESSING}:
            next_poll = max(next_poll + every_seconds, time.perf_counter())
            await asyncio.sleep(next_poll - time.perf_counter())
            ticket = _read(await connection.send(read))
    if ticket.status is not Status.SUCCEEDED:
        raise RuntimeError(f"a job ended as {ticket.status}")


def _read(answer: Answer) -> Ticket:
    check_status(answer, HTTPStatus.OK, HTTPStatus.ACCEPTED)
    return msgspec.json.decode(answer.body, type=Ticket)
