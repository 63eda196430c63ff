"""Small files with a fault, each with its right value; ``tests/faulty_files`` holds them."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.images.formats import sniff_format
from domain.images.opencv import Pixels
from domain.images.render_variant import Variant, render_variant
from domain.images.strip_metadata import strip_metadata
from domain.images.values import ImageWarning, Metadata, ProcessedImage, Thumbnail
from tests.unit.images.drawing import GENEROUS, gray_of, process

FILES = Path(__file__).parents[2] / "faulty_files"
RED, GREEN, BLUE, YELLOW = (230, 25, 25), (25, 180, 25), (25, 25, 230), (230, 230, 25)
UPRIGHT = [RED, GREEN, BLUE, YELLOW]
TURNED = [BLUE, RED, YELLOW, GREEN]


def _read(kind: str, name: str) -> bytes:
    return (FILES / kind / name).read_bytes()


def _names(kind: str) -> list[str]:
    return sorted(path.name for path in (FILES / kind).iterdir())


def _thumbnail(processed: ProcessedImage) -> Pixels:
    thumbnail = processed.results["thumbnail"]
    assert isinstance(thumbnail, Thumbnail)
    return np.asarray(Image.open(io.BytesIO(thumbnail.content)).convert("RGB"))


def _faces(data: bytes) -> Pixels:
    image_format = sniff_format(data)
    assert image_format is not None
    drawn = render_variant(data, image_format, Variant.FACES, [], GENEROUS)
    return np.asarray(Image.open(io.BytesIO(drawn.content)))


def _gray(data: bytes) -> Pixels:
    image_format = sniff_format(data)
    assert image_format is not None
    return gray_of(data, image_format)


def _corners(pixels: Pixels) -> list[int]:
    """Return which of the four colours the corners have, row by row."""
    height, width = pixels.shape[:2]
    found = []
    for y, x in ((10, 10), (10, width - 10), (height - 10, 10), (height - 10, width - 10)):
        color = pixels[y - 3 : y + 3, x - 3 : x + 3].reshape(-1, 3).mean(axis=0)
        found.append(int(np.argmin([np.abs(color - of).sum() for of in UPRIGHT])))
    return found


def _metadata(data: bytes) -> Metadata:
    metadata = process(data, ("metadata",)).results["metadata"]
    assert isinstance(metadata, Metadata)
    return metadata


@pytest.mark.parametrize("name", _names("broken_exif"))
def test_a_broken_exif_block_costs_only_its_metadata(name: str) -> None:
    data = _read("broken_exif", name)
    processed = process(data)
    assert processed.errors == {}
    assert (processed.width, processed.height) == (200, 150)
    assert _gray(data).mean() == pytest.approx(120.5, abs=2)
    assert _corners(_thumbnail(processed)) == _corners(_faces(data)) == [0, 1, 2, 3]
    # This block lacks only the field in front of it, and can be read.
    ignored = () if "offset-field" in name else (ImageWarning.EXIF_IGNORED,)
    assert processed.warnings == ignored


@pytest.mark.parametrize("name", _names("orientation"))
def test_one_orientation_turns_every_picture_of_a_file(name: str) -> None:
    data = _read("orientation", name)
    is_turned = name in {"exif-with-prefix.webp", "orientation-long-big-endian.jpg"}
    size = (150, 200) if is_turned else (200, 150)
    corners = [UPRIGHT.index(color) for color in (TURNED if is_turned else UPRIGHT)]
    for operation in ("metadata", "histogram", "thumbnail"):
        alone = process(data, (operation,))
        assert (alone.width, alone.height) == size
    processed = process(data)
    assert _gray(data).shape == size[::-1]
    assert _corners(_thumbnail(processed)) == _corners(_faces(data)) == corners
    shown = _metadata(data).orientation
    assert shown == 6 if is_turned else shown in {None, 1}


@pytest.mark.parametrize("name", _names("odd_ends"))
def test_a_whole_picture_with_an_odd_end_is_processed(name: str) -> None:
    data = _read("odd_ends", name)
    processed = process(data)
    assert processed.errors == {}
    size = (100, 75) if name.endswith(".tif") else (200, 150)
    assert (processed.width, processed.height) == size
    assert _gray(data).mean() == pytest.approx(120.5, abs=2)
    assert _corners(_thumbnail(processed)) == _corners(_faces(data)) == [0, 1, 2, 3]
    assert processed.warnings == (ImageWarning.END_MISSING,)


def test_pixels_of_a_jpeg_do_not_need_its_end_marker() -> None:
    data = _read("odd_ends", "no-eoi.jpg")
    assert np.array_equal(_gray(data), _gray(data + b"\xff\xd9"))
    assert process(data + b"\xff\xd9").warnings == ()


@pytest.mark.parametrize(
    "name", [f"{of}/{n}" for of in ("broken_exif", "odd_ends") for n in _names(of)]
)
def test_a_file_with_a_fault_can_be_stripped_of_its_metadata(name: str) -> None:
    data = _read(*name.split("/"))
    image_format = sniff_format(data)
    assert image_format is not None
    stripped = strip_metadata(data, image_format)
    assert np.array_equal(_gray(stripped), _gray(data))


METADATA = {
    "gps-all-zero.jpg": ("gps", None),
    "gps-negative-with-s.jpg": ("gps", pytest.approx((-33.858611, 151.214167), abs=1e-5)),
    "iso-65535-and-102400.jpg": ("iso", 102400),
    "iso-two-values.jpg": ("iso", 200),
    "model-utf8-type-129.jpg": ("camera_model", "Modèle 写真"),
}


@pytest.mark.parametrize("name", _names("metadata"))
def test_odd_tags_have_the_value_that_exiftool_reads(name: str) -> None:
    field, expected = METADATA[name]
    value = getattr(_metadata(_read("metadata", name)), field)
    assert ((value.latitude, value.longitude) if field == "gps" and value else value) == expected
