"""The load of the service, read in the background: no request waits for it."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from domain.fairness.admission import Load
from storage.backlog.load import LoadMeter
from storage.errors import STORE_FAILED

WORK_SECONDS = 1.0
ROOM_SECONDS = 5.0
# While there is no work, and no sign of any.
IDLE_SECONDS = 20.0
# Reading takes at most this share of the time: a large backlog is read less often.
READING_SHARE = 0.05
ALL = ""


class LoadWatch:
    """Keeps the last reading, and what this process has admitted since.

    Uploads that are admitted during a reading are counted on top: it may not include them.
    Stored bytes are only added up if they have a quota.
    """

    def __init__(self, meter: LoadMeter, *, has_quota: bool) -> None:
        self._meter = meter
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
        """Bytes that were admitted since the room was read."""
        return self._bytes.counts[ALL]

    def images_of(self, tenant: str) -> int:
        """Images of a tenant that are queued or processed."""
        return self.load.by_tenant.get(tenant, 0) + self._images.counts[tenant]

    def count_bytes(self, length: int) -> None:
        """Count bytes that were admitted."""
        self.stir()
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

    async def read_work(self) -> bool:
        """Read the backlog; it is unknown, and False returned, if MongoDB cannot be reached."""
        self._images.begin_reading()
        work = None
        with suppress(*STORE_FAILED):
            work = await self._meter.read_work()
        self._images.end_reading()
        self.load = msgspec.structs.replace(
            work or Load(),
            free_disk_bytes=self.load.free_disk_bytes,
            stored_bytes=self.load.stored_bytes,
        )
        return work is not None

    async def read_room(self) -> bool:
        """Read the room that is left; it is unknown, and False returned, if that fails."""
        self._bytes.begin_reading()
        free, stored, is_known = None, None, False
        with suppress(*STORE_FAILED):
            free = await self._meter.read_free_disk()
            stored = await self._meter.read_stored_bytes() if self._has_quota else None
            is_known = True
        self._bytes.end_reading()
        self.load = msgspec.structs.replace(self.load, free_disk_bytes=free, stored_bytes=stored)
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


class _Since:
    """Counts since the beginning of the last reading that has ended."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._since_begun: Counter[str] = Counter()

    def count(self, name: str, number: int) -> None:
        self.counts[name] += number
        self._since_begun[name] += number

    def begin_reading(self) -> None:
        self._since_begun = Counter()

    def end_reading(self) -> None:
        self.counts, self._since_begun = self._since_begun, Counter()
