"""Injects the faults of a fleet, one after the other, and notes when each began."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from functools import partial

import msgspec

from chaos.fleet.fleet import READY_SECONDS, Fleet, stop_in_order
from chaos.fleet.partition import ports_of
from chaos.fleet.schedule import Kind
from chaos.waiting import until_true

# Longer than an election with default times, so that another member takes over.
DOWN_SECONDS = 15.0
API_DOWN_SECONDS = (0.5, 4.0)
SCALED_DOWN_SECONDS = 8.0
# The grace that the chart gives.
GRACE_SECONDS = 60.0
# Between leaving the balancer and SIGTERM: the preStop of the chart, shortened.
DRAINED_SECONDS = 1.0
_HEALED_SECONDS = 60.0


class Injected(msgspec.Struct, frozen=True):
    """A fault that was injected.

    Attributes:
        kind: Its kind.
        begun: When it began, in seconds of Unix time.
        healed: When all was as before.
    """

    kind: Kind
    begun: float
    healed: float


class FleetInjector:
    """Injects faults into a fleet.

    Args:
        fleet: The processes.
        seed: Fixes the choice among equal processes.
        tell: Gets a line about each fault.
    """

    def __init__(self, fleet: Fleet, seed: int, tell: Callable[[str], None]) -> None:
        self.injected: list[Injected] = []
        self.start_seconds: list[float] = []
        """How long workers took to start, beside the others."""
        self._tell = tell
        self._fleet = fleet
        self._mongodb = fleet.servers.mongodb
        self._chance = random.Random(seed)
        self._faults: dict[Kind, Callable[[], Awaitable[None]]] = {
            Kind.KILL_PRIMARY: self._kill_primary,
            Kind.CUT_PRIMARY: partial(self._cut_member, of_primary=True),
            Kind.CUT_SECONDARY: partial(self._cut_member, of_primary=False),
            Kind.KILL_REDIS: self._kill_redis,
            Kind.KILL_API: self._kill_api,
            Kind.SCALE_DOWN: self._scale_down,
            Kind.ROLL: self._roll,
        }

    @property
    def counts(self) -> Counter[str]:
        """Number of faults by kind."""
        return Counter(str(one.kind) for one in self.injected)

    async def run_round(self, kinds: Iterable[Kind], seconds: float) -> None:
        """Inject faults, each at least so many seconds after the one before it."""
        for kind in kinds:
            begun = time.time()
            await self._faults[kind]()
            self.injected.append(Injected(kind, begun, time.time()))
            self._tell(f"· {kind}: healed after {time.time() - begun:.0f} s")
            await asyncio.sleep(max(0.0, begun + seconds - time.time()))

    async def _primary(self) -> int:
        found: list[int] = []

        def look() -> bool:
            number = self._mongodb.primary()
            found.extend([] if number is None else [number])
            return number is not None

        await until_true(look, _HEALED_SECONDS)
        return found[-1] if found else 0

    async def _synced(self, number: int) -> None:
        await until_true(partial(self._mongodb.is_synced, number), _HEALED_SECONDS)

    async def _kill_primary(self) -> None:
        number = await self._primary()
        async with self._fleet.held_down(f"mongod-{number}") as process:
            process.kill()
            await asyncio.sleep(DOWN_SECONDS)
        await self._synced(number)

    async def _cut_member(self, *, of_primary: bool) -> None:
        primary = await self._primary()
        members = range(len(self._mongodb.members))
        others = [number for number in members if number != primary]
        cut = primary if of_primary else self._chance.choice(others)
        pids = [member.pid for member in self._mongodb.members]
        with ExitStack() as stack:
            for number, link in enumerate(self._mongodb.links):
                apart = [pid for n, pid in enumerate(pids) if (n == cut) != (number == cut)]
                stack.enter_context(link.cut_off(partial(_ports_of_all, apart)))
            await asyncio.sleep(DOWN_SECONDS)
        await self._synced(cut)

    async def _kill_redis(self) -> None:
        guarded = self._fleet.servers.redis
        names = {id(server): name for name, server in self._fleet.redis.items()}
        master = await asyncio.to_thread(guarded.master)
        name = names[id(master)] if master else "redis-0"
        async with self._fleet.held_down(name) as process:
            process.kill()
            await asyncio.sleep(DOWN_SECONDS)
        await until_true(guarded.has_replica, _HEALED_SECONDS)

    async def _kill_api(self) -> None:
        name = self._chance.choice(self._fleet.apis)
        async with self._fleet.held_down(name) as process:
            process.kill()
            await asyncio.sleep(self._chance.uniform(*API_DOWN_SECONDS))
        await asyncio.to_thread(process.wait_ready, READY_SECONDS)

    async def _scale_down(self) -> None:
        names = self._chance.sample(self._fleet.workers, len(self._fleet.workers) // 2)
        await asyncio.gather(*map(self._leave_out, names))

    async def _leave_out(self, name: str) -> None:
        async with self._fleet.held_down(name) as process:
            await stop_in_order(process, GRACE_SECONDS)
            self._fleet.forget_life(name)
            await asyncio.sleep(SCALED_DOWN_SECONDS)
        began = time.monotonic()
        await asyncio.to_thread(process.wait_ready, READY_SECONDS)
        self.start_seconds.append(time.monotonic() - began)

    async def _roll(self) -> None:
        fleet = self._fleet
        fleet.balancer.reload()
        for number, name in enumerate(fleet.apis):
            await asyncio.to_thread(fleet.balancer.drain, number)
            await asyncio.sleep(DRAINED_SECONDS)
            await fleet.restart(name, GRACE_SECONDS)
            await asyncio.to_thread(fleet.balancer.use, number)
        for name in [*fleet.workers, *fleet.deliverers]:
            await fleet.restart(name, GRACE_SECONDS)
        await self._roll_mongodb()
        await self._roll_redis()

    async def _roll_mongodb(self) -> None:
        primary = await self._primary()
        members = range(len(self._mongodb.members))
        for number in [n for n in members if n != primary] + [primary]:
            if number == primary:
                await asyncio.to_thread(self._mongodb.step_down, number)
            await self._fleet.restart(f"mongod-{number}", GRACE_SECONDS)
            await self._synced(number)

    async def _roll_redis(self) -> None:
        guarded = self._fleet.servers.redis
        for name, server in self._fleet.redis.items():
            if await asyncio.to_thread(guarded.master) is server:
                await until_true(guarded.fail_over, _HEALED_SECONDS)
                await until_true(lambda one=server: guarded.master() not in (None, one), 30)  # type: ignore[misc]
            await self._fleet.restart(name, GRACE_SECONDS)
            await until_true(guarded.has_replica, _HEALED_SECONDS)
        for number in range(len(guarded.sentinels)):
            await self._fleet.restart(f"sentinel-{number}", GRACE_SECONDS)
        await until_true(guarded.is_watched, _HEALED_SECONDS)


def _ports_of_all(pids: Iterable[int]) -> set[int]:
    return set().union(*map(ports_of, pids))
