"""Trials with real processes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import uvloop

from benchmarks.harness.clients import in_own_process
from benchmarks.harness.http_client import Address
from benchmarks.harness.pictures import write_small
from chaos.checks import count_open, find_waits
from chaos.fleet.fleet import Fleet, Size, fleet_servers, stop_in_order
from chaos.flood_clients import FloodAnswers, FloodPart, send_part
from chaos.keys import make_client_keys
from chaos.supervised import ADMIN_KEY, DATABASE
from chaos.waiting import until_none
from simulation.validation.trial import Points, Trial, points_of
from storage.mongo.client import Client, connect_mongo
from storage.settings import StoreSettings

KEYS = 40
PHOTOS = 100
HEAD_START_SECONDS = 3.0
DRAIN_SECONDS = 600.0
GRACE_SECONDS = 60.0


class Sent(msgspec.Struct, frozen=True):
    """What the clients saw, and the processor time that they took."""

    answers: FloodAnswers
    cpu_seconds: float


async def send(address: Address, part: FloodPart) -> Sent:
    """Send all uploads; runs in a process of its own."""
    before = time.process_time()
    answers = await send_part(address, part)
    return Sent(answers, time.process_time() - before)


def run_trial(trial: Trial, folder: Path) -> Points:
    """Run a trial with real processes."""
    return uvloop.run(_run_trial(trial, folder))


async def _run_trial(trial: Trial, folder: Path) -> Points:
    with fleet_servers(folder, seed=1, through_links=False) as servers:
        size = Size(apis=trial.apis, workers=trial.workers + (trial.added_at is not None))
        fleet = Fleet(servers, folder, {}, msgspec.structs.replace(size, deliverers=0))
        try:
            await fleet.start(without=[fleet.workers[-1]] if trial.added_at is not None else [])
            keys = await prepare(fleet, folder)
            begin = time.monotonic() + HEAD_START_SECONDS
            changing = asyncio.create_task(_change(fleet, trial, begin))
            sent = await send_all(fleet, trial, folder, keys, begin)
            await changing
            waits = await drain(fleet)
            first = time.time() - (time.monotonic() - begin)
            return points_of(
                [at - begin for at in sent.answers.ticket_times],
                [made + wait - first for made, wait in waits],
                [wait for _, wait in waits],
            )
        finally:
            await fleet.stop()


def connect(fleet: Fleet) -> Client:
    """Make a client of the fleet's MongoDB."""
    return connect_mongo(StoreSettings(mongodb_url=fleet.mongodb_url, redis_url=fleet.redis_url))


async def prepare(fleet: Fleet, folder: Path) -> list[str]:
    """Write photos and make keys, before anything is measured."""
    await asyncio.to_thread(write_small, folder / "photos", PHOTOS, 1)
    return await make_client_keys(fleet.url, ADMIN_KEY, [f"user-{n}" for n in range(KEYS)])


async def send_all(fleet: Fleet, trial: Trial, folder: Path, keys: list[str], begin: float) -> Sent:
    """Send the uploads of a trial, each on a connection of its own."""
    host, port = fleet.url.removeprefix("http://").split(":")
    part = FloodPart(
        keys=keys,
        paths=sorted((folder / "photos").glob("*.jpg")),
        first=0,
        uploads=trial.uploads,
        begin=begin,
        seconds=trial.seconds,
    )
    address = Address(int(port), ADMIN_KEY, host)
    return await asyncio.to_thread(in_own_process, send, address, part)


async def _change(fleet: Fleet, trial: Trial, begin: float) -> None:
    """Add and stop workers, and kill the primary, at their times."""

    async def at(seconds: float | None, change: Callable[[], Awaitable[None]]) -> None:
        if seconds is not None:
            await asyncio.sleep(begin + seconds - time.monotonic())
            await change()

    async def add() -> None:
        fleet.processes[fleet.workers[-1]].spawn()

    async def stop() -> None:
        await stop_in_order(fleet.processes[fleet.workers[0]], GRACE_SECONDS)

    async def kill() -> None:
        primary = await asyncio.to_thread(fleet.servers.mongodb.primary)
        fleet.servers.mongodb.members[primary or 0].kill()

    await asyncio.gather(
        at(trial.added_at, add), at(trial.stopped_at, stop), at(trial.killed_at, kill)
    )


async def drain(fleet: Fleet) -> Sequence[tuple[float, float]]:
    """Wait until all jobs have ended; return when each was made, and how long it took."""
    client = connect(fleet)
    try:
        await until_none(lambda: count_open(client[DATABASE]), DRAIN_SECONDS)
        return await find_waits(client[DATABASE])
    finally:
        client.close()
