"""The load of the service, read in the background: no request waits for it.

Readings are made once for all processes, so they may be a little older than this process asks.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from domain.fairness.admission import Load, tenant_of_key, tenant_of_user
from storage.backlog.load import RoomReading, WorkReading
from storage.backlog.shared_load import SharedLoad
from storage.clock import utc_now
from storage.errors import STORE_FAILED

WORK_SECONDS = 1.0
ROOM_SECONDS = 5.0
INTAKE_SECONDS = 1.0
# While there is no work, and no sign of any.
IDLE_SECONDS = 20.0
# Reading takes at most this share of the time: a large backlog is read less often.
READING_SHARE = 0.05
ALL = ""
# What was admitted within this time is counted together.
STEP = timedelta(seconds=0.25)


class LoadWatch:
    """Keeps the last readings, what this process has admitted since, and the bytes of the others.

    Uploads that are admitted during a reading are counted on top: it may not include them.
    Stored bytes are only added up if they have a quota.
    """

    def __init__(self, shared: SharedLoad, *, has_quota: bool) -> None:
        self._shared = shared
        self._intake: int | None = None
        self._intake_before: int | None = None
        self._not_reported = 0
        self._has_quota = has_quota
        self._idle: list[asyncio.Event] = []
        self._images = _Since()
        self._bytes = _Since()
        self.load = Load()

    @property
    def images(self) -> int:
        """Images that are queued or processed."""
        return self.load.images + self._images.counts[ALL]

    @property
    def bytes_since(self) -> int:
        """Bytes that the fleet has admitted since the room was read, as far as it is known."""
        own = self._bytes.counts[ALL]
        if self._intake is None or self._intake_before is None:
            return own
        return max(own, self._intake - self._intake_before + self._not_reported)

    def images_of(self, tenant: str) -> int:
        """Images of a tenant that are queued or processed."""
        return self.load.by_tenant.get(tenant, 0) + self._images.counts[tenant]

    def count_bytes(self, length: int) -> None:
        """Count bytes that were admitted."""
        self.stir()
        self._not_reported += length
        self._bytes.count(ALL, length)

    def count_images(self, tenant: str | None, images: int) -> None:
        """Count images that were admitted."""
        self.stir()
        self._images.count(ALL, images)
        if tenant is not None:
            self._images.count(tenant, images)

    def stir(self) -> None:
        """Read soon: there may be work, here or in another process."""
        for wait in self._idle:
            wait.set()

    async def follow_work(self) -> None:
        """Read the backlog again and again, until cancelled."""
        await self._repeat(self.read_work, WORK_SECONDS)

    async def follow_room(self) -> None:
        """Read the room again and again, until cancelled."""
        await self._repeat(self.read_room, ROOM_SECONDS)

    async def follow_intake(self) -> None:
        """Report what is admitted, and learn what others admit, until cancelled."""
        await self._repeat(self.report_intake, INTAKE_SECONDS)

    async def report_intake(self) -> bool:
        """Report the bytes that this process has admitted, if Redis can be reached."""
        reported = self._not_reported
        self._intake = await self._shared.intake.add(reported)
        if self._intake is not None:
            self._not_reported -= reported
        return True

    async def read_work(self) -> bool:
        """Read the backlog; it is unknown, and False returned, if MongoDB cannot be reached."""
        at, work, load = utc_now(), None, Load()
        with suppress(*STORE_FAILED):
            work = await self._shared.read_work()
            at = work.at
            load = await asyncio.to_thread(_add_up, work)
        self._images.forget_before(at)
        self.load = msgspec.structs.replace(
            load,
            free_disk_bytes=self.load.free_disk_bytes,
            stored_bytes=self.load.stored_bytes,
        )
        return work is not None

    async def read_room(self) -> bool:
        """Read the room that is left; it is unknown, and False returned, if that fails."""
        room, is_known = RoomReading(utc_now(), None, None, None), False
        with suppress(*STORE_FAILED):
            room = await self._shared.read_room(has_quota=self._has_quota)
            is_known = True
        self._bytes.forget_before(room.at)
        self._intake_before = room.intake_bytes
        self.load = msgspec.structs.replace(
            self.load, free_disk_bytes=room.free_disk_bytes, stored_bytes=room.stored_bytes
        )
        return is_known

    async def _repeat(self, read: Callable[[], Awaitable[bool]], pause_seconds: float) -> None:
        """Repeat a reading; a slow one is repeated less often, and so is an idle one."""
        stirred = asyncio.Event()
        self._idle.append(stirred)
        while True:
            stirred.clear()
            began = time.monotonic()
            is_known = await read()
            took = time.monotonic() - began
            await asyncio.sleep(max(pause_seconds, took / READING_SHARE))
            if is_known and not self.images:
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_SECONDS - pause_seconds):
                        await stirred.wait()


def _add_up(work: WorkReading) -> Load:
    images = 0
    by_tenant = Counter[str]()
    for tenant in work.tenants:
        of_tenant = sum(tenant.images)
        images += of_tenant
        by_tenant[tenant_of_user(tenant.user_id)] += of_tenant
        by_tenant[tenant_of_key(tenant.key_id)] += of_tenant
    return Load(images, by_tenant, work.images_per_second)


class _Since:
    """Counts what may not be in a reading yet: all from a moment before its beginning on."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._steps: deque[tuple[datetime, Counter[str]]] = deque()
        """What was counted, with the end of each step."""

    def count(self, name: str, number: int) -> None:
        now = utc_now()
        if not self._steps or self._steps[-1][0] < now:
            self._steps.append((now + STEP, Counter()))
        self._steps[-1][1][name] += number
        self.counts[name] += number

    def forget_before(self, at: datetime) -> None:
        while self._steps and self._steps[0][0] < at:
            self.counts -= self._steps.popleft()[1]  # Leaves out names without a count.
