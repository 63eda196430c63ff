"""Readings of MongoDB that one process makes and all processes of the fleet use.

A reading lies in Redis for as long as it is fresh. The process that finds none takes a lock, makes
the reading and publishes it; others wait for it. A process that dies loses the lock after a moment.
While Redis cannot be reached each process makes its own.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec
from redis.asyncio import Redis

from storage.errors import REDIS_FAILED, short_patience
from telemetry.background import see_failure

Reading = TypeVar("Reading")

PREFIX = "minilab:readings:1:"
ANSWER_SECONDS = 0.5
"""Redis may be frozen: a call takes no longer, and after a failure there is none for a while."""
SILENCE_SECONDS = 5.0
LOCK_SECONDS = 5.0
LOOK_SECONDS = 0.05
READING_SHARE = 0.05
"""A reading takes at most this share of the time: one that takes long stays fresh longer."""
INLINE_BYTES = 64 * 1024


class SharedReading(Generic[Reading]):
    """One kind of reading.

    Args:
        kind: Its type, which msgspec encodes.
        make: Makes it.
        fresh_seconds: Time for which it is used, at least.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        kind: type[Reading],
        make: Callable[[], Awaitable[Reading]],
        fresh_seconds: float,
    ) -> None:
        self._redis = redis
        self._key = PREFIX + name
        self._make = make
        self._fresh_seconds = fresh_seconds
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._silent_until = -math.inf
        self._getting: asyncio.Task[Reading] | None = None

    async def read(self) -> Reading:
        """Return a fresh reading. Calls that come meanwhile share the answer.

        Raises:
            PyMongoError: MongoDB cannot be reached.
        """
        if self._getting is None or self._getting.done():
            self._getting = asyncio.create_task(self._get())
            self._getting.add_done_callback(see_failure)  # Its callers may be gone.
        return await asyncio.shield(self._getting)

    async def close(self) -> None:
        """Break off a reading."""
        if self._getting is not None:
            self._getting.cancel()
            await asyncio.wait([self._getting])

    async def _get(self) -> Reading:
        # A request may wait for what the background began, which would wait for all of its time.
        with short_patience():
            return await self._find_or_make()

    async def _find_or_make(self) -> Reading:
        if time.monotonic() < self._silent_until:
            return await self._make()
        try:
            found = await self._find_or_lock()
        except REDIS_FAILED:  # A TimeoutError is an OSError.
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            return await self._make()
        return await self._make_for_all() if found is None else found

    async def _find_or_lock(self) -> Reading | None:
        """Return the published reading; None if this process is to make one."""
        until = time.monotonic() + LOCK_SECONDS
        while True:
            async with asyncio.timeout(ANSWER_SECONDS):
                stored: bytes | None = await self._redis.get(self._key)
                if stored is None and await self._lock():
                    stored = await self._redis.get(self._key)  # Published just before the lock.
                    if stored is None:
                        return None
                    await self._redis.delete(f"{self._key}:lock")
            if stored is not None:
                return await self._read(stored)
            if time.monotonic() > until:
                return None
            await asyncio.sleep(LOOK_SECONDS)  # Between two looks for what another one makes.

    async def _lock(self) -> bool:
        key, lasts_ms = f"{self._key}:lock", int(1000 * LOCK_SECONDS)
        return bool(await self._redis.set(key, b"1", nx=True, px=lasts_ms))

    async def _read(self, stored: bytes) -> Reading | None:
        try:
            if len(stored) <= INLINE_BYTES:
                return self._decode(stored)
            return await asyncio.to_thread(self._decode, stored)
        except msgspec.DecodeError:  # Of another version.
            return None

    async def _make_for_all(self) -> Reading:
        began = time.monotonic()
        made = await self._make()
        lasts = max(self._fresh_seconds, (time.monotonic() - began) / READING_SHARE)
        encoded = await asyncio.to_thread(msgspec.msgpack.encode, made)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._redis.set(self._key, encoded, px=int(1000 * lasts))
                await self._redis.delete(f"{self._key}:lock")
        except REDIS_FAILED:
            self._silent_until = time.monotonic() + SILENCE_SECONDS
        return made
