"""Writes small files to GridFS, with the acceptance, and larger ones as objects before it."""

from collections.abc import AsyncIterator, Mapping

from bson import ObjectId

from domain.ports import Location
from storage.blobs.stores.chunks import ChunkWriter
from storage.blobs.stores.object_upload import ObjectUpload
from storage.blobs.stores.object_writer import ObjectWriter, leave
from storage.blobs.stores.part_memory import PartMemory
from storage.blobs.stores.s3 import S3Store
from storage.mongo.client import Document
from storage.urls.s3 import S3Place


class LargeFiles:
    """The bucket of large files.

    Args:
        place: The bucket.
        inline_bytes: Size of the largest file that is small.
        timeout_seconds: Longest time of one request.

    Attributes:
        s3: The store.
    """

    def __init__(self, place: S3Place, inline_bytes: int, timeout_seconds: float) -> None:
        self.s3 = S3Store(place, timeout_seconds)
        self.inline_bytes = inline_bytes
        self._memory = PartMemory()

    def open_writer(self, small: ChunkWriter) -> "BySizeWriter":
        """Open a writer for the files of one request, of which another writes the small ones."""
        return BySizeWriter(small, ObjectWriter(self.s3, self._memory), self.inline_bytes)

    def open_upload(self, name: str) -> ObjectUpload:
        """Begin an object.

        Raises:
            BytesUnavailable: The bucket is away.
        """
        self.s3.health.check()
        return ObjectUpload(self.s3, self._memory, name)

    async def copy_in(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """Write an object; nothing is left if ``pieces`` raises.

        Raises:
            BytesUnavailable: It may be written nevertheless.
            Exception: Whatever ``pieces`` raises.
        """
        upload = self.open_upload(name)
        try:
            async for piece in pieces:
                await upload.add(piece)
            await upload.close()
            await upload.settle()
        except BaseException:
            await leave([upload])
            raise


class BySizeWriter:
    """Writes the files of one request.

    Args:
        small: Writes files of up to ``inline_bytes``.
        large: Writes the others.
    """

    def __init__(self, small: ChunkWriter, large: ObjectWriter, inline_bytes: int) -> None:
        self._small = small
        self._large = large
        self._inline_bytes = inline_bytes
        # What has arrived of files that may be small.
        self._begun: dict[ObjectId, bytearray] = {}

    @property
    def pending_bytes(self) -> int:
        """Bytes in memory that the acceptance writes."""
        return self._small.pending_bytes

    @property
    def flushed(self) -> Mapping[ObjectId, int]:
        """The number of written chunks by small file."""
        return self._small.flushed

    @property
    def objects(self) -> Mapping[ObjectId, str]:
        """The names of objects by large file."""
        return self._large.objects

    async def write(self, file_id: ObjectId, data: bytes) -> None:
        """Add bytes to a file.

        Raises:
            BytesUnavailable: The file is large, and the store of large files is away.
        """
        if self._large.has(file_id):
            await self._large.write(file_id, data)
            return
        begun = self._begun.setdefault(file_id, bytearray())
        begun += data
        if len(begun) > self._inline_bytes:
            await self._large.write(file_id, bytes(self._begun.pop(file_id)))

    async def finish(self, file_id: ObjectId) -> Location:
        """End a file.

        Raises:
            BytesUnavailable: It, or one before it, is large, and cannot be written.
        """
        if self._large.has(file_id):
            return await self._large.finish(file_id)
        await self._small.write(file_id, bytes(self._begun.pop(file_id, b"")))
        return await self._small.finish(file_id)

    async def complete(self) -> None:
        """End the request: all is written but the few bytes that the acceptance writes itself.

        Raises:
            PyMongoError: Chunks are missing.
            BytesUnavailable: Objects are missing.
        """
        await self._small.complete()
        await self._large.complete()

    async def refuse(self, file_id: ObjectId) -> None:
        """Drop a file."""
        self._begun.pop(file_id, None)
        await self._small.refuse(file_id)
        await self._large.refuse(file_id)

    async def discard(self) -> None:
        """Delete all that was written: the request is not accepted."""
        self._begun.clear()
        await self._small.discard()
        await self._large.discard()

    def pending_of(self, file_id: ObjectId) -> list[Document]:
        """Return the chunks of a small file that are not written yet."""
        return self._small.pending_of(file_id)
