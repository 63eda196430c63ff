"""Every format that the service says it decodes goes all the way, through every operation."""

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from tests.service import Service

pytestmark = pytest.mark.one_service

PILLOW_NAMES = {
    "jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "gif": "GIF", "tiff": "TIFF", "bmp": "BMP",
    "heic": "HEIF", "avif": "AVIF",
}  # fmt: skip


def _picture(shade: int, mode: str = "RGB") -> Image.Image:
    across = np.linspace(shade, 255 - shade, 200)[None, :].repeat(120, 0)
    pixels = np.stack([across, across[:, ::-1], np.full_like(across, shade)], -1)
    return Image.fromarray(pixels.astype(np.uint8)).convert(mode)


def _save(picture: Image.Image, name: str, **options: object) -> bytes:
    pillow_heif.register_heif_opener()
    file = io.BytesIO()
    picture.save(file, PILLOW_NAMES[name], **options)
    return file.getvalue()


async def test_every_format_goes_through_every_operation(working_service: Service) -> None:
    formats = (await working_service.client.get("/v1/capabilities")).json()["formats"]
    names = [entry["format"] for entry in formats]
    assert set(names) == PILLOW_NAMES.keys()
    job = await working_service.process([(f"a.{n}", _save(_picture(20), n)) for n in names])
    assert job["status"] == "succeeded", job
    for entry, item in zip(formats, job["items"], strict=True):
        path = f"/v1/images/{item['image_id']}"
        image = (await working_service.client.get(path)).json()
        assert (image["format"], image["media_type"]) == (entry["format"], entry["media_type"])
        assert (image["width"], image["height"]) == (200, 120)
        assert {op["status"] for op in image["operations"].values()} == {"succeeded"}
        assert len(image["operations"]) == 5
        assert image["histogram"]["pixels"] == 200 * 120
        assert image["metadata"]["gps"] is None
        for variant in ("grayscale", "thumbnail", "faces"):
            answer = await working_service.client.get(f"{path}/content?variant={variant}")
            assert answer.status_code == 200
            assert Image.open(io.BytesIO(answer.content)).size == (200, 120)
        original = await working_service.client.get(f"{path}/content")
        assert original.headers["content-type"] == entry["media_type"]


@pytest.mark.parametrize("name", ["gif", "webp", "png", "tiff", "avif"])
async def test_of_many_frames_the_first_counts(working_service: Service, name: str) -> None:
    still = _save(_picture(10), name, **({"lossless": True} if name == "webp" else {}))
    options = {"lossless": True} if name == "webp" else {}
    moving = _save(
        _picture(10), name, save_all=True, append_images=[_picture(90), _picture(120)], **options
    )
    job = await working_service.process([("still", still), ("moving", moving)])
    assert job["status"] == "succeeded", job
    bins = []
    for item in job["items"]:
        answer = await working_service.client.get(f"/v1/images/{item['image_id']}/histogram")
        bins.append(np.array(answer.json()["bins"]))
    apart = np.abs(np.cumsum(bins[0]) - np.cumsum(bins[1])).max()
    assert apart <= 600, "the grays of the first frame, but for rounding: 2.5 % of the pixels"


async def test_odd_pixels_go_through_every_operation(working_service: Service) -> None:
    files = [
        ("gray.png", _save(_picture(20, "L"), "png")),
        ("gray.jpg", _save(_picture(20, "L"), "jpeg")),
        ("alpha.png", _save(_picture(20, "RGBA"), "png")),
        ("alpha.webp", _save(_picture(20, "RGBA"), "webp")),
        ("palette.png", _save(_picture(20, "P"), "png")),
        ("bits.png", _save(_picture(20, "1"), "png")),
        ("bits.tiff", _save(_picture(20, "1"), "tiff")),
        ("print.jpg", _save(_picture(20, "CMYK"), "jpeg")),
        ("deep.png", _save(_deep(), "png")),
        ("dot.png", _save(_picture(20).resize((1, 1)), "png")),
        ("line.png", _save(_picture(20).resize((3000, 1)), "png")),
        ("progressive.jpg", _save(_picture(20), "jpeg", progressive=True)),
    ]
    job = await working_service.process(files)
    failed = {item["filename"]: item["error"] for item in job["items"] if item["error"]}
    assert failed == {}
    assert job["status"] == "succeeded"


def _deep() -> Image.Image:
    deep = np.linspace(0, 65535, 200)[None, :].repeat(120, 0).astype(np.uint16)
    return Image.fromarray(deep)
