"""The calibration: what an upload costs each part, from runs of real processes."""

import asyncio
import time
from pathlib import Path
from statistics import median

import msgspec
import uvloop

from benchmarks.harness.meter import children_cpu_seconds, cpu_seconds, difference
from chaos.fleet.fleet import READY_SECONDS, Fleet, Size, fleet_servers, stop_in_order
from simulation.validation.real import (
    GRACE_SECONDS,
    HEAD_START_SECONDS,
    connect,
    drain,
    prepare,
    send_all,
)
from simulation.validation.trial import Costs, Trial
from storage.mongo.client import Client

UPLOADS_A_SECOND = 400
"""As dense as the trials."""
ALONE_A_SECOND = 25
COMMITTING = ("API", "MongoDB")
IDLE_SECONDS = 5.0

Cpu = dict[str, float]


class Accepted(msgspec.Struct, frozen=True):
    """What some uploads took until their tickets, without a worker.

    Attributes:
        uploads: Their number.
        transactions: Their transactions.
        cpu_seconds: Of each part, for all of them.
        primary_seconds: What the primary used of that of MongoDB.
        answer_seconds: From the upload to the ticket, in the median.
    """

    uploads: int
    transactions: int
    cpu_seconds: Cpu
    primary_seconds: float
    answer_seconds: float

    @property
    def primary_share(self) -> float:
        """The primary's part of what MongoDB used."""
        return self.primary_seconds / self.cpu_seconds["MongoDB"]


def waited(alone: Accepted) -> float:
    """Tell how long an upload waits for its ticket beside what the parts use for it.

    Of the two secondaries it waits for one.
    """
    of_mongodb = alone.primary_share + (1 - alone.primary_share) / 2
    used = sum(
        seconds * (of_mongodb if part == "MongoDB" else 1)
        for part, seconds in alone.cpu_seconds.items()
        if part not in {"worker", "children"}
    )
    return max(0.0, alone.answer_seconds - used / alone.uploads)


def split(alone: Accepted, dense: Accepted) -> tuple[Cpu, Cpu]:
    """Tell what each upload costs from what each transaction costs.

    Args:
        alone: Uploads far from each other, which are a transaction each.
        dense: Uploads so near to each other that several share one.

    Returns:
        The costs of an upload, and of a transaction of the parts that have a share in it.
    """
    accepting = {part: max(0.0, s) / dense.uploads for part, s in dense.cpu_seconds.items()}
    committing: Cpu = {}
    for part in COMMITTING:
        one = alone.cpu_seconds[part] / alone.transactions
        spared = one * dense.uploads - dense.cpu_seconds[part]
        whole = max(0.0, spared / max(1, dense.uploads - dense.transactions))
        committing[part] = min(one, whole)
        accepting[part] = max(0.0, one - committing[part])
    return accepting, committing


def calibrate(uploads: int, folder: Path) -> Costs:
    """Measure what an upload costs: first without a worker, then without uploads."""
    return uvloop.run(_calibrate(uploads, folder))


async def _calibrate(uploads: int, folder: Path) -> Costs:
    with fleet_servers(folder, seed=1, through_links=False) as servers:
        fleet = Fleet(servers, folder, {}, Size(apis=1, workers=1, deliverers=0))
        try:
            await fleet.start()
            keys = await prepare(fleet, folder)
            begun = _Reading(fleet)
            await asyncio.sleep(IDLE_SECONDS)
            idle = {part: spent / IDLE_SECONDS for part, spent in begun.until_now().items()}
            async with fleet.held_down("worker-0") as worker:
                starting = cpu_seconds(worker.pid) + children_cpu_seconds(worker.pid)
                await stop_in_order(worker, GRACE_SECONDS)
                fleet.forget_life("worker-0")
                alone = await _accept(fleet, folder, keys, (uploads // 5, ALONE_A_SECOND), idle)
                dense = await _accept(fleet, folder, keys, (uploads, UPLOADS_A_SECOND), idle)
                accepting, committing = split(alone, dense)
                before = _Reading(fleet)
            restarted = time.monotonic()
            await asyncio.to_thread(worker.wait_ready, READY_SECONDS)
            start_seconds = time.monotonic() - restarted
            await drain(fleet)
            working = before.until_now(idle)
            working["worker"] -= starting
            ended = alone.uploads + dense.uploads
            return Costs(
                accepting=accepting,
                committing=committing,
                commit_seconds=waited(alone),
                primary_share=dense.primary_share,
                working={part: max(0.0, spent) / ended for part, spent in working.items()},
                starting=starting,
                start_seconds=start_seconds,
                idle_cores=sum(idle.values()),
            )
        finally:
            await fleet.stop()


async def _accept(
    fleet: Fleet, folder: Path, keys: list[str], pace: tuple[int, int], idle: Cpu
) -> Accepted:
    """Send uploads at a pace: their number, and how many a second."""
    uploads, a_second = pace
    client = connect(fleet)
    try:
        first = await _count_transactions(client)
        before = _Reading(fleet)
        primary = fleet.servers.mongodb.members[fleet.servers.mongodb.primary() or 0].pid
        of_primary = cpu_seconds(primary)
        begin = time.monotonic() + HEAD_START_SECONDS
        trial = Trial("", 1, 0, uploads, uploads / a_second)
        sent = await send_all(fleet, trial, folder, keys, begin)
        spent = before.until_now(idle) | {"clients": sent.cpu_seconds}
        of_primary = cpu_seconds(primary) - of_primary
        transactions = await _count_transactions(client) - first
        return Accepted(
            uploads, transactions, spent, of_primary, median(sent.answers.answer_seconds)
        )
    finally:
        client.close()


async def _count_transactions(client: Client) -> int:
    status = await client.admin.command("serverStatus")
    return int(status["transactions"]["totalCommitted"])


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
