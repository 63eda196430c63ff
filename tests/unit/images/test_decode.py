import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from domain.errors.files import CorruptImage
from domain.images.color_profiles import render_color
from domain.images.decode_pixels import decode_picture
from domain.images.formats import ImageFormat
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels
from domain.images.pipeline import Source
from tests.unit.images.drawing import (
    LIMITS,
    draw,
    exif_with,
    files,
    gray_of,
    png_claiming,
    process,
    save,
    with_alpha,
)

TURNED = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"]


def _format(name: str) -> ImageFormat:
    return ImageFormat({"HEIF": "heic"}.get(name, name.split(maxsplit=1)[0].lower()))


def _color(data: bytes, image_format: ImageFormat, side_px: int | None = None) -> Pixels:
    header = inspect_header(data, image_format, LIMITS)
    rgb, _ = render_color(decode_picture(data, image_format, header, side_px), header.profile)
    return rgb


def _blur(pixels: Pixels) -> Pixels:
    return cv2.blur(pixels, (9, 9)).astype(np.uint8)


def _difference(first: Pixels, second: Pixels) -> float:
    assert first.shape == second.shape
    return float(np.abs(first.astype(int) - second.astype(int)).mean())


@pytest.mark.parametrize("name", sorted(files()))
def test_decodes_every_kind_of_file_to_the_same_picture(name: str) -> None:
    gray = gray_of(files()[name], _format(name))
    assert gray.dtype == np.uint8
    source = draw()
    if "16 bit" in name:
        source = source.getchannel("R")
    expected = np.asarray(source.convert("L"))
    if name.endswith(" alpha"):  # Encoders may forget the colours of what is transparent.
        gray, expected = gray[:, 80:], expected[:, 80:]
    if name.endswith((" fax", " 1 bit")):
        gray, expected = _blur(gray), _blur(expected)
    if name.endswith((" 32 bit", " float")):
        low, high = int(expected.min()), int(expected.max())
        expected = ((expected.astype(float) - low) * 255 / (high - low)).astype(np.uint8)
    assert _difference(gray, expected) < (12 if "palette" in name or "gif" in name else 4)


@pytest.mark.parametrize("name", sorted(files()))
def test_decodes_every_kind_of_file_to_colours(name: str) -> None:
    assert _color(files()[name], _format(name)).shape == (120, 160, 3)


@pytest.mark.parametrize("name", sorted(name for name in files() if name.startswith("jpeg")))
def test_gray_of_a_jpeg_is_its_decoders_own_to_the_bit(name: str) -> None:
    data = files()[name]
    expected = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert expected is not None
    source = Source(data, ImageFormat.JPEG, inspect_header(data, ImageFormat.JPEG, LIMITS))
    assert np.array_equal(gray_of(data, ImageFormat.JPEG), expected)
    assert np.array_equal(source.grayscale, expected)


@pytest.mark.parametrize(
    "name", sorted(name for name in files() if not name.endswith(("bit", "float", "animated")))
)
def test_gray_is_the_luma_of_the_stored_values_on_white(name: str) -> None:
    data = files()[name]
    layered: Image.Image = Image.open(io.BytesIO(data))
    ground = Image.new("RGBA", layered.size, "white")
    if layered.has_transparency_data:
        layered = Image.alpha_composite(ground, layered.convert("RGBA"))
    expected = np.asarray(layered.convert("RGB").convert("L"))
    source = Source(data, _format(name), inspect_header(data, _format(name), LIMITS))
    assert np.array_equal(gray_of(data, _format(name)), source.grayscale)
    apart = np.abs(source.grayscale.astype(int) - expected)
    assert apart.max() <= (3 if name.startswith("jpeg") else 1)


@pytest.mark.parametrize("name", TURNED)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_exactly_once(name: str, orientation: int) -> None:
    data = save(draw(), name, exif=exif_with(orientation), quality=95)
    tagged = draw()
    tagged.getexif()[274] = orientation
    upright = ImageOps.exif_transpose(tagged)
    image_format = _format(name)
    gray = gray_of(data, image_format)
    assert _difference(gray, np.asarray(upright.convert("L"))) < 4
    assert _difference(_color(data, image_format), np.asarray(upright)) < 6
    processed = process(data, ("metadata", "thumbnail"))
    assert (processed.width, processed.height) == upright.size


@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_of_a_photo_come_out_upright(photos: Path, orientation: int) -> None:
    folder = photos / "orientation"
    first = (folder / "portrait_1.jpg").read_bytes()
    data = (folder / f"portrait_{orientation}.jpg").read_bytes()
    for decode in (gray_of, _color):
        pixels = decode(data, ImageFormat.JPEG)
        assert pixels.shape[:2] == (600, 450)
        # The photos were not saved equally bright, so it is their shapes that are compared.
        upright = decode(first, ImageFormat.JPEG)
        assert np.corrcoef(pixels.ravel(), upright.ravel())[0, 1] > 0.97


def test_an_exif_block_behind_another_segment_still_turns_the_picture(photos: Path) -> None:
    turned = save(draw(), "JPEG", exif=exif_with(6))
    xmp = b"\xff\xe1\x20\x00http://ns.adobe.com/xap/1.0/\x00" + b" " * (0x2000 - 31)
    data = turned[:2] + xmp + turned[2:]
    processed = process(data, ("metadata", "histogram"))
    assert (processed.width, processed.height) == (120, 160)
    assert inspect_header(data, ImageFormat.JPEG, LIMITS).upright_size == (120, 160)


def test_transparent_pixels_become_white() -> None:
    for name in ("PNG", "WEBP", "TIFF", "AVIF", "HEIF"):
        data = save(with_alpha(draw()), name)
        color = _color(data, _format(name))
        assert color[:, :70].min() > 245, name
        assert color[:, 90:].mean() < 200, name


def test_a_reduced_jpeg_keeps_the_side_that_is_asked_for() -> None:
    data = save(draw(1600, 1100), "JPEG")
    assert _color(data, ImageFormat.JPEG, 512).shape == (550, 800, 3)
    assert _color(data, ImageFormat.JPEG, 900).shape == (1100, 1600, 3)
    assert _color(data, ImageFormat.JPEG, 200).shape == (138, 200, 3)
    assert _color(data, ImageFormat.JPEG).shape == (1100, 1600, 3)


def test_pixel_data_that_ends_early_is_corrupt() -> None:
    with pytest.raises(CorruptImage):
        gray_of(png_claiming(300, 300, b"\x00" * 1000), ImageFormat.PNG)


def test_only_the_first_frame_counts() -> None:
    for name in ("png", "webp", "gif"):
        still = gray_of(files()[name], _format(name))
        moving = gray_of(files()[f"{name} animated"], _format(name))
        assert _difference(still, moving) < 6
