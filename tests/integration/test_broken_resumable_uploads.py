"""Resumable uploads whose requests break off, meet each other, or are overtaken."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from pymongo.errors import AutoReconnect

from domain.errors.access import UploadInterrupted
from storage.clock import utc_now
from storage.mongo.client import Document
from storage.resumable.intake import ResumableIntake
from tests.integration.test_resumable_uploads import checksum, create, stored_bytes
from tests.problems import assert_problem
from tests.resumable import TYPE, Tus
from tests.service import ADMIN_KEY, Service
from tests.waiting import until

pytestmark = pytest.mark.one_service

CONTENT = bytes(range(256)) * 20_000
"""5 MB: more than is written at once."""
UNREAD_BYTES = 64 * 1024


class HalfSent:
    """A PATCH of all bytes, of which some are sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def begin(cls, service: Service, path: str, size: int, **headers: str) -> "HalfSent":
        """Send the first bytes."""
        address = urlsplit(str(service.client.base_url))
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        told = {
            "Host": "x",
            "Authorization": f"Bearer {ADMIN_KEY}",
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": TYPE,
            "Content-Length": str(len(CONTENT)),
        }
        lines = [f"{name}: {text}\r\n" for name, text in (told | headers).items()]
        writer.write(f"PATCH {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode())
        writer.write(CONTENT[:size])
        await writer.drain()
        return cls(reader, writer)

    def break_off(self) -> None:
        """Close the connection."""
        self._writer.close()

    async def send_rest(self, start: int) -> bytes:
        """Send the other bytes, and give the answer."""
        self._writer.write(CONTENT[start:])
        await self._writer.drain()
        return await self.read_answer()

    async def read_answer(self) -> bytes:
        """Wait for the answer."""
        answer = await self._reader.readuntil(b"\r\n\r\n")
        self._writer.close()
        return answer


async def offset_in_store(service: Service, path: str) -> int:
    """Read the offset without asking for it, which would end a request."""
    which = {"_id": path.rsplit("/", 1)[-1]}
    found = await service.stores.database["resumable_uploads"].find_one(which)
    assert found is not None
    return int(found["offset"])


async def finish(service: Service, path: str, offset: int) -> None:
    """Send what is left, and compare all."""
    answer = await Tus(service.client).patch(path, offset, CONTENT[offset:])
    assert answer.status_code == 204, answer.text
    assert await stored_bytes(service, path) == CONTENT


@pytest.mark.parametrize("size", [300_000, 4_000_000])
async def test_bytes_of_a_request_that_breaks_off_are_kept(service: Service, size: int) -> None:
    path = await create(service, len(CONTENT))
    (await HalfSent.begin(service, path, size)).break_off()

    async def are_kept() -> bool:
        # Those that the server has not read yet are lost.
        return size - 2 * UNREAD_BYTES <= await offset_in_store(service, path)

    await until(are_kept)
    offset = await Tus(service.client).offset(path)
    assert await stored_bytes(service, path) == CONTENT[:offset]
    await finish(service, path, offset)


async def test_bytes_with_a_checksum_are_kept_all_or_none(service: Service) -> None:
    path = await create(service, len(CONTENT))
    told = {"Upload-Checksum": checksum("sha1", CONTENT)}
    half = await HalfSent.begin(service, path, 4_000_000, **told)
    chunks = service.stores.database["blobs.chunks"]
    await until(lambda: chunks.count_documents({}))
    half.break_off()
    assert await Tus(service.client).offset(path) == 0
    await finish(service, path, 0)


async def test_later_of_two_requests_goes_on(service: Service) -> None:
    path = await create(service, len(CONTENT))
    earlier = await HalfSent.begin(service, path, 100_000)
    fence = await _fence_above(service, path, 0)
    later = await HalfSent.begin(service, path, 200_000)
    await _fence_above(service, path, fence)
    answers = await asyncio.gather(earlier.send_rest(100_000), later.send_rest(200_000))
    assert answers[0].startswith((b"HTTP/1.1 423", b"HTTP/1.1 409"))
    assert answers[1].startswith(b"HTTP/1.1 204")
    assert await stored_bytes(service, path) == CONTENT


async def _fence_above(service: Service, path: str, fence: int) -> int:
    async def read() -> int | None:
        which = {"_id": path.rsplit("/", 1)[-1], "fence": {"$gt": fence}}
        found = await service.stores.database["resumable_uploads"].find_one(which)
        return None if found is None else int(found["fence"])

    return await until(read)


async def test_many_requests_at_once_lose_no_byte_and_write_none_twice(service: Service) -> None:
    path = await create(service, len(CONTENT))
    tus = Tus(service.client)
    for offset in (0, 1_000_000, 3_000_000):
        stop = min(offset + 2_000_000 if offset else 1_000_000, len(CONTENT))
        piece = CONTENT[offset:stop]
        answers = await asyncio.gather(*(tus.patch(path, offset, piece) for _ in range(6)))
        statuses = sorted(answer.status_code for answer in answers)
        assert set(statuses) <= {204, 409, 423}
        assert statuses.count(204) <= 1
        if 204 not in statuses:  # Each was overtaken by the next, or by a part of one.
            now = await tus.offset(path)
            assert (await tus.patch(path, now, CONTENT[now:stop])).status_code == 204
        assert await tus.offset(path) == stop
    await finish(service, path, 3_000_000 + 2_000_000)


async def test_head_ends_a_request_that_sends(service: Service) -> None:
    path = await create(service, len(CONTENT))
    half = await HalfSent.begin(service, path, 100_000)
    await _fence_above(service, path, 0)
    assert await Tus(service.client).offset(path) == 100_000, "what has arrived is kept"
    assert (await half.send_rest(100_000)).startswith(b"HTTP/1.1 423")
    assert await Tus(service.client).offset(path) == 100_000
    await finish(service, path, 100_000)


@pytest.mark.parametrize("size", [100_000, 4_000_000])
async def test_bytes_of_a_connection_that_fell_silent_count_at_another_process(
    service: Service, size: int
) -> None:
    path = await create(service, len(CONTENT))
    half = await HalfSent.begin(service, path, size)

    async def is_saved() -> bool:
        return await offset_in_store(service, path) == size

    await until(is_saved)  # Nobody has asked this process for the offset.
    await finish(service, path, size)
    half.break_off()


@pytest.mark.parametrize("size", [100_000, 4_000_000])
async def test_head_just_after_the_connection_broke_counts_what_was_sent(
    service: Service, size: int
) -> None:
    path = await create(service, len(CONTENT))
    half = await HalfSent.begin(service, path, size)
    await _fence_above(service, path, 0)
    half.break_off()
    assert await Tus(service.client).offset(path) == size
    await finish(service, path, size)


async def test_silent_connection_whose_bytes_cannot_be_saved_ends(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await create(service, len(CONTENT))
    write = ResumableIntake._write

    async def fail(intake: ResumableIntake, chunks: Sequence[Document]) -> None:
        raise AutoReconnect

    monkeypatch.setattr(ResumableIntake, "_write", fail)
    half = await HalfSent.begin(service, path, 100_000)
    assert (await half.read_answer()).startswith(b"HTTP/1.1 503")
    monkeypatch.setattr(ResumableIntake, "_write", write)
    assert await Tus(service.client).offset(path) == 0
    await finish(service, path, 0)


async def test_request_that_ends_while_it_waits_for_a_write_loses_no_chunk(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumable = service.stores.resumable
    path = await create(service, len(CONTENT))
    upload_id, expires_at = path.rsplit("/", 1)[-1], utc_now() + timedelta(hours=1)
    taken = await resumable.take("admin", upload_id, 0, expires_at)
    intake = await resumable.open_intake(taken, lambda: 1000, is_kept_early=True)
    go_on, write = asyncio.Event(), intake._write

    async def write_slowly(chunks: Sequence[Document]) -> None:
        await go_on.wait()
        await write(chunks)

    monkeypatch.setattr(intake, "_write", write_slowly)
    for start in range(0, 2_000_000, 500_000):
        adding = asyncio.create_task(intake.add(CONTENT[start : start + 500_000]))
        await asyncio.wait({adding}, timeout=0.2)
        if not adding.done():
            adding.cancel()
            break
    with pytest.raises(asyncio.CancelledError):
        await adding
    go_on.set()
    await intake.keep(expires_at)
    offset = await offset_in_store(service, path)
    assert offset == start + 500_000
    await finish(service, path, offset)


async def test_overtaken_request_writes_nothing_more(service: Service) -> None:
    resumable = service.stores.resumable
    path = await create(service, len(CONTENT))
    upload_id, expires_at = path.rsplit("/", 1)[-1], utc_now() + timedelta(hours=1)
    stale = await resumable.take("admin", upload_id, 0, expires_at)
    intake = await resumable.open_intake(stale, lambda: 1, is_kept_early=True)
    await intake.add(b"x" * 4_000_000)
    await intake.settle()
    assert await offset_in_store(service, path) > 3_000_000
    offset = await Tus(service.client).offset(path)
    later = await resumable.take("admin", upload_id, offset, expires_at)
    fresh = await resumable.open_intake(later, lambda: 1, is_kept_early=True)
    await fresh.add(b"y" * (len(CONTENT) - offset))
    await fresh.end(expires_at)
    with pytest.raises(UploadInterrupted):
        await intake.end(expires_at)
    expected = b"x" * offset + b"y" * (len(CONTENT) - offset)
    assert await stored_bytes(service, path) == expected


async def test_upload_that_is_deleted_meanwhile_leaves_nothing(service: Service) -> None:
    path = await create(service, len(CONTENT))
    half = await HalfSent.begin(service, path, 100_000)
    await _fence_above(service, path, 0)
    assert (await Tus(service.client).send("DELETE", path)).status_code == 204
    assert (await half.send_rest(100_000)).startswith(b"HTTP/1.1 423")
    assert await service.count("blobs.chunks") == 0
    assert_problem(await Tus(service.client).patch(path, 0, b""), 404, "not_found")


async def test_key_that_ends_meanwhile_keeps_what_arrived(service: Service) -> None:
    created = await service.client.post("/v1/api-keys", json={"role": "client", "user_id": "u1"})
    tus = Tus(service.client, created.json()["key"])
    path = (await tus.create(len(CONTENT))).headers["Location"]

    async def body() -> AsyncIterator[bytes]:
        yield CONTENT[:100_000]
        deleted = await service.client.delete(f"/v1/api-keys/{created.json()['id']}")
        assert deleted.status_code == 204
        yield CONTENT[100_000:200_000]

    assert_problem(await tus.patch(path, 0, body()), 401, "unauthenticated")
    other = Tus(service.client, await service.make_key("client", "u1"))
    offset = await other.offset(path)
    assert await stored_bytes(service, path) == CONTENT[:offset]


async def test_creation_that_is_repeated_while_it_sends_leaves_the_upload(service: Service) -> None:
    link = await service.make_link(max_files=1)
    tus, once = Tus(service.client, link["token"]), {"Idempotency-Key": "k1"}
    repeated: list[httpx.Response] = []

    async def body() -> AsyncIterator[bytes]:
        yield CONTENT[:100_000]
        await until(lambda: service.count("resumable_uploads"))
        repeated.append(await tus.create(len(CONTENT), **once))
        yield CONTENT[100_000:]

    overtaken = await tus.create(len(CONTENT), content=body(), **once)
    assert_problem(overtaken, 423, "upload_interrupted")
    assert repeated[0].status_code == 201
    path, offset = repeated[0].headers["Location"], int(repeated[0].headers["Upload-Offset"])
    assert (await tus.patch(path, offset, CONTENT[offset:])).status_code == 204
    assert await stored_bytes(service, path) == CONTENT
    assert (await service.link(link["id"]))["reserved_files"] == 1
