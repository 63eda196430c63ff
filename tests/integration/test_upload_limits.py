"""Uploads that are too large, or end too early: bounded, and nothing of them stays."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, running_service
from tests.stored_files import read_sizes
from tests.waiting import until

pytestmark = pytest.mark.one_service

MB = 1024 * 1024
SMALL = draw()


def jpeg_of(size_bytes: int) -> bytes:
    """Make a picture of any size: bytes after its end are normal."""
    return draw().ljust(size_bytes, b"\x55")


@pytest.fixture
async def strict(service: Service) -> AsyncIterator[Service]:
    """An API with small limits on the same stores."""
    limits = {"MINILAB_MAX_FILE_BYTES": str(4 * MB), "MINILAB_MAX_REQUEST_BYTES": str(24 * MB)}
    async with running_service(service.environ | limits) as running:
        yield running


async def in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 64 * 1024):
        yield body[start : start + 64 * 1024]


async def send_head(
    service: Service, length: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Send the head of an upload over a connection of its own."""
    address = urlsplit(str(service.client.base_url))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        f"POST /v1/jobs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_KEY}\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\n{length}\r\n\r\n".encode()
    )
    return reader, writer


async def wait_until_empty(service: Service) -> None:
    async def is_empty() -> bool:
        return await service.count("blobs.chunks") == 0

    await until(is_empty)


async def test_refuses_file_over_limit_and_keeps_its_neighbours(strict: Service) -> None:
    files = [("a.jpg", SMALL), ("b.jpg", jpeg_of(4 * MB + 1)), ("c.jpg", jpeg_of(4 * MB))]
    job = (await strict.send(files)).json()
    assert [item["status"] for item in job["items"]] == ["queued", "failed", "queued"]
    assert job["items"][1]["error"]["code"] == "file_too_large"
    assert (await strict.client.get("/v1/capabilities")).json()["limits"][
        "max_file_bytes"
    ] == 4 * MB
    sizes = {file["length"] async for file in strict.stores.database["blobs.files"].find()}
    assert sizes == {len(SMALL), 4 * MB}
    stored = await read_sizes(strict.stores)
    assert sorted(stored.values()) == [len(SMALL), 4 * MB]


async def test_leaves_no_chunk_of_flushed_file_over_limit(strict: Service) -> None:
    job = (await strict.send([("a.jpg", jpeg_of(5 * MB)), ("b.jpg", jpeg_of(5 * MB))])).json()
    assert {item["error"]["code"] for item in job["items"]} == {"file_too_large"}
    await wait_until_empty(strict)


async def test_rejects_announced_body_over_limit_before_reading_it(strict: Service) -> None:
    reader, writer = await send_head(strict, f"Content-Length: {24 * MB + 1}")
    async with asyncio.timeout(120):
        status = await reader.readline()
    assert b" 413 " in status
    writer.close()
    await writer.wait_closed()


async def test_rejects_streamed_body_over_limit(strict: Service) -> None:
    body = body_of(*[file_part(jpeg_of(3900 * 1024))] * 7)
    headers = {"Content-Type": CONTENT_TYPE}
    answer = await strict.client.post("/v1/jobs", content=in_pieces(body), headers=headers)
    assert_problem(answer, 413, "request_too_large")
    await wait_until_empty(strict)
    assert await strict.count("jobs") == 0


async def test_takes_streamed_body_within_limit(strict: Service) -> None:
    body = body_of(file_part(jpeg_of(4 * MB)), file_part(SMALL))
    headers = {"Content-Type": CONTENT_TYPE}
    answer = await strict.client.post("/v1/jobs", content=in_pieces(body), headers=headers)
    assert answer.status_code == 202
    assert await strict.count("images") == 2


async def test_leaves_nothing_of_broken_form_that_was_flushed(service: Service) -> None:
    whole = body_of(file_part(jpeg_of(4 * MB)), file_part(jpeg_of(MB)))
    headers = {"Content-Type": CONTENT_TYPE}
    answer = await service.client.post("/v1/jobs", content=whole[: -MB // 2], headers=headers)
    assert_problem(answer, 400, "malformed_multipart")
    await wait_until_empty(service)


async def test_leaves_nothing_of_form_whose_last_field_is_wrong(service: Service) -> None:
    answer = await service.send([("a.jpg", jpeg_of(3 * MB))], operations="nope")
    assert_problem(answer, 422, "unknown_operation")
    await wait_until_empty(service)


@pytest.mark.stores("gridfs")
@pytest.mark.parametrize("chunked", [False, True])
async def test_leaves_nothing_of_client_that_disconnects(service: Service, chunked: bool) -> None:
    body = file_part(jpeg_of(5 * MB))
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {8 * MB}"
    _, writer = await send_head(service, length)
    writer.write(b"%x\r\n" % len(body) + body if chunked else body)
    await writer.drain()
    await until(lambda: service.count("blobs.chunks"))
    writer.close()
    await writer.wait_closed()
    await wait_until_empty(service)
    assert await service.count("jobs") == await service.count("images") == 0
    assert (await service.send([("a.jpg", SMALL)])).status_code == 202
