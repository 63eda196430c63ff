"""`minilab batch move-blobs` while the service runs and people upload, read and delete."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from domain.ports import GRIDFS, S3
from storage.blobs.removals import Removals
from storage.mongo.client import batched
from tests.command_line import environment_of, read_json, run_for, run_process
from tests.invariants import find_broken
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service
from tests.stored_files import read_sizes
from tests.waiting import until

pytestmark = pytest.mark.stores(S3)

# `MOVED_IMAGES=1000` moves as many as the service promises to be safe with.
IMAGES = int(os.environ.get("MOVED_IMAGES", "12"))
FILES = 4
READ_AT_ONCE = 20
NONE = timedelta(0)


@pytest.fixture
async def working(service: Service) -> AsyncIterator[Service]:
    async with service.working(reconcile_seconds=0.2):
        yield service


async def _fill(service: Service, count: int) -> dict[str, bytes]:
    """Send pictures that differ; return their bytes by the path of their content."""
    contents: dict[str, bytes] = {}
    for first in range(0, count, FILES):
        numbers = range(first, min(count, first + FILES))
        pictures = [draw(64, 48) + b"%d" % number for number in numbers]
        job = await service.process([(f"{n}.jpg", picture) for n, picture in enumerate(pictures)])
        assert job["status"] == "succeeded"
        for item, picture in zip(job["items"], pictures, strict=True):
            contents[f"/v1/images/{item['image_id']}/content"] = picture
    return contents


async def _stores(service: Service) -> set[str]:
    """Name the stores that the documents of blobs name."""
    files = service.stores.database["blobs.files"]
    return {file["metadata"].get("store", GRIDFS) async for file in files.find()}


async def _read_on(service: Service, contents: dict[str, bytes]) -> None:
    """Read pictures in turn until cancelled; each is whole at every moment."""
    while True:
        for path, content in contents.items():
            answer = await service.client.get(path)
            assert (answer.status_code, answer.content) == (200, content)


async def _upload_on(service: Service) -> None:
    """Upload the same picture, and delete it, until cancelled."""
    while True:
        job = await service.process([("again.jpg", draw(64, 48) + b"again")], user_id="other")
        path = f"/v1/images/{job['items'][0]['image_id']}"
        assert (await service.client.delete(path)).status_code == 204


async def test_files_move_there_and_back_under_load(working: Service) -> None:
    contents = await _fill(working, IMAGES)
    load = [
        asyncio.create_task(_read_on(working, contents)),
        asyncio.create_task(_upload_on(working)),
    ]
    for store in (GRIDFS, S3):
        # As a process: the service logs to the standard output of this one meanwhile.
        command = ("batch", "move-blobs", "--to", store, "--json")
        ended = await run_process(*command, environment=environment_of(working))
        moved = ended.json()
        assert (moved["status"], moved["failed"]) == ("succeeded", 0)
        assert moved["done"] >= IMAGES
        for some in batched(contents, READ_AT_ONCE):
            answers = await asyncio.gather(*(working.client.get(path) for path in some))
            assert [answer.content for answer in answers] == [contents[path] for path in some]
    for task in load:
        assert not task.done(), task
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    again = await run_for(working, "batch", "move-blobs", "--to", S3)
    assert ["failed", "0"] in again.rows
    await Removals(working.stores.database, working.stores.blob_stores, NONE).carry_out()
    assert await find_broken(working.stores) == {}
    lengths = {
        file["_id"]: file["length"] async for file in working.stores.database["blobs.files"].find()
    }

    async def one_copy_is_left() -> bool:
        return await read_sizes(working.stores) == lengths

    await until(one_copy_is_left)


async def test_move_that_was_stopped_goes_on(service: Service) -> None:
    async with service.working(reconcile_seconds=0.2):
        await _fill(service, IMAGES)
    first = {"operation": "move_bytes", "store": GRIDFS}
    batch = (await service.client.post("/v1/batches", json=first)).json()
    assert (await service.client.post(f"/v1/batches/{batch['id']}/cancel")).status_code == 200
    for image in await service.stores.database["images"].find().limit(IMAGES // 2).to_list():
        assert await service.stores.mover.move(image["sha256"], GRIDFS)
    assert await _stores(service) == {GRIDFS, S3}
    async with service.working(reconcile_seconds=0.2):
        moved = await read_json(service, "batch", "move-blobs", "--to", GRIDFS)
    assert moved["done"] == IMAGES
    assert moved["unchanged"] >= IMAGES // 2
    assert await _stores(service) == {GRIDFS}
    assert await find_broken(service.stores) == {}


@pytest.mark.parametrize(
    "request_", [{"operation": "move_bytes"}, {"operation": "faces", "store": "s3"}]
)
async def test_the_store_belongs_to_the_operation(
    service: Service, request_: dict[str, str]
) -> None:
    answer = await service.client.post("/v1/batches", json=request_)
    assert_problem(answer, 422, "invalid_value")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["#/store"]


@pytest.mark.stores(GRIDFS)
async def test_nothing_moves_into_a_bucket_that_is_not_there(service: Service) -> None:
    wanted = {"operation": "move_bytes", "store": "s3"}
    answer = await service.client.post("/v1/batches", json=wanted)
    assert_problem(answer, 422, "invalid_value")
