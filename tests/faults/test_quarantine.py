"""Poison: it is found, contained and remembered, and its neighbours do not wait for it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import psutil
import pytest

from deploy.servers.process import ServerProcess
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, huge_picture, pictures
from tests.waiting import until
from tests.warm.children import children_of

GROWN_BYTES = 250 * 1024 * 1024


def _poison() -> tuple[str, bytes]:
    return "poison.png", huge_picture()


@asynccontextmanager
async def sniping(
    worker: ServerProcess, shoot: Callable[[psutil.Process], object]
) -> AsyncIterator[None]:
    """Shoot at whichever child of a worker has grown, for as long as the context lasts."""

    async def snipe() -> None:
        while True:
            for child in _children(worker):
                try:
                    if child.memory_info().rss > GROWN_BYTES:
                        shoot(child)
                except psutil.NoSuchProcess:
                    continue
            await asyncio.sleep(0.01)  # The rate of sampling.

    sniper = asyncio.create_task(snipe())
    try:
        yield
    finally:
        sniper.cancel()


def _children(worker: ServerProcess) -> list[psutil.Process]:
    try:
        return children_of(worker.pid)
    except psutil.NoSuchProcess:
        return []


def _events(stack: Stack, worker: ServerProcess, name: str) -> list[dict[str, Any]]:
    lines = [line for line in stack.log(worker).splitlines() if line.startswith("{")]
    return [event for event in map(json.loads, lines) if event.get("event") == name]


async def _letters(stack: Stack) -> list[dict[str, Any]]:
    letters: list[dict[str, Any]] = (await stack.client.get("/v1/dead-letters")).json()["items"]
    return letters


async def _images(stack: Stack, job_id: str) -> list[dict[str, Any]]:
    found = stack.stores.database["images"].find({"job_id": job_id}).sort("index", 1)
    return [image async for image in found]


async def test_neighbours_end_before_poison_is_given_up(stack: Stack) -> None:
    worker = stack.start_worker()
    small = pictures(7, "neighbours")
    async with sniping(worker, psutil.Process.kill):
        ticket = await stack.ticket([*small[:1], _poison(), *small[1:]])
        other = await stack.ticket(pictures(8, "others"))
        await stack.job(ticket)
    await assert_promises_kept(stack, [ticket, other])
    images = await _images(stack, ticket) + await _images(stack, other)
    (poison,) = [image for image in images if image["status"] == "failed"]
    assert poison["filename"] == "poison.png"
    ends = [image["finished_at"] for image in images if image is not poison]
    assert len(ends) == 15
    assert max(ends) <= poison["finished_at"]
    assert {image["attempts"] for image in images} == {1}, "no neighbour was begun again"


async def test_poison_is_a_dead_letter_that_tells_of_each_try(stack: Stack) -> None:
    worker = stack.start_worker()
    async with sniping(worker, psutil.Process.kill):
        job = await stack.job(await stack.ticket([_poison()]))
    (letter,) = await _letters(stack)
    assert letter["image_id"] == job["items"][0]["image_id"]
    assert letter["error"]["code"] == "decoder_died"
    assert [attempt["reason"] for attempt in letter["attempts"]] == ["decoder_died"] * 3
    assert {attempt["worker"].rsplit(":")[-1] for attempt in letter["attempts"]} == {
        str(worker.pid)
    }
    (event,) = _events(stack, worker, "dead_letter")
    assert event["level"] == "error"
    assert event["image_id"] == letter["image_id"]
    assert event["job_id"] == job["id"]
    assert len(event["sha256"]) == 64
    assert (event["reason"], event["attempts"]) == ("decoder_died", 3)


async def test_known_poison_ends_no_more_children_until_it_is_retried(stack: Stack) -> None:
    worker = stack.start_worker()
    async with sniping(worker, psutil.Process.kill):
        first = await stack.ticket([_poison()])
        await stack.job(first)
        ended = len(_events(stack, worker, "child_ended"))
        second = await stack.ticket([*pictures(3, "beside"), _poison()])
        job = await stack.job(second)
    assert job["status"] == "partial"
    assert job["items"][3]["error"]["code"] == "decoder_died"
    assert len(_events(stack, worker, "child_ended")) == ended == 3
    letters = await _letters(stack)
    assert [letter["job_id"] for letter in letters] == [second, first]
    await assert_promises_kept(stack, [first, second])
    chosen = {"ids": [letter["image_id"] for letter in letters]}
    answer = await stack.client.post("/v1/dead-letters/retry", json=chosen)
    assert answer.json() == {"retried": 2, "skipped": 0, "left": 0}
    jobs = [await stack.job(ticket) for ticket in (first, second)]
    assert [job["status"] for job in jobs] == ["succeeded"] * 2, jobs
    assert await _letters(stack) == []


@pytest.mark.long
async def test_hanging_picture_costs_its_neighbours_a_moment(stack: Stack) -> None:
    worker = stack.start_worker(max_seconds=6)
    small = pictures(3, "hung")
    async with sniping(worker, psutil.Process.suspend):
        ticket = await stack.ticket([small[0], _poison(), *small[1:]])
        others = await stack.ticket(pictures(24, "lively"))
        await stack.job(others)
        job = await stack.job(ticket)
    assert [item["status"] for item in job["items"]] == [
        "succeeded",
        "failed",
        "succeeded",
        "succeeded",
    ]
    assert job["items"][1]["error"]["code"] == "decode_timed_out"
    hung = (await _images(stack, ticket))[1]
    ends = [image["finished_at"] for image in await _images(stack, others)]
    assert max(ends) < hung["finished_at"], "the other child went on"
    await assert_promises_kept(stack, [ticket, others])


@pytest.mark.long
async def test_picture_that_ends_the_whole_worker_exhausts_alone(stack: Stack) -> None:
    """A worker dies whenever it comes to the poison; another one takes its place."""
    small = pictures(3, "aboard")
    ticket = await stack.ticket([*small[:2], _poison(), small[2]])

    async def has_ended() -> bool:
        return await stack.stores.database["jobs"].count_documents({"finished_at": None}) == 0

    workers: list[ServerProcess] = []
    while not await has_ended():
        worker = stack.start_worker(max_attempts=5)
        workers.append(worker)

        def shoot(_: psutil.Process, worker: ServerProcess = worker) -> None:
            worker.kill()

        async with sniping(worker, shoot):

            async def is_over(worker: ServerProcess = worker) -> bool:
                return not worker.is_running or await has_ended()

            await until(is_over)
    job = await stack.job(ticket)
    assert [item["status"] for item in job["items"]] == [
        "succeeded",
        "succeeded",
        "failed",
        "succeeded",
    ]
    assert job["items"][2]["error"]["code"] == "attempts_exhausted"
    (letter,) = await _letters(stack)
    assert [attempt["reason"] for attempt in letter["attempts"]] == ["lease_expired"] * 5
    killed = [str(worker.pid) for worker in workers if not worker.is_running]
    assert [attempt["worker"].rsplit(":")[-1] for attempt in letter["attempts"]] == killed
    assert len(_events(stack, workers[-1], "dead_letter")) == 1
    await assert_promises_kept(stack, [ticket])
