"""Clocks that are wrong, and clocks that jump: leases, expiries and order go by MongoDB's."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from deploy.servers.embedded import EmbeddedServers
from deploy.servers.process import ServerProcess
from tests.faults.promises import assert_promises_kept
from tests.faults.stack import Stack, pictures, running_stack
from tests.service import authorization
from tests.waiting import until

HOUR = 3600
NEAR = timedelta(seconds=60)


class Clocks:
    """The clocks of the processes.

    Args:
        folder: Where each process looks for its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.set("api", 0)

    def set(self, process: str, seconds: int) -> None:
        """Set the clock of a process so far ahead."""
        file = os.open(self._folder / process, os.O_WRONLY | os.O_CREAT)
        os.pwrite(file, f"{seconds:<32}".encode(), 0)
        os.close(file)

    def variables(self, process: str) -> dict[str, str]:
        """Give what a process must be started with."""
        return {"CLOCK_FILE": str(self._folder / process)}

    def start_worker(self, stack: Stack, process: str, seconds: int) -> ServerProcess:
        """Start a worker whose clock is so far ahead."""
        self.set(process, seconds)
        stack.environ.update(self.variables(process))
        return stack.start_worker()


@pytest.fixture
def clocks(tmp_path: Path) -> Clocks:
    return Clocks(tmp_path)


@pytest.fixture
async def stack(
    fragile_servers: EmbeddedServers, clocks: Clocks, tmp_path: Path
) -> AsyncIterator[Stack]:
    """A service whose API has a clock of its own."""
    variables = clocks.variables("api")
    async with running_stack(fragile_servers, tmp_path, variables) as running:
        yield running


async def restart_api(stack: Stack, clocks: Clocks, seconds: int) -> None:
    """Start the API anew with its clock so far ahead, and wait until it knows better."""
    stack.api.kill()
    clocks.set("api", seconds)
    corrected = stack.log(stack.api).count("clock_corrected")
    stack.start_api()
    await until(lambda: stack.log(stack.api).count("clock_corrected") > corrected)


@pytest.mark.parametrize(
    ("api", "first", "second"),
    [(HOUR, 0, 0), (-HOUR, 0, 0), (0, HOUR, -HOUR), (-HOUR, HOUR, HOUR), (HOUR, -HOUR, -HOUR)],
)
async def test_wrong_clocks_lose_and_delay_nothing(
    stack: Stack, clocks: Clocks, api: int, first: int, second: int
) -> None:
    if api:
        await restart_api(stack, clocks, api)
    tickets = [await stack.ticket(pictures(24, "clocks", large=True))]
    doomed = clocks.start_worker(stack, "first", first)
    await until(stack.are_processing)
    doomed.kill()
    tickets.append(await stack.ticket(pictures(4, "more")))
    await stack.stores.redis.flushall()
    worker = clocks.start_worker(stack, "second", second)
    await assert_promises_kept(stack, tickets)
    assert await stack.count_images(status="failed") == 0
    assert worker.is_running
    now = datetime.now(UTC)
    async for job in stack.stores.database["jobs"].find():
        assert abs(job["created_at"] - now) < NEAR
        assert abs(job["finished_at"] - now) < NEAR


async def test_clocks_that_jump_change_nothing(stack: Stack, clocks: Clocks) -> None:
    workers = [clocks.start_worker(stack, name, 0) for name in ("first", "second")]
    tickets: list[str] = []
    for api, first, second in [(HOUR, -HOUR, 0), (-HOUR, 0, HOUR), (0, HOUR, -HOUR)]:
        for process, seconds in (("api", api), ("first", first), ("second", second)):
            clocks.set(process, seconds)
        tickets += [await stack.ticket(pictures(3, f"jump-{len(tickets)}-{n}")) for n in range(4)]
        await stack.stores.redis.flushall()
    await assert_promises_kept(stack, tickets)
    assert tickets == sorted(tickets)
    listed = (await stack.client.get("/v1/jobs?limit=100")).json()["items"]
    assert [job["id"] for job in listed] == tickets[::-1]
    assert await stack.count_images(attempts={"$ne": 1}) == 0
    assert all(worker.is_running for worker in workers)


@pytest.mark.parametrize("api", [2 * HOUR, -2 * HOUR])
async def test_keys_expire_by_the_clock_of_mongodb(stack: Stack, clocks: Clocks, api: int) -> None:
    await restart_api(stack, clocks, api)
    again = {"Idempotency-Key": "k1"}
    body: dict[str, object] = {"role": "service", "expires_in": HOUR}
    made = await stack.client.post("/v1/api-keys", json=body, headers=again)
    headers = authorization(made.json()["key"])
    first = await stack.send(pictures(1, "again"), **again)
    clocks.set("api", -api)
    for _ in range(2):
        assert (await stack.client.get("/v1/jobs", headers=headers)).status_code == 200
        repeated = await stack.client.post("/v1/api-keys", json=body, headers=again)
        assert repeated.content == made.content
        assert (await stack.send(pictures(1, "again"), **again)).content == first.content
        await restart_api(stack, clocks, -api)
    short = await stack.client.post("/v1/api-keys", json=body | {"expires_in": 2})
    used = authorization(short.json()["key"])
    assert (await stack.client.get("/v1/jobs", headers=used)).status_code == 200
    await until(lambda: _is_refused(stack.client, used))
    stack.start_worker()
    await assert_promises_kept(stack, [first.json()["id"]])


async def _is_refused(client: httpx.AsyncClient, headers: dict[str, str]) -> bool:
    return (await client.get("/v1/jobs", headers=headers)).status_code == 401
