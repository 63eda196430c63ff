"""The stores of bytes together: each blob is read from where it is, whatever the settings say."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from domain.errors.capacity import BytesUnavailable
from domain.ports import S3, BlobStore, BlobWriter, BucketUpload, Location
from storage.blobs.stores.chunks import LEAST_FLUSH_BYTES, ChunkWriter
from storage.blobs.stores.gridfs import GridFsStore
from storage.mongo.client import Database
from storage.queue.fair_turns import FairTurns
from storage.settings import StoreSettings

if TYPE_CHECKING:
    from storage.blobs.stores.by_size import LargeFiles
    from storage.blobs.stores.s3 import S3Store

NO_BUCKET = "MINILAB_BLOB_URL is not set where bytes are read and written."


class BlobStores:
    """Writes to the stores of the settings, and reads from all.

    Args:
        database: The database.
        turns: The turns of readers.
        large: Where large files go; None: to GridFS, too.
        chunks_sharded: Whether no chunk may be left to the transaction of an upload.

    Attributes:
        gridfs: The store of small files; of all without a bucket.
    """

    def __init__(
        self,
        database: Database,
        turns: FairTurns,
        large: "LargeFiles | None" = None,
        *,
        chunks_sharded: bool = False,
    ) -> None:
        self._chunks_sharded = chunks_sharded
        self._chunks = database["blobs.chunks"]
        self._large = large
        self._removing: set[asyncio.Task[None]] = set()
        self.gridfs = GridFsStore(self._chunks, turns)

    @property
    def bucket(self) -> "S3Store":
        """The bucket.

        Raises:
            BytesUnavailable: This process has none.
        """
        if self._large is None:
            raise BytesUnavailable(NO_BUCKET)
        return self._large.s3

    @property
    def has_bucket(self) -> bool:
        """Say whether there is a bucket for large files."""
        return self._large is not None

    @property
    def joining_bytes(self) -> int:
        """Nothing of a request with fewer bytes is written before its acceptance."""
        if self._chunks_sharded:
            return 0
        if self._large is None:
            return LEAST_FLUSH_BYTES
        return min(LEAST_FLUSH_BYTES, self._large.inline_bytes)

    def open_writer(self, count_uploads: Callable[[], float]) -> BlobWriter:
        """Open a writer for the files of one request; all share the memory of the process."""
        small = ChunkWriter(self._chunks, count_uploads, leaves_none=self._chunks_sharded)
        return small if self._large is None else self._large.open_writer(small)

    def open_upload(self, name: str) -> BucketUpload | None:
        """Begin an object; None if there is no bucket, or if it is away."""
        if self._large is None:
            return None
        try:
            return self._large.open_upload(name)
        except BytesUnavailable:
            return None

    async def copy_in(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """Write an object; nothing is left if ``pieces`` raises.

        Raises:
            BytesUnavailable: There is no bucket, or it is away; it may be written nevertheless.
            Exception: Whatever ``pieces`` raises.
        """
        if self._large is None:
            raise BytesUnavailable(NO_BUCKET)
        await self._large.copy_in(name, pieces)

    def goes_to_bucket(self, size_bytes: int) -> bool:
        """Say whether a file of a size is to be an object."""
        return self._large is not None and size_bytes > self._large.inline_bytes

    def check(self, size_bytes: int) -> None:
        """Refuse a file before its bytes are read, if they cannot be written now.

        Raises:
            BytesUnavailable: The file is large, and the bucket is away.
        """
        if self.goes_to_bucket(size_bytes):
            self.bucket.health.check()

    def stream(self, location: Location, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``; ends early where bytes are missing.

        Raises:
            BytesUnavailable: The bucket is away, or not set up in this process.
        """
        return self._store(location.store).stream(location.name, start, stop)

    async def read_many(self, locations: Iterable[Location]) -> dict[Location, bytes]:
        """Read small files; missing ones are left out.

        Raises:
            BytesUnavailable: The bucket is away, or not set up in this process.
        """
        named: dict[str, list[Any]] = defaultdict(list)
        for location in locations:
            named[location.store].append(location.name)
        found: dict[Location, bytes] = {}
        for store, names in named.items():
            data = await self._store(store).read_many(names)
            found |= {Location(store, name): content for name, content in data.items()}
        return found

    def remove_objects_soon(self, names: Sequence[str]) -> None:
        """Remove objects in the background; if that fails, the sweeper does."""
        removing = asyncio.create_task(self._remove_objects(names))
        self._removing.add(removing)
        removing.add_done_callback(self._removing.discard)

    async def start(self) -> None:
        """Make ready what must not fail later; nothing connects yet."""
        if self._large is not None:
            await self._large.s3.start()

    async def settle(self) -> None:
        """Wait for the removals that run in the background."""
        if self._removing:
            await asyncio.wait(self._removing)

    async def aclose(self) -> None:
        """End what runs in the background."""
        await self.settle()
        if self._large is not None:
            await self._large.s3.aclose()

    async def _remove_objects(self, names: Sequence[str]) -> None:
        with suppress(BytesUnavailable):
            await self.bucket.remove(names)

    def _store(self, name: str) -> BlobStore:
        return self.bucket if name == S3 else self.gridfs


def open_blob_stores(database: Database, turns: FairTurns, settings: StoreSettings) -> BlobStores:
    """Open the stores that the settings name; nothing connects yet."""
    if (place := settings.blob_place) is None:
        return BlobStores(database, turns, chunks_sharded=settings.chunks_sharded)
    # Its library costs each process 10 MB and 150 ms: only those that need it.
    from storage.blobs.stores.by_size import LargeFiles  # noqa: PLC0415

    large = LargeFiles(place, settings.blob_inline_bytes, settings.store_timeout_seconds)
    return BlobStores(database, turns, large, chunks_sharded=settings.chunks_sharded)
