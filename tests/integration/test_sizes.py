"""Sizes of images: pictures of a width and a format, made on demand within limits."""

import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import pytest
import pytest_asyncio
from PIL import Image

from deploy.servers.embedded import EmbeddedServers
from tests.integration.test_verification import verify
from tests.pictures import draw
from tests.service import Service, authorization, environment, running_service

pytestmark = pytest.mark.one_service

TURNED = 6
"""EXIF orientation: the first row is the right side."""


@pytest_asyncio.fixture(scope="module")
async def stocked(servers: EmbeddedServers) -> AsyncIterator[Service]:
    """A service with one child that renders, which the tests share."""
    environ = environment(servers, f"test_{uuid4().hex[:12]}", render_children=1, worker_children=1)
    async with running_service(environ, prepare=True) as service:
        yield service
        await service.stores.client.drop_database(environ["MINILAB_MONGODB_DATABASE"])


def turned(width: int, height: int) -> bytes:
    """Draw a photo that its camera held on its side, with a position."""
    exif = Image.Exif()
    exif[0x0112] = TURNED
    exif[0x010F] = "NIKON CORPORATION"
    return draw(width, height, exif=exif)


async def add(service: Service, content: bytes, gps: str = "keep", user_id: str = "u0") -> str:
    fields = {"operations": "metadata", "gps": gps, "user_id": user_id}
    answer = await service.send([("a.jpg", content)], route="/v1/jobs", **fields)  # type: ignore[arg-type]
    return str(answer.json()["items"][0]["image_id"])


async def get(service: Service, image_id: str, **wanted: Any) -> httpx.Response:
    headers = wanted.pop("headers", {})
    path = f"/v1/images/{image_id}/content"
    return await service.client.get(path, params=wanted, headers=headers)


def opened(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    image = Image.open(io.BytesIO(answer.content))
    assert not image.getexif()
    assert answer.headers["content-type"] == f"image/{str(image.format).lower()}"
    return image


@pytest.mark.parametrize("picture_format", ["jpeg", "webp", "avif"])
async def test_serves_an_upright_picture_of_the_width(
    stocked: Service, picture_format: str
) -> None:
    content = turned(900, 1200)
    image_id = await add(stocked, content, gps="strip")
    made = opened(await get(stocked, image_id, width=320, format=picture_format))
    assert made.size == (320, 240)
    upright = Image.open(io.BytesIO(content)).transpose(Image.Transpose.ROTATE_270)
    expected = np.asarray(upright.convert("RGB").resize((320, 240), Image.Resampling.BOX), float)
    assert np.abs(np.asarray(made.convert("RGB"), float) - expected).mean() < 8


async def test_is_kept_and_never_larger_than_the_original(stocked: Service) -> None:
    image_id = await add(stocked, draw(800, 400, seed=2))
    first = await get(stocked, image_id, width=1280)
    assert opened(first).size == (800, 400)
    again = await get(stocked, image_id, width=1280, format="webp")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert opened(await get(stocked, image_id, format="jpeg")).size == (800, 400)
    assert first.headers["content-disposition"].endswith("filename=a-w1280.webp")
    assert (await verify(stocked)).broken == {}
    before = await stocked.count("variants.files")
    assert (await stocked.client.delete(f"/v1/images/{image_id}")).status_code == 204
    assert await stocked.count("variants.files") == before - 2


async def test_has_the_headers_of_other_pictures(stocked: Service) -> None:
    image_id = await add(stocked, draw(700, 500, seed=3))
    whole = await get(stocked, image_id, width=320)
    known = await get(
        stocked, image_id, width=320, headers={"If-None-Match": whole.headers["etag"]}
    )
    assert (known.status_code, known.content) == (304, b"")
    part = await get(stocked, image_id, width=320, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    path = f"/v1/images/{image_id}/content"
    head = await stocked.client.head(path, params={"width": 320})
    assert head.headers["content-length"] == str(len(whole.content))


@pytest.mark.parametrize(
    ("wanted", "parameter", "named"),
    [
        ({"width": 321}, "width", "320, 640, 1280, 2560"),
        ({"width": 0}, "width", "320, 640, 1280, 2560"),
        ({"width": -1}, "width", "320"),
        ({"format": "gif"}, "format", "jpeg, webp, avif"),
        ({"width": 320, "variant": "faces"}, "variant", ""),
    ],
)
async def test_refuses_other_sizes(
    stocked: Service, wanted: dict[str, Any], parameter: str, named: str
) -> None:
    image_id = await add(stocked, draw(seed=4))
    before = await stocked.count("variants.files")
    for path in ("content", "content-url"):
        answer = await stocked.client.get(f"/v1/images/{image_id}/{path}", params=wanted)
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"] == "size_not_offered"
        assert answer.json()["errors"][0]["parameter"] == parameter
        assert named in answer.json()["detail"]
    assert await stocked.count("variants.files") == before


async def test_signed_url_shows_its_size_and_no_other(stocked: Service) -> None:
    image_id = await add(stocked, draw(900, 300, seed=5), user_id="u1")
    path = f"/v1/images/{image_id}/content-url"
    made = (await stocked.client.get(path, params={"width": 640, "format": "jpeg"})).json()
    assert made["variant"] == "w640-jpeg"
    keyless = {"Authorization": ""}
    shown = await stocked.client.get(made["url"], headers=keyless)
    assert opened(shown).size == (640, 213)
    larger = await stocked.client.get(made["url"], params={"width": 1280}, headers=keyless)
    assert larger.status_code == 400


async def test_is_not_shown_to_strangers(stocked: Service) -> None:
    image_id = await add(stocked, draw(700, 500, seed=6), user_id="u1")
    stranger = authorization(await stocked.make_key("client", "u2"))
    answer = await get(stocked, image_id, width=320, headers=stranger)
    assert answer.status_code == 404
