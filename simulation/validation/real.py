"""Trials with real processes."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import uvloop

from benchmarks.harness.clients import in_own_process
from benchmarks.harness.http_client import Address
from benchmarks.harness.meter import children_cpu_seconds, cpu_seconds, difference
from benchmarks.harness.pictures import write_small
from chaos.checks import count_open, find_waits
from chaos.fleet.fleet import READY_SECONDS, Fleet, Size, fleet_servers, stop_in_order
from chaos.flood_clients import FloodAnswers, FloodPart, send_part
from chaos.keys import make_client_keys
from chaos.supervised import ADMIN_KEY, DATABASE
from chaos.waiting import until_none
from simulation.validation.trial import Costs, Points, Trial, points_of
from storage.mongo.client import connect_mongo
from storage.settings import StoreSettings

KEYS = 40
UPLOADS_A_SECOND = 400
PHOTOS = 100
HEAD_START_SECONDS = 3.0
DRAIN_SECONDS = 600.0
IDLE_SECONDS = 5.0
GRACE_SECONDS = 60.0

Cpu = dict[str, float]


class Sent(msgspec.Struct, frozen=True):
    """What the clients saw, and the processor time that they took."""

    answers: FloodAnswers
    cpu_seconds: float


async def send(address: Address, part: FloodPart) -> Sent:
    """Send all uploads; runs in a process of its own."""
    before = time.process_time()
    answers = await send_part(address, part)
    return Sent(answers, time.process_time() - before)


def calibrate(uploads: int, folder: Path) -> Costs:
    """Measure what an upload costs: first without a worker, then without uploads."""
    return uvloop.run(_calibrate(uploads, folder))


def run_trial(trial: Trial, folder: Path) -> Points:
    """Run a trial with real processes."""
    return uvloop.run(_run_trial(trial, folder))


async def _calibrate(uploads: int, folder: Path) -> Costs:
    with fleet_servers(folder, seed=1, through_links=False) as servers:
        fleet = Fleet(servers, folder, {}, Size(apis=1, workers=1, deliverers=0))
        try:
            await fleet.start()
            keys = await _prepare(fleet, folder)
            begun = _Reading(fleet)
            await asyncio.sleep(IDLE_SECONDS)
            idle = {part: spent / IDLE_SECONDS for part, spent in begun.until_now().items()}
            async with fleet.held_down("worker-0") as worker:
                starting = cpu_seconds(worker.pid) + children_cpu_seconds(worker.pid)
                await stop_in_order(worker, GRACE_SECONDS)
                fleet.forget_life("worker-0")
                before = _Reading(fleet)
                begin = time.monotonic() + HEAD_START_SECONDS
                # As dense as the trials: a group of tickets costs little more than one.
                dense = Trial("", 1, 0, uploads, uploads / UPLOADS_A_SECOND)
                sent = await _send(fleet, dense, folder, keys, begin)
                accepting = before.until_now(idle) | {"clients": sent.cpu_seconds}
                before = _Reading(fleet)
            restarted = time.monotonic()
            await asyncio.to_thread(worker.wait_ready, READY_SECONDS)
            start_seconds = time.monotonic() - restarted
            await _drain(fleet)
            working = before.until_now(idle)
            working["worker"] -= starting
            return Costs(
                accepting={part: max(0.0, spent) / uploads for part, spent in accepting.items()},
                working={part: max(0.0, spent) / uploads for part, spent in working.items()},
                starting=starting,
                start_seconds=start_seconds,
                idle_cores=sum(idle.values()),
            )
        finally:
            await fleet.stop()


async def _run_trial(trial: Trial, folder: Path) -> Points:
    with fleet_servers(folder, seed=1, through_links=False) as servers:
        size = Size(apis=trial.apis, workers=trial.workers + (trial.added_at is not None))
        fleet = Fleet(servers, folder, {}, msgspec.structs.replace(size, deliverers=0))
        try:
            await fleet.start(without=[fleet.workers[-1]] if trial.added_at is not None else [])
            keys = await _prepare(fleet, folder)
            begin = time.monotonic() + HEAD_START_SECONDS
            changing = asyncio.create_task(_change(fleet, trial, begin))
            sent = await _send(fleet, trial, folder, keys, begin)
            await changing
            waits = await _drain(fleet)
            first = time.time() - (time.monotonic() - begin)
            return points_of(
                [at - begin for at in sent.answers.ticket_times],
                [made + wait - first for made, wait in waits],
                [wait for _, wait in waits],
            )
        finally:
            await fleet.stop()


async def _prepare(fleet: Fleet, folder: Path) -> list[str]:
    """Write photos and make keys, before anything is measured."""
    await asyncio.to_thread(write_small, folder / "photos", PHOTOS, 1)
    return await make_client_keys(fleet.url, ADMIN_KEY, [f"user-{n}" for n in range(KEYS)])


async def _send(fleet: Fleet, trial: Trial, folder: Path, keys: list[str], begin: float) -> Sent:
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


async def _drain(fleet: Fleet) -> Sequence[tuple[float, float]]:
    """Wait until all jobs have ended; return when each was made, and how long it took."""
    client = connect_mongo(StoreSettings(mongodb_url=fleet.mongodb_url, redis_url=fleet.redis_url))
    try:
        await until_none(lambda: count_open(client[DATABASE]), DRAIN_SECONDS)
        return await find_waits(client[DATABASE])
    finally:
        client.close()


class _Reading:
    """The processor time of each part at a moment."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._at = time.monotonic()
        self._cpu = _cpu_of(fleet)

    def until_now(self, idle: Cpu | None = None) -> Cpu:
        """Return what was used since then, without what all parts use in idle time.

        A worker that has started since then is counted from its start.
        """
        now, passed = _cpu_of(self._fleet), time.monotonic() - self._at
        spent = difference(self._cpu, now)
        return {part: used - (idle or {}).get(part, 0.0) * passed for part, used in spent.items()}


def _cpu_of(fleet: Fleet) -> Cpu:
    """Read the processor time of each part so far."""
    of = fleet.processes
    servers = fleet.servers
    live = [of[name].pid for name in fleet.workers if of[name].is_running]
    return {
        "balancer": children_cpu_seconds(of["haproxy"].pid),
        "API": sum(cpu_seconds(of[name].pid) for name in fleet.apis),
        "MongoDB": sum(cpu_seconds(member.pid) for member in servers.mongodb.members),
        "Redis": sum(
            cpu_seconds(one.pid) for one in [*servers.redis.redis, *servers.redis.sentinels]
        ),
        "worker": sum(map(cpu_seconds, live)),
        "children": sum(map(children_cpu_seconds, live)),
    }
