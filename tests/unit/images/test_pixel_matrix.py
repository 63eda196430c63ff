"""Every combination of format, alpha, depth and profile shows the picture that was drawn.

Judges are the drawn pixels, Pillow, and libvips. Pixels are compared in the middle of patches of
one colour, so that lossy formats have no edges to be forgiven.
"""

import io

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from domain.images.formats import ImageFormat
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels
from domain.images.pipeline import Source
from tests.unit.images.drawing import LIMITS
from tests.unit.images.matrix import PATCH_PX, Case, cases, pixels_of, profile_bytes, write

LOSSY = {ImageFormat.JPEG, ImageFormat.HEIC, ImageFormat.AVIF}
NOT_OF_LIBVIPS = {ImageFormat.BMP, ImageFormat.HEIC}


def _source(case: Case) -> Source:
    data = write(case)
    return Source(data, case.image_format, inspect_header(data, case.image_format, LIMITS))


def _middles(pixels: Pixels) -> np.ndarray:
    middle = slice(PATCH_PX // 2, None, PATCH_PX)
    return pixels[middle, middle].astype(int)


def _on_white(rgb: Pixels, alpha: Pixels) -> Pixels:
    ground = Image.new("RGBA", alpha.shape[::-1], "white")
    drawn = Image.fromarray(np.dstack([rgb, alpha]))
    return np.asarray(Image.alpha_composite(ground, drawn).convert("RGB"))


def _luma(rgb: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(rgb).convert("L"))


def _drawn_in_srgb(case: Case) -> Pixels:
    rgba = pixels_of(case.alpha)
    picture, profile = Image.fromarray(rgba[..., :3]), profile_bytes(case.profile)
    if profile:
        converted = ImageCms.profileToProfile(
            picture,
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
        assert converted is not None
        picture = converted
    return _on_white(np.asarray(picture), rgba[..., 3])


@pytest.mark.parametrize("case", cases(), ids=str)
def test_gray_is_luma_of_the_stored_values_on_white(case: Case) -> None:
    source, rgba = _source(case), pixels_of(case.alpha)
    expected = _middles(_luma(_on_white(rgba[..., :3], rgba[..., 3])))
    tolerance = 3 if case.image_format in LOSSY else 1
    assert np.abs(_middles(source.grayscale) - expected).max() <= tolerance


@pytest.mark.parametrize("case", cases(), ids=str)
def test_colours_are_shown_in_srgb_on_white(case: Case) -> None:
    shown, expected = _middles(_source(case).preview), _middles(_drawn_in_srgb(case))
    assert np.abs(shown - expected).max() <= (6 if case.image_format in LOSSY else 2)


@pytest.mark.parametrize("case", cases(), ids=str)
def test_pillow_sees_the_same(case: Case) -> None:
    with Image.open(io.BytesIO(write(case))) as opened:
        layered = np.asarray(opened.convert("RGBA"))
    expected = _luma(_on_white(layered[..., :3], layered[..., 3]))
    assert np.abs(_source(case).grayscale.astype(int) - expected).max() <= 2


@pytest.mark.parametrize(
    "case", [case for case in cases() if case.image_format not in NOT_OF_LIBVIPS], ids=str
)
def test_libvips_sees_the_same(case: Case) -> None:
    image = pyvips.Image.new_from_buffer(write(case), "")
    if case.profile != "none":
        image = image.icc_transform("srgb", embedded=True, intent="relative", depth=8)
    else:
        image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    expected = _middles(image.cast("uchar").numpy()[..., :3])
    shown = _middles(_source(case).preview)
    # libvips cuts colours outside of sRGB at another place.
    assert np.abs(shown - expected).max() <= 6
