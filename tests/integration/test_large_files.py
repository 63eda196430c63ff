"""A service with a bucket: large files through every door, deletes, and a bucket that is away."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from deploy.servers.seaweedfs import ObjectServers
from domain.ports import S3
from storage.blobs.removals import Removals
from tests.buckets import list_objects, with_bucket
from tests.integration.test_early_answers import connect, head, read_answer
from tests.invariants import find_broken
from tests.multipart_bodies import CONTENT_TYPE
from tests.picture_servers import PictureServer
from tests.pictures import draw
from tests.problems import assert_problem
from tests.resumable import Tus
from tests.service import Service, running_service
from tests.waiting import until

SMALL = draw(seed=7)
INLINE = 100 * 1024
NONE = timedelta(0)


def _large(seed: int, side: int = 512) -> bytes:
    return draw(side, side, seed=seed, kind="PNG")


@pytest.fixture
async def service(
    environ: dict[str, str], objects: ObjectServers, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Service]:
    settings = with_bucket(environ, objects, monkeypatch) | {
        "MINILAB_STORE_TIMEOUT_SECONDS": "3",
        "MINILAB_BLOB_INLINE_BYTES": str(INLINE),
        "MINILAB_FETCH_ALLOW": "127.0.0.0/8",
        "MINILAB_FETCH_ALLOW_HTTP": "true",
    }
    async with running_service(settings) as running:
        yield running
        await running.stores.acceptance.drain()
        assert await running.orphan_chunks() == []


async def _content(service: Service, item: dict[str, Any], variant: str = "") -> bytes:
    path = f"/v1/images/{item['image_id']}/content"
    answer = await service.client.get(path, params={"variant": variant} if variant else {})
    assert answer.status_code == 200, answer.text
    return answer.content


async def _stored(service: Service) -> dict[str, str]:
    """Say where each blob is, by its hash."""
    files = await service.stores.database["blobs.files"].find().to_list()
    return {file["metadata"]["sha256"]: file["metadata"].get("store", "gridfs") for file in files}


async def _assert_whole(service: Service) -> None:
    stores = service.stores
    for _ in range(2):  # A write that timed out may have been done all the same.
        await stores.sweeper(NONE).sweep()
    assert await find_broken(stores, pause_seconds=0.2) == {}


async def test_large_files_come_through_every_door(service: Service) -> None:
    large = [_large(seed) for seed in range(4)]
    assert all(len(content) > INLINE for content in large)
    tus = Tus(service.client)
    async with service.working():
        form = await service.process([("a.png", large[0]), ("b.jpg", SMALL)])
        raw = await service.client.post(
            "/v1/jobs", content=large[1], headers={"Content-Type": "image/png"}
        )
        job = await service.client.post(
            "/v1/jobs", json={"uploads": [await tus.upload(large[2], "c.png")]}
        )
        jobs = [form] + [await service.job(answer.json()["id"]) for answer in (raw, job)]
        items = [item for one in jobs for item in one["items"]]
        assert [one["status"] for one in jobs] == ["succeeded"] * 3
        for item, content in zip(items, [large[0], SMALL, large[1], large[2]], strict=True):
            assert await _content(service, item) == content
        assert sorted((await _stored(service)).values()) == ["gridfs", S3, S3, S3]
        assert len(await list_objects(service.stores)) == 3

        # Only the small one has chunks; those of the resumable upload are gone.
        assert await service.stores.database["blobs.chunks"].count_documents({}) == 1
        part = await service.client.get(
            f"/v1/images/{items[0]['image_id']}/content", headers={"Range": "bytes=1000-299999"}
        )
        assert (part.status_code, part.content) == (206, large[0][1000:300_000])
        gray = await _content(service, items[0], "grayscale")
        assert gray[:8] == b"\x89PNG\r\n\x1a\n"
        assert len(gray) > INLINE
        variants = service.stores.database["variants.files"]
        (variant,) = await variants.find({"metadata.store": S3}).to_list()
        assert variant["length"] == len(gray)
        assert await _content(service, items[0], "grayscale") == gray
        assert variant["metadata"]["object"] in await list_objects(service.stores)
        archive = await service.client.get("/v1/images/archive")
        with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
            assert files.testzip() is None
            assert {large[0], SMALL, large[1], large[2]} <= {
                files.read(name) for name in files.namelist()
            }
    await _assert_whole(service)
    for item in items:
        assert (await service.client.delete(f"/v1/images/{item['image_id']}")).status_code == 204
    assert len(await list_objects(service.stores)) == 4
    removals = Removals(service.stores.database, service.stores.blob_stores, NONE)
    assert await removals.carry_out() == 4
    assert await list_objects(service.stores) == {}
    await _assert_whole(service)


async def test_a_bucket_that_hangs_holds_up_large_files_only(
    service: Service, objects: ObjectServers
) -> None:
    before = await service.send([("before.png", _large(10))])
    tus, content = Tus(service.client), _large(11)
    objects.gateway.freeze()
    try:
        # The first one finds out, within the limit of a call.
        refused = await service.send([("late.png", _large(12))])
        assert_problem(refused, 503, "bytes_unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
        # The next one is refused before its body is read: of this one nothing is sent.
        reader, writer = await connect(service.client)
        writer.write(head(service.client, INLINE + 1).replace(CONTENT_TYPE.encode(), b"image/png"))
        status, headers, body = await read_answer(reader)
        writer.close()
        assert (status, json.loads(body)["code"]) == (503, "bytes_unavailable")
        assert int(headers["retry-after"]) >= 1
        upload = await tus.upload(content, "tus.png")
        job = await service.client.post("/v1/jobs", json={"uploads": [upload]})
        assert_problem(job, 503, "bytes_unavailable")

        async with service.working():
            small = await service.process([("small.jpg", SMALL)])
            assert small["status"] == "succeeded"
            image_id = before.json()["items"][0]["image_id"]
            path = f"/v1/images/{image_id}/content"
            assert_problem(await service.client.get(path), 503, "bytes_unavailable")
            waiting = await service.stores.database["images"].find_one({"_id": image_id})
            assert waiting is not None
            assert "finished_at" not in waiting or waiting["finished_at"] is None
            objects.gateway.resume()
            done = await service.job(before.json()["id"])
            assert done["status"] == "succeeded"
            image = await service.stores.database["images"].find_one({"_id": image_id})
            assert image is not None
            assert image["attempts"] == 1  # Those that found no bytes do not count.
            assert not image.get("bad_attempts")
    finally:
        objects.gateway.resume()

    async def is_taken() -> bool:
        answer = await service.client.post("/v1/jobs", json={"uploads": [upload]})
        return answer.status_code == 202

    await until(is_taken)
    (image,) = await service.stores.database["images"].find({"filename": "tus.png"}).to_list()
    assert await _content(service, {"image_id": image["_id"]}) == content
    assert (await service.send([("again.png", _large(12))])).status_code == 202
    await _assert_whole(service)


async def test_a_url_waits_for_the_bucket(
    service: Service, objects: ObjectServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.fetching.fetch_jobs.BUCKET_SECONDS", 0.2)
    content = _large(20)
    async with PictureServer(content) as server, service.working():
        objects.gateway.freeze()
        try:
            body = {"urls": [server.url("ok")]}
            answer = await service.client.post("/v1/jobs", json=body)
            assert answer.status_code == 202, answer.text
            await until(lambda: server.asked("ok") >= 2)
        finally:
            objects.gateway.resume()
        job = await service.job(answer.json()["id"])
        (item,) = job["items"]
        assert item["status"] == "succeeded"
        assert await _content(service, item) == content
    assert set((await _stored(service)).values()) == {S3}
    await _assert_whole(service)
