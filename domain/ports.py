"""Ports: what the service needs of a store of bytes, whichever it is."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

GRIDFS = "gridfs"
S3 = "s3"


class Location(msgspec.Struct, frozen=True):
    """Where the bytes of a file are.

    Attributes:
        store: Name of the store: :data:`GRIDFS` or :data:`S3`.
        name: Of the bytes in this store; another file never gets it.
    """

    store: str
    name: Any


class StoredObject(msgspec.Struct, frozen=True):
    """What a store lists of some bytes.

    Attributes:
        written_at: By the clock of the store, UTC.
    """

    name: Any
    size_bytes: int
    written_at: datetime


class BlobWriter(Protocol):
    """Writes the files of one request while they arrive, with bounded memory."""

    @property
    def pending_bytes(self) -> int:
        """Bytes in memory that wait for a write, or for the acceptance."""

    @property
    def flushed(self) -> Mapping[Any, int]:
        """The number of written pieces by file, where the acceptance must check and use them."""

    @property
    def objects(self) -> Mapping[Any, str]:
        """The names of written objects by file; the acceptance need not check them."""

    async def write(self, file_id: Any, data: bytes) -> None:
        """Add bytes to a file."""

    async def finish(self, file_id: Any) -> Location:
        """End a file, and say where it is, or will be with the acceptance."""

    async def complete(self) -> None:
        """End the request: all is durable but what the acceptance writes or checks itself."""

    async def refuse(self, file_id: Any) -> None:
        """Drop a file, and delete what was written of it."""

    async def discard(self) -> None:
        """Delete all that was written: the request is not accepted."""

    def pending_of(self, file_id: Any) -> list[dict[str, Any]]:
        """Give the documents of a file that the acceptance writes in its transaction."""


class BucketUpload(Protocol):
    """One object on its way.

    Attributes:
        name: Its name.
    """

    name: str

    async def add(self, data: bytes) -> None:
        """Add bytes."""

    async def close(self) -> None:
        """Say that all bytes are there."""

    async def settle(self) -> None:
        """Wait until the object is complete."""

    async def abandon(self) -> None:
        """Leave no object."""


class BlobStore(Protocol):
    """Keeps bytes that never change, by names that are never used again.

    Attributes:
        name: As in :attr:`Location.store`.
    """

    name: str

    async def read_many(self, names: Collection[Any]) -> dict[Any, bytes]:
        """Read small files by name; missing ones are left out."""

    def stream(self, name: Any, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``; ends early where bytes are missing."""

    async def remove(self, names: Sequence[Any]) -> None:
        """Remove bytes; missing ones are no error."""


class ListedStore(BlobStore, Protocol):
    """A store that lists what it keeps."""

    def walk(self, after: str | None) -> AsyncIterator[Sequence[StoredObject]]:
        """List what is stored behind a name, by name, in pages."""
