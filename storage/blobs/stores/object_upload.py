"""One object on its way to the bucket: gathered in parts, and written while it arrives."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from typing import Any

from domain.errors.capacity import BytesUnavailable
from storage.blobs.stores.part_memory import PartMemory, PartRoom
from storage.blobs.stores.s3 import PART_BYTES, S3Store
from telemetry.background import see_failure

PIECE_BYTES = 64 * 1024
# While there is memory, one is gathered while another one is written.
PARTS_AT_ONCE = 2
# Given between two parts: the store asks for it at once, and for what follows it once the part
# before is written.
NOTHING = b""


class Abandoned(Exception):
    """An object that is being written is not wanted any more."""


class Part:
    """A part in memory, in pieces as they came."""

    def __init__(self, memory: PartMemory) -> None:
        self.room = PartRoom(memory)
        self._pieces: list[bytes] = []
        self._small = bytearray()

    @property
    def is_full(self) -> bool:
        """Whether it takes no more bytes."""
        return self.room.size_bytes == PART_BYTES

    async def take(self, data: bytes) -> bytes:
        """Take bytes once there is memory, and return those that are too many for a part."""
        rest = data[PART_BYTES - self.room.size_bytes :]
        data = data[: len(data) - len(rest)]
        await self.room.take(len(data))
        if self._small or len(data) < PIECE_BYTES:
            self._small += data
            if len(self._small) < PIECE_BYTES:
                return rest
            data, self._small = bytes(self._small), bytearray()
        self._pieces.append(data)
        return rest

    def give_up(self) -> bytes:
        """Return all bytes; they are kept here no longer."""
        pieces, self._pieces = [*self._pieces, bytes(self._small)], []
        return b"".join(pieces)


class ObjectUpload:
    """One object: written in one request if it has one part, else part by part."""

    def __init__(self, store: S3Store, memory: PartMemory, name: str) -> None:
        self.name = name
        self._store = store
        self._memory = memory
        self._part = Part(memory)
        self._sent: asyncio.Queue[Part | None] = asyncio.Queue()
        # In memory until they are written.
        self._unwritten: list[Part] = []
        self._wrote = asyncio.Event()
        self._is_abandoned = False
        self._putting: asyncio.Task[None] | None = None

    async def add(self, data: bytes) -> None:
        """Add bytes; waits while there is no memory for them.

        Raises:
            BytesUnavailable: The object cannot be written.
        """
        while data:
            if self._part.is_full:
                await self._begin_part()
            is_short = self._memory.is_full
            data = await self._part.take(data)
            self._check(has_waited=is_short)

    async def close(self) -> None:
        """Say that all bytes are there; the object is written in the background.

        Raises:
            BytesUnavailable: The object cannot be written.
        """
        self._check()
        part = self._part
        if self._putting is None:
            part.room.write()
            self._unwritten.append(part)
            self._begin(self._store.put(self.name, part.give_up()))
        else:
            self._send(part)
            self._sent.put_nowait(None)

    async def settle(self) -> None:
        """Wait until the object is complete.

        Raises:
            BytesUnavailable: It cannot be written.
        """
        if self._putting is not None:
            await asyncio.wait([self._putting])  # Cancelling the caller does not cancel the write.
            self._putting.result()

    async def abandon(self) -> None:
        """Leave no object; after a failure the sweeper removes what is left."""
        self._is_abandoned = True
        if self._part not in self._unwritten:
            self._part.room.free()
        if self._putting is None:
            return
        self._sent.put_nowait(None)
        with suppress(BytesUnavailable, Abandoned):
            await self.settle()
            await self._store.remove([self.name])

    async def _begin_part(self) -> None:
        """Begin another part. Where memory is short, the one before is written first."""
        self._send(self._part)
        while len(self._unwritten) >= (1 if self._memory.is_full else PARTS_AT_ONCE):
            self._wrote.clear()
            await self._wrote.wait()
        self._part = Part(self._memory)

    def _check(self, *, has_waited: bool = False) -> None:
        if self._putting is not None and self._putting.done():
            self._putting.result()
        elif has_waited:
            self._store.health.check()  # It may have gone away meanwhile.

    def _send(self, part: Part) -> None:
        part.room.write()
        self._unwritten.append(part)
        self._sent.put_nowait(part)
        if self._putting is None:
            self._begin(self._store.put_stream(self.name, self._give()))

    def _begin(self, putting: Coroutine[Any, Any, None]) -> None:
        self._putting = asyncio.create_task(putting)
        self._putting.add_done_callback(see_failure)
        self._putting.add_done_callback(self._end)

    async def _give(self) -> AsyncIterator[bytes]:
        """Give the parts; what follows a part is asked for once that is written."""
        while not self._is_abandoned and (part := await self._sent.get()) is not None:
            yield part.give_up()
            if part.is_full:
                yield NOTHING
                self._unwritten.remove(part)
                part.room.free()
                self._wrote.set()
        if self._is_abandoned:
            raise Abandoned

    def _end(self, _putting: "asyncio.Task[None]") -> None:
        """Free all memory, and have who waits see how the write has ended."""
        while self._unwritten:
            self._unwritten.pop().room.free()
        self._wrote.set()
