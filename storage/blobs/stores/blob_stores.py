"""The stores of bytes together: each blob is read from where it is, whatever the settings say."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any

from domain.errors.capacity import Unavailable
from domain.ports import GRIDFS, BlobStore, BlobWriter, Location
from storage.blobs.stores.chunks import ChunkWriter
from storage.blobs.stores.gridfs import GridFsStore
from storage.mongo.client import Database
from storage.queue.fair_turns import FairTurns


class BlobStores:
    """Writes to the store of the settings, and reads from all."""

    def __init__(self, database: Database, turns: FairTurns) -> None:
        self._chunks = database["blobs.chunks"]
        self.gridfs = GridFsStore(self._chunks, turns)
        self._stores: Mapping[str, BlobStore] = {GRIDFS: self.gridfs}

    def open_writer(self, count_uploads: Callable[[], float]) -> BlobWriter:
        """Open a writer for the files of one request; all share the memory of the process."""
        return ChunkWriter(self._chunks, count_uploads)

    def stream(self, location: Location, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``; ends early where bytes are missing.

        Raises:
            Unavailable: The store is not set up in this process.
        """
        return self._store(location).stream(location.name, start, stop)

    async def read_many(self, locations: Iterable[Location]) -> dict[Location, bytes]:
        """Read small files; missing ones are left out.

        Raises:
            Unavailable: The store is not set up in this process.
        """
        named: dict[str, list[Any]] = defaultdict(list)
        for location in locations:
            named[location.store].append(location.name)
        found: dict[Location, bytes] = {}
        for store, names in named.items():
            data = await self._store(Location(store, None)).read_many(names)
            found |= {Location(store, name): content for name, content in data.items()}
        return found

    def _store(self, location: Location) -> BlobStore:
        try:
            return self._stores[location.store]
        except KeyError:
            raise Unavailable("The store of these bytes is not set up: MINILAB_BLOB_URL.") from None
