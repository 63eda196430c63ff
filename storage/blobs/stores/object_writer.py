"""Writes the files of one request as objects, while they arrive, with bounded memory."""

import asyncio
from collections.abc import Mapping, Sequence

from bson import ObjectId

from domain.ports import S3, Location
from storage.blobs.stores.object_upload import ObjectUpload
from storage.blobs.stores.part_memory import PartMemory
from storage.blobs.stores.s3 import S3Store
from storage.mongo.client import Document

CLEANING_SECONDS = 2.0


class ObjectWriter:
    """Writes files as objects; one is written while the next one arrives.

    Nothing of it is written by the acceptance. If the request is not accepted, :meth:`discard`
    removes the objects; after a crash the sweeper does.
    """

    pending_bytes = 0
    flushed: Mapping[ObjectId, int] = {}

    def __init__(self, store: S3Store, memory: PartMemory) -> None:
        self._store = store
        self._memory = memory
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
            upload = ObjectUpload(self._store, self._memory, str(file_id))
            self._uploads[file_id] = upload
        await upload.add(data)

    async def finish(self, file_id: ObjectId) -> Location:
        """End a file.

        Raises:
            BytesUnavailable: It, or one before it, cannot be written.
        """
        await self._settle()
        upload = self._ending = self._uploads[file_id]
        await upload.close()
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
            await leave([upload])

    async def discard(self) -> None:
        """Remove all objects: the request is not accepted."""
        uploads, self._uploads = list(self._uploads.values()), {}
        await leave(uploads)

    def pending_of(self, file_id: ObjectId) -> list[Document]:
        """Give nothing: an object is complete before the acceptance."""
        return []

    async def _settle(self) -> None:
        if self._ending is not None:
            ending, self._ending = self._ending, None
            await ending.settle()


async def leave(uploads: Sequence[ObjectUpload]) -> None:
    """Abandon objects: a client that is refused does not wait for a store that hangs."""
    if uploads:
        leaving = {asyncio.create_task(upload.abandon()) for upload in uploads}
        _leaving.update(leaving)
        for task in leaving:
            task.add_done_callback(_leaving.discard)
        await asyncio.wait(leaving, timeout=CLEANING_SECONDS)


_leaving: set[asyncio.Task[None]] = set()
"""Keeps what goes on in the background from being collected."""
