"""Turns in this process: a bounded number of places, which tenants take in turn.

Work that costs much memory or time waits here. The line of each tenant is bounded, and a free
place goes to the next tenant, so that many requests of one delay the others by one piece of work.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TypeVar

from domain.errors.capacity import Overloaded, ReadingFull, TooManyReads

TENANT: ContextVar[str] = ContextVar("tenant", default="")
"""The tenant of this task; empty for an admin, who has no limit of their own."""

Result = TypeVar("Result")

MOST_WAITING = 200
TENANT_SHARE = 1 / 2
WAIT_SECONDS = 2.0


class _Wait:
    """One piece of work that waits for its place, in the lines of all tenants that wait for it."""

    def __init__(self) -> None:
        self.tenants: set[str] = set()
        self.begins: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Ends with the tenant whose turn it is."""


class FairTurns:
    """Hands out places, round robin over the tenants that wait.

    Args:
        places: Pieces of work that run at the same time.
        most_waiting: Pieces of work that wait; one tenant may have half of them.
        tenant_places: Places that one tenant may hold; None: all.
        full: The error of work that finds no room to wait.
    """

    def __init__(
        self,
        places: int,
        most_waiting: int = MOST_WAITING,
        *,
        tenant_places: int | None = None,
        full: type[Overloaded] = ReadingFull,
    ) -> None:
        self.waiting = 0
        self._free = places
        self._most_waiting = most_waiting
        self._tenant_places = tenant_places or places
        self._full = full
        self._held: Counter[str] = Counter()
        # In the order of their turns.
        self._lines: dict[str, deque[_Wait]] = {}
        self._by_key: dict[str, _Wait] = {}

    @asynccontextmanager
    async def turn(self, key: str | None = None) -> AsyncIterator[None]:
        """Wait for a place, in the line of :data:`TENANT`, and hold it for the context.

        Args:
            key: Lets others join the wait; see :meth:`join`.

        Raises:
            TooManyReads: The tenant has no room to wait.
            Overloaded: There is no room to wait.
        """
        tenant = await self._take(TENANT.get(), key)
        try:
            yield
        finally:
            self._give_back(tenant)

    async def run(self, work: Callable[[], Awaitable[Result]]) -> Result:
        """Do work that cannot be stopped, such as that of a thread, in a turn.

        The place stays taken until the work has ended, also if the caller is cancelled.

        Raises:
            TooManyReads: The tenant has no room to wait.
            Overloaded: There is no room to wait.
        """
        async with self.turn():
            working = asyncio.ensure_future(work())
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                await asyncio.wait({working})
                raise

    def join(self, key: str) -> None:
        """Have the work of a key, if it waits, wait in the line of :data:`TENANT` too."""
        wait, tenant = self._by_key.get(key), TENANT.get()
        if wait is not None and tenant not in wait.tenants:
            self._line_up(wait, tenant)

    async def _take(self, tenant: str, key: str | None) -> str:
        if self._free and self._may_hold(tenant):  # Those who wait may hold no more.
            self._hold(tenant)
            return tenant
        self._check_room(tenant)
        wait = _Wait()
        self._line_up(wait, tenant)
        if key is not None:
            self._by_key[key] = wait
        self.waiting += 1
        try:
            return await wait.begins
        except asyncio.CancelledError:
            if wait.begins.done() and not wait.begins.cancelled():
                self._give_back(wait.begins.result())
            raise
        finally:
            self.waiting -= 1
            if key is not None:
                del self._by_key[key]
            self._leave(wait)

    def _give_back(self, tenant: str) -> None:
        self._free += 1
        self._held[tenant] -= 1
        if not self._held[tenant]:
            del self._held[tenant]
        self._call_next()

    def _call_next(self) -> None:
        """Give free places to those who may hold them."""
        for tenant in list(self._lines):
            if not self._free:
                return
            line = self._lines[tenant]
            while line and line[0].begins.done():
                line.popleft()
            if not line:
                del self._lines[tenant]
            elif self._may_hold(tenant):
                line.popleft().begins.set_result(tenant)
                self._hold(tenant)
                del self._lines[tenant]
                if line:  # The next turn comes after those of all others.
                    self._lines[tenant] = line

    def _may_hold(self, tenant: str) -> bool:
        return not tenant or self._held[tenant] < self._tenant_places

    def _hold(self, tenant: str) -> None:
        self._free -= 1
        self._held[tenant] += 1

    def _line_up(self, wait: _Wait, tenant: str) -> None:
        wait.tenants.add(tenant)
        self._lines.setdefault(tenant, deque()).append(wait)

    def _leave(self, wait: _Wait) -> None:
        for tenant in wait.tenants:
            line = self._lines.get(tenant)
            if line is not None and wait in line:
                line.remove(wait)

    def _check_room(self, tenant: str) -> None:
        own = len(self._lines.get(tenant, ()))
        if tenant and own >= self._most_waiting * TENANT_SHARE:
            raise TooManyReads(
                f"{own} requests of yours wait for their turn. Send fewer at the same time.",
                WAIT_SECONDS,
            )
        if self.waiting >= self._most_waiting:
            raise self._full("Send the same request again.", WAIT_SECONDS)
