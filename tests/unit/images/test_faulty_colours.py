"""Odd colours, alpha and compressions in ``tests/faulty_files``, each with its right value."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from domain.errors.files import UnsupportedFormat
from domain.images.opencv import Pixels
from domain.images.values import ProcessedImage, Thumbnail, unpack_bins
from tests.unit.images.drawing import process

FILES = Path(__file__).parents[2] / "faulty_files"
PATCHES_AT = [(27, 30), (81, 30), (135, 30), (27, 90)]
DISPLAY_P3 = [[219, 37, 49], [0, 205, 0], [57, 57, 209], [240, 179, 0]]
ADOBE_RGB = [[231, 57, 57], [0, 201, 37], [57, 57, 205], [247, 181, 42]]


def _process(path: str) -> ProcessedImage:
    processed = process((FILES / path).read_bytes())
    assert (processed.errors, processed.warnings) == ({}, ())
    return processed


def _bins(processed: ProcessedImage) -> list[int]:
    histogram = processed.results["histogram"]
    assert isinstance(histogram, bytes)
    return unpack_bins(histogram)


def _gray_mean(processed: ProcessedImage) -> float:
    return float(np.average(np.arange(256), weights=_bins(processed)))


def _thumbnail(processed: ProcessedImage) -> Pixels:
    thumbnail = processed.results["thumbnail"]
    assert isinstance(thumbnail, Thumbnail)
    return np.asarray(Image.open(io.BytesIO(thumbnail.content)).convert("RGB"))


def _names(folder: str) -> list[str]:
    return sorted(f"{folder}/{path.name}" for path in (FILES / folder).iterdir())


@pytest.mark.parametrize("path", _names("tiff_compression"))
def test_a_tiff_that_nobody_can_decode_is_unsupported(path: str) -> None:
    for operations in (("metadata",), ("histogram",), ("thumbnail",)):
        with pytest.raises(UnsupportedFormat, match=r"TIFF compression \d+"):
            process((FILES / path).read_bytes(), operations)


@pytest.mark.parametrize("path", _names("png_gamma"))
def test_gray_of_a_png_ignores_its_gamma(path: str) -> None:
    processed = _process(path)
    if "red" in path:
        assert _bins(processed)[76] == 16 * 16
        return
    assert _gray_mean(processed) == pytest.approx(120.2, abs=1)
    assert _bins(processed) == _bins(_process("png_gamma/plain.png"))


@pytest.mark.parametrize(
    ("name", "mean"), [("glyph0.png", 158.3), ("glyph1.png", 162.5), ("glyph1.webp", 162.5)]
)
def test_glyphs_on_clear_ground_are_seen_on_white(name: str, mean: float) -> None:
    processed = _process(f"transparency/{name}")
    assert _gray_mean(processed) == pytest.approx(mean, abs=2)
    assert _thumbnail(processed).mean() == pytest.approx(mean, abs=2)


def test_different_glyphs_have_different_fingerprints() -> None:
    zero, one, as_webp = (
        _process(f"transparency/{name}").results["fingerprint"]
        for name in ("glyph0.png", "glyph1.png", "glyph1.webp")
    )
    assert zero != one == as_webp
    assert "0" * 16 not in {zero, one}


def test_equal_pixels_with_alpha_are_equal_in_every_format() -> None:
    png, tiff, gif = (_process(f"transparency/half-clear.{of}") for of in ("png", "tif", "gif"))
    assert _gray_mean(png) == pytest.approx(137, abs=2)
    assert _bins(png) == _bins(tiff) == _bins(gif)
    assert png.results["fingerprint"] == tiff.results["fingerprint"] == gif.results["fingerprint"]


@pytest.mark.parametrize("path", _names("colour_profile"))
def test_thumbnails_are_in_srgb(path: str) -> None:
    thumbnail = _thumbnail(_process(path)).astype(int)
    expected = DISPLAY_P3 if "p3" in path else ADOBE_RGB
    for (x, y), color in zip(PATCHES_AT, expected, strict=True):
        assert np.abs(thumbnail[y, x] - color).max() <= 8, (x, y)
