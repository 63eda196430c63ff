"""Large files in a bucket: whole before they are accepted, and gone after they are deleted."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import obstore
import pytest

from deploy.servers.seaweedfs import ObjectServers
from domain.errors.capacity import BytesUnavailable
from domain.jobs import ChunkPlan
from domain.keys import Scope
from domain.ports import GRIDFS, S3, Location
from storage.acceptance.acceptance import Acceptance
from storage.blobs.intake import BlobIntake, IncomingFile, StagedFile
from storage.blobs.removals import Removals
from storage.blobs.stores.object_names import key_of, name_again
from storage.blobs.stores.object_upload import ObjectUpload
from storage.blobs.stores.part_memory import PartMemory
from storage.clock import utc_now
from storage.stores import Stores, open_stores
from tasks.settings import read_settings
from tests.buckets import list_objects, with_bucket
from tests.invariants import find_broken
from tests.uploads import accept, make_upload
from tests.waiting import until

INLINE = 256 * 1024
MB = 1024 * 1024
PIECE = 100_000
LARGE = os.urandom(INLINE + 1)
OLD = timedelta(hours=2)
NEVER = timedelta(0)


@pytest.fixture
async def stores(
    environ: dict[str, str], objects: ObjectServers, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stores]:
    settings = read_settings(with_bucket(environ, objects, monkeypatch))
    async with open_stores(settings.stores, settings.rules) as opened:
        yield opened


async def _take_in(intake: BlobIntake, content: bytes) -> StagedFile:
    file = IncomingFile()
    for start in range(0, len(content), PIECE):
        await intake.write(file, content[start : start + PIECE])
    return await intake.finish(file)


async def _read(stores: Stores, place: Location, start: int, stop: int) -> bytes:
    return b"".join([part async for part in stores.blob_stores.stream(place, start, stop)])


async def _begun_multipart_uploads(stores: Stores) -> int:
    """Abort all that were begun, and count them."""
    return await stores.blob_stores.bucket.leftovers.remove(NEVER)


async def _blob(stores: Stores) -> dict[str, Any]:
    (blob,) = await stores.database["blobs.files"].find().to_list()
    return blob


async def _broken(stores: Stores) -> set[str]:
    return set(await find_broken(stores))


async def test_files_go_by_their_size_and_are_whole(stores: Stores) -> None:
    sizes = [1, INLINE, INLINE + 1, 3 * MB, 12 * MB + 17]
    contents = [os.urandom(size) for size in sizes]
    intake = stores.open_intake(lambda: 1)
    staged = [await _take_in(intake, content) for content in contents]
    await intake.complete()
    assert [file.location.store for file in staged] == [GRIDFS, GRIDFS, S3, S3, S3]
    for file, content in zip(staged, contents, strict=True):
        assert file.size_bytes == len(content)
        if file.location.store == GRIDFS:
            # It is written with the acceptance, and by nothing else.
            pending = intake.pending_of(file.file_id)
            assert b"".join(chunk["data"] for chunk in pending) == content
            continue
        assert await _read(stores, file.location, 0, len(content)) == content
        assert await _read(stores, file.location, 70_000, 200_001) == content[70_000:200_001]
    places = [file.location for file in staged[2:]]
    read = await stores.blob_stores.read_many([*places, Location(S3, "0" * 24)])
    assert read == dict(zip(places, contents[2:], strict=True))
    assert not intake.flushed
    assert await list_objects(stores) == {
        place.name: len(content) for place, content in zip(places, contents[2:], strict=True)
    }
    await intake.discard()
    assert await list_objects(stores) == {}


async def test_addresses_of_other_programs_do_not_matter(
    environ: dict[str, str], objects: ObjectServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings(with_bucket(environ, objects, monkeypatch))
    for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with open_stores(settings.stores, settings.rules) as stores:
        ticket = await accept(stores, LARGE)
        blobs = await stores.blobs.find([str((await _blob(stores))["metadata"]["sha256"])])
        assert len(ticket.items) == len(blobs) == 1
        assert list((await stores.results.read_bytes(list(blobs.values()))).values()) == [LARGE]


@pytest.mark.parametrize("size_bytes", [INLINE - 5, MB, 12 * MB])
async def test_a_file_that_is_refused_leaves_nothing(stores: Stores, size_bytes: int) -> None:
    intake = stores.open_intake(lambda: 1)
    refused = IncomingFile()
    for _ in range(size_bytes // PIECE):
        await intake.write(refused, bytes(PIECE))
    await intake.refuse(refused)
    kept = await _take_in(intake, LARGE)
    await intake.complete()
    assert await list_objects(stores) == {kept.location.name: len(LARGE)}
    assert await _begun_multipart_uploads(stores) == 0


async def test_an_upload_without_end_is_aborted_by_its_age(stores: Stores) -> None:
    bucket = stores.blob_stores.bucket
    upload = ObjectUpload(bucket, PartMemory(), name_again(IncomingFile().file_id))
    for _ in range(7):
        await upload.add(bytes(MB))
    assert upload._putting is not None

    async def is_begun() -> bool:
        async with aiohttp.ClientSession() as session:
            return len(await bucket.leftovers._list(session)) == 1

    await until(is_begun)
    upload._putting.cancel()  # As a process that is killed: nobody aborts it.
    assert await stores.sweeper(OLD).sweep() is not None
    assert await bucket.leftovers.remove(OLD) == 0

    async def is_aborted() -> bool:
        swept = await stores.sweeper(NEVER).sweep()
        return swept.multipart_uploads == 1

    await until(is_aborted)  # The bucket tells its time in whole seconds.
    assert await _begun_multipart_uploads(stores) == 0
    assert await list_objects(stores) == {}


async def test_equal_files_at_the_same_moment_are_one_object(stores: Stores) -> None:
    others = [
        Acceptance(
            stores.client,
            stores.database,
            stores.blob_stores,
            ChunkPlan(),
            stores.acceptance._due_after,
        )
        for _ in range(2)
    ]
    through = [stores.acceptance, *others] * 4

    async def accept_one(acceptor: Acceptance) -> None:
        await acceptor.accept(await make_upload(stores, LARGE, b"small" * 100))

    await asyncio.gather(*(accept_one(acceptor) for acceptor in through))
    await asyncio.gather(*(acceptor.drain() for acceptor in through))
    files = await stores.database["blobs.files"].find().to_list()
    assert [file["metadata"]["images"] for file in files] == [12, 12]
    (large,) = [file for file in files if file["length"] == len(LARGE)]

    async def is_alone() -> bool:
        return list(await list_objects(stores)) == [large["metadata"]["object"]]

    await until(is_alone)
    assert await _broken(stores) == set()


async def test_an_object_is_removed_after_the_delete_of_its_blob(stores: Stores) -> None:
    first = await accept(stores, LARGE)
    blob = await _blob(stores)
    name = blob["metadata"]["object"]
    # The bytes come again: the delete of the first image leaves them.
    second = await accept(stores, LARGE, user_id="u2")
    await stores.image_deletion.delete(first.items[0].image_id or "", Scope())
    assert await Removals(stores.database, stores.blob_stores, NEVER).carry_out() == 0
    await stores.image_deletion.delete(second.items[0].image_id or "", Scope())
    assert await stores.removals.carry_out() == 0  # Somebody may still read it.
    assert list(await list_objects(stores)) == [name]
    assert await _broken(stores) == set()
    # Equal bytes that come now are another object.
    await accept(stores, LARGE)
    assert (await _blob(stores))["metadata"]["object"] != name
    assert await Removals(stores.database, stores.blob_stores, NEVER).carry_out() == 1
    assert list(await list_objects(stores)) == [(await _blob(stores))["metadata"]["object"]]
    assert await stores.database["blob_removals"].count_documents({}) == 0
    assert await _broken(stores) == set()


async def test_what_a_blob_names_is_not_removed(stores: Stores) -> None:
    await accept(stores, LARGE)
    blob = await _blob(stores)
    note = {"store": S3, "name": blob["metadata"]["object"], "file_id": blob["_id"]}
    await stores.database["blob_removals"].insert_one(note | {"removed_at": utc_now() - OLD})
    assert await stores.removals.carry_out() == 0
    assert len(await list_objects(stores)) == 1


async def test_orphans_go_by_their_age_and_nothing_else_does(stores: Stores) -> None:
    await accept(stores, LARGE, b"small")
    lost = stores.open_intake(lambda: 1)  # As of a process that ends before the acceptance.
    orphan = await _take_in(lost, os.urandom(MB))
    await lost.complete()
    foreign = ("health", "ab/readme.txt", f"zz/{orphan.location.name}")
    for key in foreign:
        await obstore.put_async(stores.blob_stores.bucket._bucket, key, b"not ours")
    sweeper = stores.sweeper(timedelta(hours=1))
    assert (await sweeper.sweep()).objects == 0
    assert (await sweeper.sweep()).objects == 0
    assert await _broken(stores) == {"object_orphans"}
    assert (await sweeper.sweep(utc_now() + OLD)).objects == 1
    blob = await stores.database["blobs.files"].find_one({"length": len(LARGE)})
    assert blob is not None
    assert list(await list_objects(stores)) == [blob["metadata"]["object"]]
    for key in foreign:
        await obstore.head_async(stores.blob_stores.bucket._bucket, key)
    assert await _broken(stores) == set()


async def test_verification_finds_missing_short_and_changed_objects(stores: Stores) -> None:
    await accept(stores, LARGE)
    bucket = stores.blob_stores.bucket
    name = (await _blob(stores))["metadata"]["object"]
    assert await _broken(stores) == set()
    changed = bytes([LARGE[0] ^ 1]) + LARGE[1:]
    for content, broken in ((changed, {"blob_hashes"}), (b"x", {"blob_objects", "blob_hashes"})):
        await obstore.put_async(bucket._bucket, key_of(name), content)
        assert await _broken(stores) == broken
    await bucket.remove([name])
    assert await _broken(stores) == {"blob_objects", "blob_hashes"}
    assert await bucket.find_size(name) is None


async def test_a_missing_bucket_is_no_missing_object(
    environ: dict[str, str], objects: ObjectServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings(
        with_bucket(environ, objects, monkeypatch)
        | {"MINILAB_BLOB_URL": f"s3://none-there/x?endpoint={objects.endpoint}"}
    )
    async with open_stores(settings.stores, settings.rules) as stores:
        with pytest.raises(BytesUnavailable):
            await stores.blob_stores.read_many([Location(S3, "0" * 24)])


async def test_a_copy_of_the_database_reads_its_objects_and_removes_none(stores: Stores) -> None:
    ticket = await accept(stores, LARGE)
    sweeper = stores.sweeper(timedelta(hours=1))
    await sweeper.sweep()  # From here on the bucket is that of the database.
    await stores.bucket_owner.leave()  # As in a copy.
    later = stores.open_intake(lambda: 1)  # What the original accepts after the backup.
    await _take_in(later, os.urandom(MB))
    await later.complete()
    await stores.image_deletion.delete(ticket.items[0].image_id or "", Scope())
    there = await list_objects(stores)
    assert await Removals(stores.database, stores.blob_stores, NEVER).carry_out() == 0
    for now in (utc_now(), utc_now() + OLD):
        assert (await sweeper.sweep(now)).objects == 0
    assert await list_objects(stores) == there
    assert len(there) == 2
    # The copy takes the place of the original.
    await obstore.delete_async(stores.blob_stores.bucket._bucket, "owner")
    assert await Removals(stores.database, stores.blob_stores, NEVER).carry_out() == 1
    for now in (utc_now(), utc_now() + OLD):
        swept = await sweeper.sweep(now)
    assert swept.objects == 1
    assert await list_objects(stores) == {}


async def test_uploads_and_deletes_of_equal_bytes_at_the_same_moment(stores: Stores) -> None:
    contents = [os.urandom(INLINE + 1 + number) for number in range(3)]
    removals = Removals(stores.database, stores.blob_stores, NEVER)

    async def upload(number: int) -> str:
        ticket = await accept(stores, contents[number % 3], user_id=f"u{number % 4}")
        return str(ticket.items[0].image_id)

    async def delete(image_id: str) -> None:
        await stores.image_deletion.delete(image_id, Scope())

    kept: list[str] = []
    for _ in range(3):
        kept += await asyncio.gather(*(upload(number) for number in range(6)))
        going, kept = kept[::2] + kept[1::4], kept[3::4]
        new = asyncio.gather(*(upload(number) for number in range(6)))
        await asyncio.gather(*(delete(image_id) for image_id in going), removals.carry_out())
        kept += await new
        await removals.carry_out()
    await stores.acceptance.drain()
    await stores.blob_stores.settle()
    blobs = await stores.database["blobs.files"].find().to_list()
    assert set(await list_objects(stores)) == {blob["metadata"]["object"] for blob in blobs}
    assert sum(blob["metadata"]["images"] for blob in blobs) == len(kept)
    assert await _broken(stores) == set()


async def test_a_large_variant_is_one_object_and_goes_with_its_blob(stores: Stores) -> None:
    ticket = await accept(stores, LARGE)
    sha256 = (await _blob(stores))["metadata"]["sha256"]
    pictures = [b"small" * 10, os.urandom(INLINE + 1), os.urandom(7 * MB)]

    async def store(number: int) -> None:
        writer = stores.variants.writer(sha256, f"{sha256}/v{number}/v1", 8 * MB)
        for start in range(0, len(pictures[number]), PIECE):
            await writer.take(pictures[number][start : start + PIECE])
        await writer.close("image/png", 0.0)

    # By two processes at the same moment.
    await asyncio.gather(*(store(number) for number in (0, 1, 2) * 2))
    lost = stores.variants.writer(sha256, f"{sha256}/lost/v1", 8 * MB)
    for _ in range(7):
        await lost.take(bytes(MB))
    await lost.abandon()
    await stores.blob_stores.settle()
    assert len(await list_objects(stores)) == 3
    assert await _begun_multipart_uploads(stores) == 0
    assert await _broken(stores) == set()
    for number, picture in enumerate(pictures):
        found = await stores.variants.find(f"{sha256}/v{number}/v1")
        assert found is not None
        assert (found.object_name is not None) is (number > 0)
        parts = [part async for part in stores.variants.stream(found, 5, len(picture))]
        assert b"".join(parts) == picture[5:]
    last = await stores.variants.find(f"{sha256}/v2/v1")
    assert last is not None
    await stores.blob_stores.bucket.remove([str(last.object_name)])
    assert await _broken(stores) == {"variant_objects"}
    await stores.image_deletion.delete(ticket.items[0].image_id or "", Scope())
    await Removals(stores.database, stores.blob_stores, NEVER).carry_out()
    assert await list_objects(stores) == {}
    assert await _broken(stores) == set()
