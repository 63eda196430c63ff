"""Parts of objects in memory: bounded over all uploads, and never a reason to wait for ever."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from bson import ObjectId

from deploy.servers.seaweedfs import ObjectServers
from domain.errors.capacity import BytesUnavailable
from storage.blobs.stores.object_names import name_again
from storage.blobs.stores.object_upload import ObjectUpload
from storage.blobs.stores.part_memory import MOST_BYTES, PartMemory
from storage.blobs.stores.s3 import PART_BYTES, S3Store
from storage.stores import Stores, open_stores
from tasks.settings import read_settings
from tests.buckets import list_objects
from tests.busy_bucket import BusyBucket, Mood, busy_bucket
from tests.stores import S3
from tests.waiting import until

pytestmark = pytest.mark.stores(S3)

UPLOADS = 18
PIECE = os.urandom(1_000_000)
PIECES = 12
SECONDS = 3


@pytest.fixture
async def bucket(objects: ObjectServers) -> AsyncIterator[BusyBucket]:
    async with busy_bucket(objects.endpoint) as bucket:
        yield bucket


@pytest.fixture
async def stores(
    environ: dict[str, str], objects: ObjectServers, bucket: BusyBucket
) -> AsyncIterator[Stores]:
    url = objects.blob_url(environ["MINILAB_MONGODB_DATABASE"], bucket.endpoint)
    own = {"MINILAB_BLOB_URL": url, "MINILAB_STORE_TIMEOUT_SECONDS": str(SECONDS)}
    settings = read_settings(environ | own)
    async with open_stores(settings.stores, settings.rules) as opened:
        yield opened


class Upload:
    """An object that is being uploaded, and how many of its bytes were taken."""

    def __init__(self, store: S3Store, memory: PartMemory) -> None:
        self.taken = 0
        self.object = ObjectUpload(store, memory, name_again(ObjectId()))

    async def send(self) -> None:
        try:
            for _ in range(PIECES):
                await self.object.add(PIECE)
                self.taken += len(PIECE)
            await self.object.close()
            await self.object.settle()
        except BytesUnavailable:
            await self.object.abandon()
            raise


async def _taken(uploads: list[Upload]) -> int:
    """Wait until no more bytes are taken, and count them."""
    looks: list[int] = []

    def is_still() -> bool:
        looks.append(sum(upload.taken for upload in uploads))
        return looks[-1] > 0 and looks[-8:] == [looks[-1]] * 8

    await until(is_still)
    return looks[-1]


async def test_bytes_in_memory_are_bounded_over_all_uploads(
    stores: Stores, bucket: BusyBucket
) -> None:
    memory = PartMemory()
    uploads = [Upload(stores.blob_stores.bucket, memory) for _ in range(UPLOADS)]
    bucket.mood = Mood.FROZEN
    sending = [asyncio.create_task(upload.send()) for upload in uploads]
    taken = await _taken(uploads)
    assert taken <= memory.held_bytes < MOST_BYTES + PART_BYTES
    bucket.thaw()
    peak = 0
    while not all(task.done() for task in sending):
        peak = max(peak, memory.held_bytes)
        await asyncio.sleep(0)  # The peak is looked for at every turn of the loop.
    await asyncio.gather(*sending)
    assert peak < MOST_BYTES + 4 * PART_BYTES
    assert await list_objects(stores) == {
        upload.object.name: PIECES * len(PIECE) for upload in uploads
    }
    stream = stores.blob_stores.bucket.stream(uploads[-1].object.name, 0, PIECES * len(PIECE))
    assert b"".join([part async for part in stream]) == PIECE * PIECES
    assert memory.held_bytes == 0


async def test_slow_clients_that_fill_the_memory_hold_nobody_up(stores: Stores) -> None:
    memory, bucket = PartMemory(), stores.blob_stores.bucket
    slow = [Upload(bucket, memory) for _ in range(UPLOADS)]
    for upload in slow:
        await upload.object.add(bytes(4 * len(PIECE)))
    assert memory.held_bytes > MOST_BYTES
    await asyncio.gather(*(Upload(bucket, memory).send() for _ in range(4)))
    await asyncio.gather(*(upload.send() for upload in slow))
    assert len(await list_objects(stores)) == UPLOADS + 4
    assert memory.held_bytes == 0


async def test_who_lacks_least_goes_on(stores: Stores) -> None:
    memory, bucket = PartMemory(most_bytes=2), stores.blob_stores.bucket
    uploads = [Upload(bucket, memory) for _ in range(3)]
    for upload, size_bytes in zip(uploads, (1, 3, 2), strict=True):
        await upload.object.add(bytes(size_bytes))
    order: list[int] = []

    async def add(number: int) -> None:
        await uploads[number].object.add(b"more")
        order.append(number)

    await asyncio.gather(*map(add, range(3)))
    assert order == [1, 2, 0]
    for upload in uploads:
        await upload.object.abandon()
    assert memory.held_bytes == 0


async def test_bucket_that_goes_away_leaves_no_place_taken(
    stores: Stores, bucket: BusyBucket
) -> None:
    memory = PartMemory()
    uploads = [Upload(stores.blob_stores.bucket, memory) for _ in range(UPLOADS)]
    bucket.mood = Mood.FROZEN
    ended = await asyncio.gather(*(upload.send() for upload in uploads), return_exceptions=True)
    assert {type(error) for error in ended} == {BytesUnavailable}
    assert memory.held_bytes == 0
    bucket.thaw()


async def test_upload_that_is_given_up_while_it_waits_takes_no_place(
    stores: Stores, bucket: BusyBucket
) -> None:
    memory = PartMemory()
    uploads = [Upload(stores.blob_stores.bucket, memory) for _ in range(UPLOADS)]
    bucket.mood = Mood.FROZEN
    sending = [asyncio.create_task(upload.send()) for upload in uploads]
    await _taken(uploads)
    for task in sending:
        task.cancel()
    await asyncio.wait(sending)
    bucket.thaw()
    await asyncio.gather(*(upload.object.abandon() for upload in uploads))
    assert memory.held_bytes == 0
    assert await list_objects(stores) == {}
