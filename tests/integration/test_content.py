"""Pictures: the original to the byte, and what is made from it."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from PIL import Image

from domain.blobs import StoredVariant
from sandbox.pool import ChildPool
from storage.blobs.variants import StoredVariants
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service
from tests.waiting import until

pytestmark = pytest.mark.one_service

VARIANTS = ("original", "grayscale", "thumbnail", "faces")


async def _done(service: Service, content: bytes, name: str = "a.jpg") -> str:
    job = await service.process([(name, content)])
    assert job["status"] == "succeeded", job
    return str(job["items"][0]["image_id"])


async def _content(service: Service, image_id: str, variant: str) -> bytes:
    answer = await service.client.get(f"/v1/images/{image_id}/content?variant={variant}")
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    return answer.content


def _gray(content: bytes) -> np.ndarray:
    """Return the luma that a JPEG stores, or that of the stored colours."""
    data = np.frombuffer(content, np.uint8)
    if content.startswith(b"\xff\xd8"):
        gray = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
        assert gray is not None
        return gray
    color = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert color is not None
    return cv2.cvtColor(color, cv2.COLOR_BGR2GRAY)


async def test_original_is_identical_to_the_byte(service: Service) -> None:
    for size_bytes in (1000, 255 * 1024, 255 * 1024 + 1, 3_000_000):
        content = draw(16, 16).ljust(size_bytes, b"\x00")
        job = (await service.send([("a.jpg", content)])).json()
        assert await _content(service, job["items"][0]["image_id"], "original") == content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
async def test_grayscale_is_luma_of_stored_values(working_service: Service, kind: str) -> None:
    content = draw(301, 203, kind=kind)
    picture = await _content(working_service, await _done(working_service, content), "grayscale")
    decoded = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    assert decoded is not None
    assert Image.open(io.BytesIO(picture)).format == "PNG"
    apart = np.abs(decoded.astype(int) - _gray(content))
    assert apart.max() <= (1 if kind == "PNG" else 0), "two roundings of the same luma"


@pytest.mark.parametrize(("width", "height"), [(1600, 900), (300, 2000), (120, 80)])
async def test_thumbnail_fits_512_pixels(working_service: Service, width: int, height: int) -> None:
    content = draw(width, height)
    image_id = await _done(working_service, content)
    thumbnail = Image.open(io.BytesIO(await _content(working_service, image_id, "thumbnail")))
    assert thumbnail.format == "WEBP"
    scale = min(1, 512 / max(width, height))
    assert thumbnail.size == (round(width * scale), round(height * scale))


async def test_faces_are_framed_in_a_colour_picture(
    working_service: Service, test_data: Path
) -> None:
    expected = json.loads((test_data / "lfw/expected.json").read_text())
    name, boxes = next((name, boxes) for name, boxes in expected.items() if len(boxes) == 1)
    content = (test_data / "lfw" / name).read_bytes()
    image_id = await _done(working_service, content)
    framed = Image.open(io.BytesIO(await _content(working_service, image_id, "faces")))
    plain = Image.open(io.BytesIO(content))
    assert (framed.mode, framed.size) == ("RGB", plain.size)
    ((x, y, width, height),) = boxes
    difference = np.abs(np.asarray(framed, int) - np.asarray(plain.convert("RGB"), int)).max(-1)
    frame = np.zeros(difference.shape, bool)
    frame[y - 5 : y + height + 5, x - 5 : x + width + 5] = True
    frame[y + 10 : y + height - 10, x + 10 : x + width - 10] = False
    edge = np.asarray(framed, int)[y + height // 2, x]
    assert edge[1] > edge[0] + 40, "the box is green"
    assert np.median(difference[~frame]) < 8
    assert difference[y + 20 : y + height - 20, x].mean() > 40


@pytest.mark.parametrize("variant", VARIANTS)
async def test_content_tells_how_to_keep_and_show_it(
    working_service: Service, variant: str
) -> None:
    image_id = await _done(working_service, draw(), name="Straße am See.jpg")
    path = f"/v1/images/{image_id}/content?variant={variant}"
    first = await working_service.client.get(path)
    types = {"grayscale": "image/png", "thumbnail": "image/webp"}
    assert first.headers["content-type"] == types.get(variant, "image/jpeg")
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["accept-ranges"] == "bytes"
    assert "sandbox" in first.headers["content-security-policy"]
    assert first.headers["cache-control"] == "no-store"
    assert "Stra%C3%9Fe%20am%20See" in first.headers["content-disposition"]
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        again = await working_service.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
    changed = await working_service.client.get(path, headers={"If-None-Match": '"x"'})
    assert (changed.status_code, changed.content) == (200, first.content)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_304_of_a_picture_announces_no_bytes_and_keeps_the_connection(
    working_service: Service, method: str
) -> None:
    image_id = await _done(working_service, draw(120, 60))
    path = f"/v1/images/{image_id}/content"
    async with httpx.AsyncClient(
        base_url=working_service.client.base_url,
        headers=working_service.client.headers,
        limits=httpx.Limits(max_connections=1),
    ) as client:
        known = {"If-None-Match": (await client.head(path)).headers["etag"]}
        for _ in range(3):  # The server ends a connection whose answer lacks announced bytes.
            answer = await client.request(method, path, headers=known)
            assert answer.status_code == 304
            assert answer.headers.get("connection") != "close"
            assert "content-length" not in answer.headers


async def test_each_variant_has_an_etag_of_its_own_and_is_made_once(
    working_service: Service,
) -> None:
    content = draw()
    images = [await _done(working_service, content) for _ in range(2)]
    etags = {
        (await working_service.client.get(f"/v1/images/{image}/content?variant={name}")).headers[
            "etag"
        ]
        for image in images
        for name in VARIANTS
    }
    assert len(etags) == len(VARIANTS)
    assert await working_service.count("variants.files") == len(VARIANTS) - 1


async def test_variant_is_rendered_once_for_all_who_wait(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewers, looks, renders = 6, 0, 0
    find, run = StoredVariants.find, ChildPool.run

    async def count_look(self: StoredVariants, file_id: str) -> StoredVariant | None:
        nonlocal looks
        looks += 1
        return await find(self, file_id)

    async def run_after_all_looks(self: ChildPool, *args: Any, **kwargs: Any) -> Any:
        nonlocal renders
        renders += 1
        await until(lambda: looks >= viewers)
        return await run(self, *args, **kwargs)

    monkeypatch.setattr(StoredVariants, "find", count_look)
    monkeypatch.setattr(ChildPool, "run", run_after_all_looks)
    job = (await service.send([("a.jpg", draw())])).json()
    path = f"/v1/images/{job['items'][0]['image_id']}/content?variant=grayscale"
    answers = await asyncio.gather(*(service.client.get(path) for _ in range(viewers)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert renders == 1


async def test_pictures_are_made_for_images_that_did_not_ask_for_them(
    working_service: Service,
) -> None:
    job = await working_service.process([("a.jpg", draw())], operations="metadata")
    image_id = job["items"][0]["image_id"]
    assert await _content(working_service, image_id, "thumbnail")
    assert await _content(working_service, image_id, "grayscale")
    path = f"/v1/images/{image_id}/content?variant=faces"
    assert_problem(await working_service.client.get(path), 409, "wrong_state")


async def test_faces_that_are_not_known_yet_are_a_conflict(service: Service) -> None:
    job = (await service.send([("a.jpg", draw())])).json()
    path = f"/v1/images/{job['items'][0]['image_id']}"
    for part in ("/content?variant=faces", "/histogram"):
        assert_problem(await service.client.get(path + part), 409, "wrong_state")


async def test_original_of_html_in_disguise_cannot_run(service: Service) -> None:
    content = draw(16, 16, kind="BMP") + b"<script>alert(document.domain)</script>"
    job = (await service.send([("a.html", content)])).json()
    path = f"/v1/images/{job['items'][0]['image_id']}/content"
    answer = await service.client.get(path)
    assert answer.headers["content-type"] == "image/bmp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
