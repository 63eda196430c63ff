import io

import numpy as np
import pytest
from PIL import Image

from domain.images.values import Thumbnail
from tests.unit.images.drawing import draw, exif_with, process, save, with_alpha


def _thumbnail(data: bytes) -> tuple[Thumbnail, Image.Image]:
    thumbnail = process(data, ("thumbnail",)).results["thumbnail"]
    assert isinstance(thumbnail, Thumbnail)
    picture = Image.open(io.BytesIO(thumbnail.content), formats=["WEBP"])
    assert picture.size == (thumbnail.width, thumbnail.height)
    return thumbnail, picture


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1024, 768), (512, 384)),
        ((768, 1024), (384, 512)),
        ((1200, 900), (512, 384)),
        ((2000, 3), (512, 1)),
        ((513, 513), (512, 512)),
    ],
)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP"])
def test_fits_into_512_pixels(name: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    _, picture = _thumbnail(save(draw(*size), name))
    assert picture.size == expected


def test_a_small_picture_is_never_enlarged() -> None:
    _, picture = _thumbnail(save(draw(60, 40), "JPEG"))
    assert picture.size == (60, 40)


@pytest.mark.slow
def test_looks_like_the_picture() -> None:
    source = draw(2048, 1536)
    _, picture = _thumbnail(save(source, "JPEG", quality=95))
    expected = np.asarray(source.resize((512, 384), Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(picture.convert("RGB")).astype(int) - expected).mean() < 5


@pytest.mark.parametrize("orientation", range(1, 9))
def test_comes_out_upright(orientation: int) -> None:
    _, picture = _thumbnail(save(draw(1200, 900), "JPEG", exif=exif_with(orientation)))
    assert picture.size == ((512, 384) if orientation < 5 else (384, 512))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_carries_no_metadata(name: str) -> None:
    thumbnail, picture = _thumbnail(save(draw(), name, exif=exif_with()))
    assert dict(picture.getexif()) == {}
    for mark in (b"EXIF", b"Exif", b"XMP ", b"ICCP", b"Maker"):
        assert mark not in thumbnail.content


def test_transparent_parts_are_white() -> None:
    _, picture = _thumbnail(save(with_alpha(draw()), "PNG"))
    assert np.asarray(picture.convert("RGB"))[:, :70].min() > 240
