"""ZIP archives: every file whole, a manifest that is true, and nothing short that looks whole."""

import asyncio
import hashlib
import io
import json
import subprocess
import tracemalloc
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.images import write_archive
from storage.mongo.client import DURABLE
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import (
    ADMIN_KEY,
    File,
    Service,
    authorization,
    find_test_data,
    running_service,
)

PICTURE = draw(kind="PNG")
MB = 1024 * 1024


@asynccontextmanager
async def _service(environ: dict[str, str], **more: object) -> AsyncIterator[Service]:
    own = {f"MINILAB_{name.upper()}": str(value) for name, value in more.items()}
    async with running_service(environ | own, send_buffer_bytes=16 * 1024) as running:
        yield running


async def _upload(service: Service, *files: File, **fields: Any) -> dict[str, Any]:
    answer = await service.send(files, **fields)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


async def _get(service: Service, path: str, key: str = ADMIN_KEY, **query: Any) -> httpx.Response:
    answer = await service.client.get(path, params=query or None, headers=authorization(key))
    assert answer.status_code == 200, answer.text
    return answer


def _large(size_bytes: int, seed: int = 0) -> bytes:
    return draw(24, 24, seed=seed).ljust(size_bytes, b"\0")


async def _read_on(pieces: AsyncIterator[bytes], content: bytearray) -> None:
    async for piece in pieces:
        content += piece


def _read(content: bytes | bytearray) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Read an archive: its files, and its manifest."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name) for name in archive.namelist()}
    assert list(files)[-1] == "manifest.json"
    return files, json.loads(files.pop("manifest.json"))


@pytest.mark.one_service
async def test_an_archive_has_every_file_and_a_true_manifest(
    working_service: Service, tmp_path: Path
) -> None:
    service = working_service
    files = [
        ("a.png", PICTURE),
        ("A.png", draw(seed=1, kind="PNG")),
        ("manifest.json", draw(seed=2)),
        ("größe.jpg", _large(600_000, seed=3)),
        ("none.txt", b"no picture"),
    ]
    job = await service.process(files, external_id="order-1", tags="album")
    answer = await _get(service, f"/v1/jobs/{job['id']}/archive")
    assert answer.headers["content-type"] == "application/zip"
    disposition = f'attachment; filename="job-{job["id"]}.zip"'
    assert answer.headers["content-disposition"] == disposition
    found, manifest = _read(answer.content)
    names = ["größe.jpg", "manifest (2).json", "A.png", "a (2).png"]
    assert found == dict(zip(names, [content for _, content in files[3::-1]], strict=True))
    overhead = len(answer.content) - sum(map(len, found.values()))
    assert overhead < 20_000, "nothing is compressed, and little is added"
    assert manifest.keys() == {"created_at", "variant", "next_cursor", "images", "left_out"}
    assert (manifest["variant"], manifest["next_cursor"], manifest["left_out"]) == (
        "original", None, [],
    )  # fmt: skip
    for entry, (name, content) in zip(manifest["images"], found.items(), strict=True):
        image = (await _get(service, f"/v1/images/{entry['image']['id']}")).json()
        assert entry["image"] == image
        assert image["tags"] == ["album"]
        assert (entry["file"], entry["bytes"]) == (name, len(content))
        assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    (tmp_path / "job.zip").write_bytes(answer.content)
    tested = subprocess.run(  # noqa: ASYNC221 -- takes milliseconds
        ["unzip", "-t", tmp_path / "job.zip"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "No errors detected" in tested.stdout


@pytest.mark.one_service
async def test_variants_are_rendered_and_images_without_one_are_listed(
    working_service: Service,
) -> None:
    service = working_service
    job = await service.process([("a.png", PICTURE), ("broken.jpg", draw(400, 300)[:700])])
    path = f"/v1/jobs/{job['id']}/archive"
    files, manifest = _read((await _get(service, path, variant="thumbnail")).content)
    assert list(files) == ["a-thumbnail.webp"]
    image_id = job["items"][0]["image_id"]
    thumbnail = await _get(service, f"/v1/images/{image_id}/content", variant="thumbnail")
    assert files["a-thumbnail.webp"] == thumbnail.content
    assert manifest["images"][0]["media_type"] == "image/webp"
    (left_out,) = manifest["left_out"]
    assert left_out["image_id"] == job["items"][1]["image_id"]
    assert left_out["code"] == "corrupt_image"


@pytest.mark.one_service
async def test_a_position_that_is_hidden_is_in_no_archive(service: Service) -> None:
    content = (find_test_data() / "photos" / "DSCN0010.jpg").read_bytes()
    job = await _upload(service, ("gps.jpg", content), gps="strip")
    image_id = job["items"][0]["image_id"]
    files, _ = _read((await _get(service, f"/v1/jobs/{job['id']}/archive")).content)
    assert files["gps.jpg"] == (await _get(service, f"/v1/images/{image_id}/content")).content
    assert files["gps.jpg"] != content


@pytest.mark.one_service
async def test_a_search_and_a_link_have_archives_by_pages(service: Service) -> None:
    link = await service.make_link()
    for number in range(3):
        file = (f"{number}.png", PICTURE)
        await service.send([file], route="/v1/uploads", key=link["token"])
        await _upload(service, file, user_id="u-zip", tags=f"t,n{number}")
    found, _ = _read((await _get(service, "/v1/images/archive", tag=["t", "n1"])).content)
    assert list(found) == ["1.png"]
    for path, query in (
        ("/v1/images/archive", {"user_id": "u-zip", "tag": "t"}),
        (f"/v1/upload-links/{link['id']}/archive", {}),
    ):
        first = await _get(service, path, limit=2, **query)
        files, manifest = _read(first.content)
        assert list(files) == ["2.png", "1.png"]
        following = first.headers["link"].removeprefix("<").removesuffix('>; rel="next"')
        assert manifest["next_cursor"] in following
        last = await _get(service, following)
        assert list(_read(last.content)[0]) == ["0.png"]
        assert "link" not in last.headers
    own = await service.make_key("client", "u-zip")
    files, _ = _read((await _get(service, "/v1/images/archive", own)).content)
    assert sorted(files) == ["0.png", "1.png", "2.png"]
    refused = await service.client.get(
        f"/v1/upload-links/{link['id']}/archive", headers=authorization(own)
    )
    assert_problem(refused, 403, "forbidden")
    guest = await service.client.get("/v1/images/archive", headers=authorization(link["token"]))
    assert_problem(guest, 401, "unauthenticated")
    for path in ("/v1/jobs/none/archive", "/v1/upload-links/none/archive"):
        assert_problem(await service.client.get(path), 404, "not_found")


async def test_bounds_are_checked_before_the_first_byte(environ: dict[str, str]) -> None:
    bounds = {"max_archive_images": 3, "max_archive_bytes": 2 * len(PICTURE)}
    async with _service(environ, **bounds) as service:
        four = await _upload(service, *[(f"{at}.png", PICTURE) for at in range(4)])
        path = f"/v1/jobs/{four['id']}/archive"
        for method in ("GET", "HEAD"):
            answer = await service.client.request(method, path)
            assert answer.status_code == 422
        assert_problem(await service.client.get(path), 422, "too_many_images")
        answer = await service.client.get(path, params={"limit": 4})
        fault = {"parameter": "limit", "detail": "an archive has 3 images at most."}
        assert assert_problem(answer, 422, "too_many_images")["errors"] == [fault]
        answer = await service.client.get(path, params={"limit": 3})
        assert_problem(answer, 422, "archive_too_large")
        assert "limit" in answer.json()["detail"]
        for wrong in ("0", "x", "100001"):
            answer = await service.client.get(path, params={"limit": wrong})
            assert_problem(answer, 422, "invalid_value")
        names: list[str] = []
        cursor: dict[str, str] = {}
        for _ in range(2):
            files, manifest = _read((await _get(service, path, limit=2, **cursor)).content)
            names += files
            cursor = {"cursor": manifest["next_cursor"]}
        assert names == ["3.png", "2.png", "1.png", "0.png"]
        head = await service.client.head(path, params={"limit": 2})
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == "application/zip"


async def test_what_is_deleted_meanwhile_is_left_out_and_listed(environ: dict[str, str]) -> None:
    async with _service(environ) as service:
        first = await _upload(service, ("small.png", PICTURE))
        await _upload(service, ("large.jpg", _large(4 * MB)))
        async with service.client.stream("GET", "/v1/images/archive") as answer:
            pieces = answer.aiter_raw()
            content = bytearray(await anext(pieces))
            image_id = first["items"][0]["image_id"]
            deleted = await service.client.delete(f"/v1/images/{image_id}")
            assert deleted.status_code == 204
            await _read_on(pieces, content)
        files, manifest = _read(content)
        assert list(files) == ["large.jpg"]
        (left_out,) = manifest["left_out"]
        assert (left_out["image_id"], left_out["code"]) == (image_id, "not_found")


@pytest.mark.any_shards
@pytest.mark.stores("gridfs")
async def test_a_file_that_ends_too_early_ends_the_connection(environ: dict[str, str]) -> None:
    async with _service(environ, max_archives=1) as service:
        await _upload(service, ("large.jpg", _large(2 * MB)))
        chunks = service.stores.database["blobs.chunks"].with_options(write_concern=DURABLE)
        await chunks.delete_one({"n": 4})
        for _ in range(2):
            content = bytearray()
            async with service.client.stream("GET", "/v1/images/archive") as answer:
                assert answer.status_code == 200
                with pytest.raises(httpx.RemoteProtocolError):
                    await _read_on(answer.aiter_raw(), content)
            assert content
            with pytest.raises(zipfile.BadZipFile):
                zipfile.ZipFile(io.BytesIO(content))


async def test_clients_that_leave_or_stop_reading_give_their_place_back(
    environ: dict[str, str],
) -> None:
    async with _service(environ, max_archives=1, max_unread_seconds=1) as service:
        await _upload(service, *[(f"{at}.jpg", _large(4 * MB, at)) for at in range(3)])
        async with service.client.stream("GET", "/v1/images/archive") as answer:
            await anext(answer.aiter_raw())
        async with service.client.stream("GET", "/v1/images/archive") as stalled:
            pieces = stalled.aiter_raw()
            await anext(pieces)
            waiting = asyncio.create_task(_get(service, "/v1/images/archive"))
            files, _ = _read((await waiting).content)
            assert len(files) == 3
            with pytest.raises(httpx.TransportError):
                await _read_on(pieces, bytearray())


async def test_memory_stays_flat(
    environ: dict[str, str],
) -> None:
    async with _service(environ) as service:
        files = [(f"{at}.jpg", _large(2 * MB, at)) for at in range(12)]
        await _upload(service, *files)
        del files
        received = 0
        tracemalloc.start()
        try:
            async with service.client.stream("GET", "/v1/images/archive") as answer:
                async for piece in answer.aiter_raw():
                    received += len(piece)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert received > 24 * MB
        # Some pieces: they have 1 MiB if they come from a bucket.
        assert peak < 9 * MB


async def test_a_manifest_of_many_images_is_kept_on_the_disk(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_archive, "MANIFEST_IN_MEMORY_BYTES", 1000)
    async with _service(environ) as service:
        await _upload(service, *[("a.png", PICTURE)] * 20, tags="many")
        files, manifest = _read((await _get(service, "/v1/images/archive")).content)
        assert len(files) == len(manifest["images"]) == 20
        assert [entry["file"] for entry in manifest["images"]] == list(files)


async def test_archives_wait_for_their_turn_and_one_tenant_leaves_room(
    environ: dict[str, str],
) -> None:
    async with _service(environ, max_archives=2) as service:
        await _upload(service, ("a.jpg", _large(4 * MB)), user_id="many")
        await _upload(service, ("b.png", PICTURE), user_id="one")
        many, one = [await service.make_key("client", user) for user in ("many", "one")]
        headers = authorization(many)
        async with service.client.stream("GET", "/v1/images/archive", headers=headers) as answer:
            await anext(answer.aiter_raw())
            waiting = asyncio.create_task(_get(service, "/v1/images/archive", many))
            files, _ = _read((await _get(service, "/v1/images/archive", one)).content)
            assert list(files) == ["b.png"]
            assert not waiting.done()
        assert list(_read((await waiting).content)[0]) == ["a.jpg"]
