"""Resumable uploads after kills of the API and of MongoDB: raw, by tuspy, by tus-js-client."""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from tests.faults.stack import Stack
from tests.resumable import ROUTE, Tus
from tests.service import ADMIN_KEY, REPOSITORY, authorization
from tests.waiting import until

CONTENT = b"".join(hashlib.sha256(b"%d" % n).digest() * 1000 for n in range(400))
"""12.8 MB."""
PIECE_BYTES = 1_000_000
MODULES = REPOSITORY / "openapi" / "package.json"
PAUSE_SECONDS = 0.2
Kill = Callable[[Stack], None]


def kill_api(stack: Stack) -> None:
    """Kill the API, and start it again."""
    stack.api.kill()
    stack.start_api()


def kill_mongodb(stack: Stack) -> None:
    """Kill MongoDB, and start it again."""
    stack.servers.mongodb.kill()
    stack.servers.mongodb.start()


@pytest.fixture
def kills() -> list[Kill]:
    """What is killed in the middle of an upload, one after another."""
    return [kill_api, kill_mongodb, kill_api]


async def assert_stored(stack: Stack, url: str) -> None:
    """Make a job of an upload, and compare its bytes in the store."""
    upload_id = url.rsplit("/", 1)[-1]
    which = {"_id": upload_id}
    found = await stack.stores.database["resumable_uploads"].find_one(which)
    assert found is not None
    assert (found["offset"], found["length"]) == (len(CONTENT), len(CONTENT))
    assert found["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    chunks = stack.stores.database["blobs.chunks"].find({"files_id": found["file_id"]})
    assert b"".join([chunk["data"] async for chunk in chunks.sort("n", 1)]) == CONTENT
    answer = await stack.client.post("/v1/jobs", json={"uploads": [upload_id]})
    assert answer.status_code == 202, answer.text


@pytest.mark.parametrize("kill", [kill_api, kill_mongodb])
async def test_kill_in_the_middle_of_a_request_loses_no_durable_byte(
    stack: Stack, kill: Kill
) -> None:
    tus = Tus(stack.client)
    path = (await tus.create(len(CONTENT))).headers["Location"]
    uploads = stack.stores.database["resumable_uploads"]
    which = {"_id": path.rsplit("/", 1)[-1]}
    offsets = [0]

    async def body() -> AsyncIterator[bytes]:
        half = offsets[-1] + (len(CONTENT) - offsets[-1]) * 3 // 4
        yield CONTENT[offsets[-1] : half]
        # Some of it is durable, some is on its way.
        await until(lambda: uploads.find_one(which | {"offset": {"$gt": offsets[-1]}}))
        await asyncio.to_thread(kill, stack)
        yield CONTENT[half:]

    # Less than the half of the upload may not be enough for a part that is written early.
    while offsets[-1] < len(CONTENT) // 2 and len(offsets) < 3:
        before = offsets[-1]
        with suppress(httpx.TransportError):
            await tus.patch(path, before, body())
        offsets += await until(lambda: _offset(stack, path))
        # An offset that was told is durable; one that only the store knew need not be.
        assert offsets[-1] >= before
    offset = await _finish(tus, stack, path)
    assert offset == len(CONTENT)
    await assert_stored(stack, path)


async def _offset(stack: Stack, path: str) -> tuple[int, ...]:
    """Ask for an offset, which may be 0; return nothing if there is no answer."""
    try:
        answer = await Tus(stack.client).send("HEAD", path)
    except httpx.TransportError:
        return ()
    assert answer.status_code in {200, 423}, answer.status_code
    return (int(answer.headers["Upload-Offset"]),) if answer.status_code == 200 else ()


async def _finish(tus: Tus, stack: Stack, path: str) -> int:
    (offset,) = await until(lambda: _offset(stack, path))
    if offset < len(CONTENT):
        answer = await tus.patch(path, offset, CONTENT[offset:])
        assert answer.status_code == 204, answer.text
    return await tus.offset(path)


async def test_tuspy_goes_on(
    stack: Stack, kills: list[Kill], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file = tmp_path / "content.bin"
    file.write_bytes(CONTENT)

    def upload() -> str:
        endpoint = f"{str(stack.client.base_url).rstrip('/')}{ROUTE}"
        client = TusClient(endpoint, headers=authorization(ADMIN_KEY))
        with file.open("rb") as opened:
            uploader: Any = client.uploader(
                file_stream=opened,
                chunk_size=PIECE_BYTES,
                metadata={"filename": "py.bin"},
                upload_checksum=True,
            )
            while uploader.offset < len(CONTENT):
                if kills and uploader.offset >= 3 * PIECE_BYTES * (4 - len(kills)):
                    kills.pop(0)(stack)
                try:
                    uploader.upload_chunk()
                except (TusCommunicationError, requests.RequestException):
                    uploader.offset = _ask(uploader)
        return str(uploader.url)

    url = await asyncio.to_thread(upload)
    assert kills == []
    await assert_stored(stack, url)


def _ask(uploader: Any) -> int:
    """Ask for the offset as tuspy does, until the service answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return int(uploader.get_offset())
        except (TusCommunicationError, requests.RequestException):
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)  # The client blocks, so no loop can wait.


async def test_tus_js_client_goes_on_by_itself(
    stack: Stack, kills: list[Kill], tmp_path: Path
) -> None:
    file = tmp_path / "content.bin"
    file.write_bytes(CONTENT)
    link = await stack.client.post("/v1/upload-links", json={"expires_in": 600, "max_files": 1})
    endpoint = f"{str(stack.client.base_url).rstrip('/')}{ROUTE}"
    program = str(REPOSITORY / "tests" / "tus" / "upload.cjs")
    arguments = [program, str(MODULES), endpoint, link.json()["token"], str(file)]
    process = await asyncio.create_subprocess_exec(
        *("node", *arguments, str(PIECE_BYTES)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": f"{REPOSITORY / '.venv' / 'bin'}:{os.environ['PATH']}"},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    last = ""
    async for line in process.stdout:
        last = line.decode().strip()
        if kills and last.isdigit() and int(last) >= 3 * PIECE_BYTES * (4 - len(kills)):
            await asyncio.to_thread(kills.pop(0), stack)
    errors = await process.stderr.read()
    assert await process.wait() == 0, errors.decode()
    assert kills == []
    upload_id = last.rsplit("/", 1)[-1]
    found = await stack.stores.database["resumable_uploads"].find_one({"_id": upload_id})
    assert found is not None
    assert found["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    headers = authorization(link.json()["token"])
    body = {"uploads": [upload_id]}
    answer = await stack.client.post("/v1/uploads", json=body, headers=headers)
    assert answer.status_code == 202, answer.text
