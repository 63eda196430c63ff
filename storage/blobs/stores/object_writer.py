"""Writes the files of one request as objects, while they arrive, with bounded memory."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from bson import ObjectId

from domain.errors.capacity import BytesUnavailable
from domain.ports import S3, Location
from storage.blobs.stores.s3 import PART_BYTES, S3Store
from storage.mongo.client import Document
from telemetry.background import see_failure

# Up to so many large uploads, each writes one part, or file, while the next one arrives.
FEW_UPLOADS = 6
PIECE_BYTES = 64 * 1024
WAITING_PIECES = 1
CLEANING_SECONDS = 2.0


class Abandoned(Exception):
    """An object that is being written is not wanted any more."""


class ObjectUpload:
    """One object on its way: in one request if it is small, else in parts."""

    def __init__(self, store: S3Store, name: str, parts_at_once: int = 1) -> None:
        self.name = name
        self._store = store
        self._parts_at_once = parts_at_once
        self._piece = bytearray()
        self._gathered: deque[bytearray] = deque()
        self._gathered_bytes = 0
        self._arriving: asyncio.Queue[bytearray | None] = asyncio.Queue(WAITING_PIECES)
        self._is_abandoned = False
        self._putting: asyncio.Task[None] | None = None

    async def add(self, data: bytes) -> None:
        """Add bytes.

        Raises:
            BytesUnavailable: The object cannot be written.
        """
        self._piece += data
        if len(self._piece) >= PIECE_BYTES:
            piece, self._piece = self._piece, bytearray()
            await self._take(piece)

    async def close(self) -> None:
        """Say that all bytes are there; the object is written in the background.

        Raises:
            BytesUnavailable: The object cannot be written.
        """
        await self._take(self._piece)
        if self._putting is None:
            self._begin(self._store.put(self.name, self._give_up()))
        else:
            await self._hand_over(None)

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
        if self._putting is None:
            return
        with suppress(asyncio.QueueFull):  # Then the write has a piece, and looks after it.
            self._arriving.put_nowait(None)
        with suppress(BytesUnavailable, Abandoned):
            await self.settle()
            await self._store.remove([self.name])

    async def _take(self, piece: bytearray) -> None:
        if self._putting is not None:
            await self._hand_over(piece)
            return
        self._gathered.append(piece)
        self._gathered_bytes += len(piece)
        if self._gathered_bytes > PART_BYTES:
            self._begin(self._store.put_stream(self.name, self._give(), self._parts_at_once))

    def _begin(self, putting: Coroutine[Any, Any, None]) -> None:
        self._putting = asyncio.create_task(putting)
        self._putting.add_done_callback(see_failure)

    async def _hand_over(self, piece: bytearray | None) -> None:
        """Give a piece to the write that runs, once it wants one; or find out that it failed."""
        putting = self._putting
        if putting is None:
            return
        waiting = asyncio.ensure_future(self._arriving.put(piece))
        await asyncio.wait({waiting, putting}, return_when=asyncio.FIRST_COMPLETED)
        if putting.done():
            waiting.cancel()
            putting.result()

    def _give_up(self) -> Iterator[bytearray]:
        """Give what was gathered; it is kept here no longer."""
        while self._gathered:
            yield self._gathered.popleft()

    async def _give(self) -> AsyncIterator[bytearray]:
        for piece in self._give_up():
            yield piece
        while not self._is_abandoned and (arrived := await self._arriving.get()) is not None:
            yield arrived
        if self._is_abandoned:
            raise Abandoned


class ObjectWriter:
    """Writes files as objects; one is written while the next one arrives.

    Nothing of it is written by the acceptance. If the request is not accepted, :meth:`discard`
    removes the objects; after a crash the sweeper does.
    """

    pending_bytes = 0
    flushed: Mapping[ObjectId, int] = {}

    def __init__(self, store: S3Store, uploads: Callable[[], float]) -> None:
        self._store = store
        self._count_uploads = uploads
        self._uploads: dict[ObjectId, ObjectUpload] = {}
        self._ending: ObjectUpload | None = None

    @property
    def objects(self) -> Mapping[ObjectId, str]:
        """The names of objects by file."""
        return {file_id: upload.name for file_id, upload in self._uploads.items()}

    def has(self, file_id: ObjectId) -> bool:
        """Say whether a file was begun here."""
        return file_id in self._uploads

    async def write(self, file_id: ObjectId, data: bytes) -> None:
        """Add bytes to a file.

        Raises:
            BytesUnavailable: The store is away.
        """
        upload = self._uploads.get(file_id)
        if upload is None:
            self._store.health.check()
            at_once = 2 if self._count_uploads() <= FEW_UPLOADS else 1
            upload = self._uploads[file_id] = ObjectUpload(self._store, str(file_id), at_once)
        await upload.add(data)

    async def finish(self, file_id: ObjectId) -> Location:
        """End a file.

        Raises:
            BytesUnavailable: It, or one before it, cannot be written.
        """
        await self._settle()
        upload = self._ending = self._uploads[file_id]
        await upload.close()
        if self._count_uploads() > FEW_UPLOADS:
            await self._settle()
        return Location(S3, upload.name)

    async def complete(self) -> None:
        """End the request: when this returns, all objects are complete, and durable.

        Raises:
            BytesUnavailable: Not all can be written.
        """
        await self._settle()

    async def refuse(self, file_id: ObjectId) -> None:
        """Drop a file."""
        if (upload := self._uploads.pop(file_id, None)) is not None:
            await _leave([upload])

    async def discard(self) -> None:
        """Remove all objects: the request is not accepted."""
        uploads, self._uploads = list(self._uploads.values()), {}
        await _leave(uploads)

    def pending_of(self, file_id: ObjectId) -> list[Document]:
        """Give nothing: an object is complete before the acceptance."""
        return []

    async def _settle(self) -> None:
        if self._ending is not None:
            ending, self._ending = self._ending, None
            await ending.settle()


async def _leave(uploads: Sequence[ObjectUpload]) -> None:
    """Abandon objects: a client that is refused does not wait for a store that hangs."""
    if uploads:
        leaving = {asyncio.create_task(upload.abandon()) for upload in uploads}
        _leaving.update(leaving)
        for task in leaving:
            task.add_done_callback(_leaving.discard)
        await asyncio.wait(leaving, timeout=CLEANING_SECONDS)


_leaving: set[asyncio.Task[None]] = set()
"""Keeps what goes on in the background from being collected."""
