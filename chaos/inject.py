"""Injects the scheduled faults into the service."""

import asyncio
import random
import resource
from collections import Counter
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chaos.schedule import LINK_KINDS, Fault, Kind
from chaos.system import System
from deploy.servers.process import ServerProcess

# Settings of an API without room for another byte.
NO_ROOM = {"max_stored_bytes": 1}
# A write beyond this size fails, and ends mongod as a full disk does.
_DISK_BYTES = 64 * 1024
_REDIS_SECONDS = 5.0


class Injector:
    """Injects faults and counts them.

    Args:
        system: The processes and links.
        seed: Fixes the choice among equal processes.
    """

    def __init__(self, system: System, seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._system = system
        self._chance = random.Random(seed)

    async def run_round(self, faults: list[Fault], round_seconds: float) -> None:
        """Inject the faults of a round, and wait for the end of the round and of all faults."""
        pause = asyncio.create_task(asyncio.sleep(round_seconds))
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._inject(fault))
        await pause

    async def _inject(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at_seconds)
        self.counts[str(fault)] += 1
        if fault.kind in LINK_KINDS:
            async with self._system.links[fault.target].disturbed(fault.kind):
                await asyncio.sleep(fault.seconds)
        elif fault.kind is Kind.KILL and fault.target == "child":
            self._system.kill_child(self._chance)
        elif fault.kind is Kind.KILL:
            await self._kill(fault)
        elif fault.kind is Kind.FREEZE:
            await _freeze(self._system.processes[fault.target], fault.seconds)
        elif fault.kind is Kind.WIPE:
            await self._wipe()
        elif fault.kind is Kind.FILL_QUOTA:
            await self._system.limit_api(NO_ROOM, fault.seconds)
        else:
            await self._fill_disk(fault)

    async def _kill(self, fault: Fault) -> None:
        is_worker = fault.target == "worker"
        name = self._system.choose_worker(self._chance) if is_worker else fault.target
        async with self._system.held_down(name) as process:
            process.kill()
            await asyncio.sleep(fault.seconds)

    async def _wipe(self) -> None:
        try:
            async with Redis.from_url(
                self._system.servers.redis_url, socket_timeout=_REDIS_SECONDS
            ) as redis:
                await redis.flushall()
        except (RedisError, OSError):
            self.counts["wipe redis"] -= 1  # It is down or frozen: nothing was wiped.

    async def _fill_disk(self, fault: Fault) -> None:
        async with self._system.held_down(fault.target) as process:
            unlimited = resource.RLIM_INFINITY
            with suppress(ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_DISK_BYTES, unlimited))
            await asyncio.sleep(fault.seconds)
            process.kill()


async def _freeze(process: ServerProcess, seconds: float) -> None:
    process.freeze()
    try:
        await asyncio.sleep(seconds)
    finally:
        process.resume()
