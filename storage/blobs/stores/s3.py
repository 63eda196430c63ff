"""S3 as a store of bytes: one object for each file, complete before a transaction names it.

The key of an object is two hex digits of a hash of its name, so that requests spread over
prefixes, and the name: the ID of its file, which has nothing to do with the content. Bytes that are
stored again get another name.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import obstore
from obstore.exceptions import BaseError, GenericError
from obstore.store import MemoryStore

from domain.errors.capacity import BytesUnavailable
from domain.ports import S3, StoredObject
from storage.blobs.stores.bucket import open_bucket
from storage.blobs.stores.health import StoreHealth
from storage.blobs.stores.multipart_leftovers import MultipartLeftovers
from storage.blobs.stores.object_names import key_of, name_of
from storage.urls.s3 import S3Place

READ_BYTES = 1024 * 1024
READING_AT_ONCE = 8
LISTED_AT_ONCE = 1000
REMOVED_AT_ONCE = 1000
# A part of a multipart upload has 5 MiB at least, except the last one.
PART_BYTES = 5 * 1024 * 1024
PROBE_KEY = "health"
OWNER_KEY = "owner"
LETTING_GO_SECONDS = 0.1
BEHIND_THE_END = "416 Range Not Satisfiable"

Found = TypeVar("Found")


class S3Store:
    """Keeps objects in a bucket, below a prefix.

    Attributes:
        health: Of writes.
        leftovers: Multipart uploads that were begun and abandoned.
    """

    name = S3

    def __init__(self, place: S3Place, timeout_seconds: float) -> None:
        self._bucket = open_bucket(place, place.bucket_url, timeout_seconds)
        self.health = StoreHealth(self._probe)
        self.leftovers = MultipartLeftovers(place, timeout_seconds)

    async def start(self) -> None:
        """Start the threads of the library, which it would do at its first request.

        If that fails, as where the process may open no more files, the library fails for good. So
        the process ends at its start, and is started again.
        """
        await obstore.put_async(MemoryStore(), PROBE_KEY, b"", use_multipart=False)

    async def put(self, name: str, data: bytes) -> None:
        """Write an object whose bytes are at hand, in one request.

        Raises:
            BytesUnavailable: It may be written nevertheless.
        """
        with self._writing():
            await obstore.put_async(self._bucket, key_of(name), data, use_multipart=False)

    async def put_stream(self, name: str, parts: AsyncIterator[bytes]) -> None:
        """Write an object part by part; nothing is left if ``parts`` raises.

        Args:
            parts: Each has :data:`PART_BYTES`, except the last one. One is written at a time: what
                follows the one after it is asked for once it is written.

        Raises:
            BytesUnavailable: It may be written nevertheless.
            Exception: Whatever ``parts`` raises.
        """
        with self._writing():
            await obstore.put_async(
                self._bucket, key_of(name), parts, chunk_size=PART_BYTES, max_concurrency=1
            )

    async def read_many(self, names: Collection[str]) -> dict[str, bytes]:
        """Read objects, some at the same time; missing ones are left out.

        Raises:
            BytesUnavailable: Not all can be read now.
        """
        places = asyncio.Semaphore(READING_AT_ONCE)
        found: dict[str, bytes] = {}

        async def read(name: str) -> None:
            async with places:
                data = await _find(self._read(key_of(name)))
            if data is not None:
                found[name] = data

        await asyncio.gather(*(read(name) for name in names))
        return found

    async def stream(self, name: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Read the bytes from ``start`` up to ``stop``; ends early where bytes are missing.

        A stream holds one part, and no connection: a client that reads slowly costs S3 nothing.

        Raises:
            BytesUnavailable: They cannot be read now.
        """
        for first in range(start, stop, READ_BYTES):
            end = min(stop, first + READ_BYTES)
            reading = obstore.get_range_async(self._bucket, key_of(name), start=first, end=end)
            data = await _find(reading)
            if data is None:
                return
            yield bytes(data)

    async def find_size(self, name: str) -> int | None:
        """Find the size of an object; None if it is missing.

        Raises:
            BytesUnavailable: It cannot be found now.
        """
        found = await _find(obstore.head_async(self._bucket, key_of(name)))
        return None if found is None else found["size"]

    async def remove(self, names: Sequence[str]) -> None:
        """Remove objects; missing ones are no error.

        Raises:
            BytesUnavailable: Some may be left.
        """
        for first in range(0, len(names), REMOVED_AT_ONCE):
            keys = [key_of(name) for name in names[first : first + REMOVED_AT_ONCE]]
            with _translated():
                await obstore.delete_async(self._bucket, keys)

    async def walk(self, after: str | None = None) -> AsyncIterator[Sequence[StoredObject]]:
        """List objects behind a name, in pages; other keys are left out.

        Raises:
            BytesUnavailable: They cannot be listed now.
        """
        offset = None if after is None else key_of(after)
        pages = obstore.list(self._bucket, offset=offset, chunk_size=LISTED_AT_ONCE)
        with _translated():
            async for page in pages:
                yield [
                    StoredObject(name, found["size"], found["last_modified"])
                    for found in page
                    if (name := name_of(found["path"])) is not None
                ]

    async def read_owner(self) -> str | None:
        """Read which database the objects belong to; None if none has claimed them.

        Raises:
            BytesUnavailable: It cannot be read now.
        """
        found = await _find(self._read(OWNER_KEY))
        return None if found is None else found.decode(errors="replace")

    async def write_owner(self, owner: str) -> None:
        """Write which database the objects belong to.

        Raises:
            BytesUnavailable: It cannot be written now.
        """
        with _translated():
            await obstore.put_async(self._bucket, OWNER_KEY, owner.encode(), use_multipart=False)

    async def sign(self, name: str, seconds: float) -> str:
        """Make a URL by which anybody can read an object for a time.

        Raises:
            BytesUnavailable: There are no credentials for now.
        """
        with _translated():
            return await obstore.sign_async(
                self._bucket, "GET", key_of(name), timedelta(seconds=seconds)
            )

    async def aclose(self) -> None:
        """End what runs in the background."""
        await self.health.aclose()
        # The library's threads may still let go of what they wrote. A thread that does so while the
        # interpreter ends aborts the process.
        await asyncio.sleep(LETTING_GO_SECONDS)

    async def _read(self, key: str) -> bytes:
        return bytes(await (await obstore.get_async(self._bucket, key)).bytes_async())

    async def _probe(self) -> None:
        with _translated():
            await obstore.put_async(self._bucket, PROBE_KEY, b"1", use_multipart=False)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with _translated():
                yield
        except BytesUnavailable:
            self.health.note(succeeded=False)
            raise
        self.health.note(succeeded=True)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn errors of the library into those of the service.

    Raises:
        BytesUnavailable: S3 cannot be reached, is busy, or refuses the credentials.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        raise BytesUnavailable from error


async def _find(reading: Awaitable[Found]) -> Found | None:
    """Await a read; None if the object, or this part of it, is missing.

    Raises:
        BytesUnavailable: S3 cannot be reached, is busy, refuses the credentials, or has no bucket.
    """
    with _translated():
        try:
            return await reading
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise
        except GenericError as error:
            if BEHIND_THE_END not in str(error):
                raise
    return None
