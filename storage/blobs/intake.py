"""Takes the files of a request in: each is hashed and measured while a store writes it."""

import hashlib
from collections.abc import Mapping
from typing import Any, Protocol

import msgspec
from bson import ObjectId

from domain.ports import GRIDFS, BlobWriter, Location
from storage.mongo.client import Document

HEAD_BYTES = 64


class Digest(Protocol):
    """The state of a hash (``hashlib`` does not name its types)."""

    def update(self, data: bytes, /) -> None:
        """Add bytes."""

    def hexdigest(self) -> str:
        """Return the hash of the bytes so far."""

    def copy(self) -> "Digest":
        """Return the same state once more."""


class IncomingFile:
    """One file while it arrives.

    Args:
        digest: Hash of bytes that came before; the size and the head are those of what comes now.

    Attributes:
        head: The first :data:`HEAD_BYTES` bytes, for sniffing.
    """

    def __init__(self, file_id: ObjectId | None = None, digest: Digest | None = None) -> None:
        self.file_id = file_id or ObjectId()
        self.size_bytes = 0
        self.head = b""
        self._hash: Digest = hashlib.sha256() if digest is None else digest.copy()

    def feed(self, data: bytes) -> None:
        """Add bytes."""
        self._hash.update(data)
        self.size_bytes += len(data)
        if len(self.head) < HEAD_BYTES:
            self.head += data[: HEAD_BYTES - len(self.head)]

    @property
    def digest(self) -> Digest:
        """Hash of the bytes so far, those before a resumption included."""
        return self._hash.copy()

    @property
    def sha256(self) -> str:
        """The same as 64 hex digits."""
        return self._hash.hexdigest()


class StagedFile(msgspec.Struct, frozen=True):
    """A file whose bytes have all arrived."""

    file_id: ObjectId
    sha256: str
    size_bytes: int
    location: Location


class BlobIntake:
    """Takes in the files of one request, whose bytes a writer keeps until the acceptance."""

    def __init__(self, writer: BlobWriter) -> None:
        self._writer = writer

    async def write(self, file: IncomingFile, data: bytes) -> None:
        """Add bytes to a file."""
        file.feed(data)
        await self._writer.write(file.file_id, data)

    async def finish(self, file: IncomingFile) -> StagedFile:
        """End a file. Its last bytes can stay in memory until the acceptance."""
        location = await self._writer.finish(file.file_id)
        return StagedFile(file.file_id, file.sha256, file.size_bytes, location)

    async def complete(self) -> None:
        """End the request: all is written but the few bytes that the acceptance writes itself.

        Raises:
            PyMongoError: A write failed, so bytes are missing.
        """
        await self._writer.complete()

    async def refuse(self, file: IncomingFile) -> None:
        """Drop a file, and delete what was written of it."""
        await self._writer.refuse(file.file_id)

    async def discard(self) -> None:
        """Delete all that was written: the request is not accepted."""
        await self._writer.discard()

    @property
    def pending_bytes(self) -> int:
        """Bytes in memory."""
        return self._writer.pending_bytes

    @property
    def flushed(self) -> Mapping[ObjectId, int]:
        """The number of written chunks by file; files without any are left out."""
        return self._writer.flushed

    @property
    def objects(self) -> Mapping[ObjectId, str]:
        """The names of written objects by file; files without one are left out."""
        return self._writer.objects

    def pending_of(self, file_id: ObjectId) -> list[Document]:
        """Return the chunks of a file that are not written yet."""
        return self._writer.pending_of(file_id)


class NoWriter:
    """Writes nothing: for requests that are only hashed."""

    pending_bytes = 0
    flushed: Mapping[Any, int] = {}
    objects: Mapping[Any, str] = {}

    async def write(self, file_id: Any, data: bytes) -> None:
        """Drop bytes."""

    async def finish(self, file_id: Any) -> Location:
        """Name no bytes."""
        return Location(GRIDFS, file_id)

    async def complete(self) -> None:
        """Do nothing."""

    async def refuse(self, file_id: Any) -> None:
        """Do nothing."""

    async def discard(self) -> None:
        """Do nothing."""

    def pending_of(self, file_id: Any) -> list[Document]:
        """Give nothing."""
        return []
