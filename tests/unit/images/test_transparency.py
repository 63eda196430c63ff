"""Transparent parts are white for every way in which a format can say so."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from domain.images.formats import sniff_format
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels
from domain.images.pipeline import Source
from tests.unit.images.drawing import LIMITS, chunk, save
from tests.unit.images.matrix import write_bmp

LEVELS = np.array([[10, 60, 120, 200]], np.uint8)


def _source(data: bytes) -> Source:
    image_format = sniff_format(data)
    assert image_format is not None
    return Source(data, image_format, inspect_header(data, image_format, LIMITS))


def _gray(data: bytes) -> list[int]:
    source = _source(data)
    shown = source.preview.astype(int)
    assert np.abs(shown.mean(-1) - source.grayscale).max() <= 1, "gray and colours agree"
    return [int(level) for level in source.grayscale[0]]


def _png(depth: int, color_type: int, row: bytes, width: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, 1, depth, color_type, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\x00" + row))
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + b"".join(chunks) + pixels + chunk(b"IEND", b"")


def _bmp(depth: int, header_bytes: int, masks: tuple[int, ...], *pixels: int) -> bytes:
    """Write a BMP of one row with masks, in the header or right behind it."""
    row = b"".join(pixel.to_bytes(depth // 8, "little") for pixel in pixels)
    row += bytes(-len(row) % 4)
    header = struct.pack("<IiiHHII", header_bytes, len(pixels), 1, 1, depth, 3, len(row))
    header += bytes(16) + struct.pack(f"<{len(masks)}I", *masks)
    header = header.ljust(header_bytes, b"\x00")
    start = 14 + len(header)
    return struct.pack("<2sIII", b"BM", start + len(row), 0, start) + header + row


def _tiff(layered: Image.Image, kind: int) -> bytes:
    """Write a TIFF with alpha, and say in tag 338 of which kind it is."""
    data = save(layered, "TIFF")
    entry = struct.pack("<HHIH", 338, 3, 1, 2)
    assert data.count(entry) == 1
    return data.replace(entry, struct.pack("<HHIH", 338, 3, 1, kind))


@pytest.mark.parametrize(
    ("depth", "row", "key", "expected"),
    [
        (1, b"\x40", 1, [0, 255, 0, 0]),
        (2, b"\x1b", 1, [0, 255, 170, 255]),
        (4, b"\x12\x34", 3, [17, 34, 255, 68]),
        (8, b"\x0a\x14\x1e\x28", 20, [10, 255, 30, 40]),
        (16, b"\x0a\x00\x0a\x01\x1e\x00\x28\x00", 0x0A01, [10, 255, 30, 40]),
    ],
)
def test_one_gray_level_of_a_png_is_transparent(
    depth: int, row: bytes, key: int, expected: list[int]
) -> None:
    assert _gray(_png(depth, 0, row, 4, chunk(b"tRNS", struct.pack(">H", key)))) == expected


@pytest.mark.parametrize("depth", [8, 16])
def test_one_colour_of_a_png_is_transparent(depth: int) -> None:
    values = [0x0A0A, 0x0A0B, 0x1E1E] if depth == 16 else [10, 11, 30]
    code = ">3H" if depth == 16 else ">3B"
    row = b"".join(struct.pack(code, *[value] * 3) for value in values)
    key = chunk(b"tRNS", struct.pack(">3H", *[values[1]] * 3))
    assert _gray(_png(depth, 2, row, 3, key)) == [10, 255, 30]


def test_palette_entries_of_a_png_are_transparent() -> None:
    palette = chunk(b"PLTE", bytes(np.repeat(LEVELS[0], 3)))
    alpha = chunk(b"tRNS", bytes([255, 0, 128]))
    assert _gray(_png(8, 3, bytes(range(4)), 4, palette, alpha)) == [10, 255, 187, 200]


@pytest.mark.parametrize("depth", [8, 16])
def test_gray_with_alpha(depth: int) -> None:
    layered = np.dstack([LEVELS, [[255, 0, 128, 255]]]).astype(f">u{depth // 8}")
    row = (layered * (257 if depth == 16 else 1)).astype(layered.dtype).tobytes()
    assert _gray(_png(depth, 4, row, 4)) == [10, 255, 187, 200]


@pytest.mark.parametrize(("kind", "levels"), [(1, [10, 0, 60, 200]), (2, [10, 60, 120, 200])])
@pytest.mark.parametrize("samples", [1, 3])
def test_alpha_of_a_tiff_is_associated_or_not(kind: int, levels: list[int], samples: int) -> None:
    alpha = np.array([[255, 0, 128, 255]], np.uint8)
    color = np.array([levels], np.uint8)
    layered = Image.fromarray(np.dstack([*[color] * samples, alpha]))
    assert _gray(_tiff(layered, kind)) == [10, 255, 187, 200]


def test_a_fourth_channel_of_a_tiff_that_is_no_alpha_hides_nothing() -> None:
    layered = Image.fromarray(np.dstack([*[LEVELS] * 3, [[255, 0, 128, 255]]]).astype(np.uint8))
    assert _gray(_tiff(layered, 0)) == LEVELS[0].tolist()


def test_masks_of_a_bmp_say_what_is_alpha() -> None:
    rgba = np.dstack([*[LEVELS] * 3, [[255, 0, 128, 255]]]).astype(np.uint8)
    assert _gray(write_bmp(rgba)) == [10, 255, 187, 200]
    rgba[..., 3] = 0
    assert _gray(write_bmp(rgba)) == LEVELS[0].tolist(), "nobody wrote this alpha"


@pytest.mark.parametrize(
    ("depth", "header_bytes", "masks", "pixels", "expected"),
    [
        (32, 52, (0xFF, 0xFF00, 0xFF0000), (0x0A0A0A, 0xFFC8C8C8), [10, 200]),
        (32, 40, (0xFF0000, 0xFF00, 0xFF), (0x0A0A0A, 0xFFC8C8C8), [10, 200]),
        (32, 56, (0x3FF, 0xFFC00, 0x3FF00000, 0), (0, 0x3FFFFFFF), [0, 255]),
        (16, 56, (0x7C00, 0x3E0, 0x1F, 0x8000), (0x8000, 0x0000, 0xFFFF), [0, 255, 255]),
        (16, 56, (0xF00, 0xF0, 0xF, 0xF000), (0xF888, 0x0888, 0xF000), [136, 255, 0]),
        (16, 40, (0xF800, 0x7E0, 0x1F), (0xFFFF, 0), [255, 0]),
    ],
)
def test_any_masks_of_a_bmp_are_followed(
    depth: int,
    header_bytes: int,
    masks: tuple[int, ...],
    pixels: tuple[int, ...],
    expected: list[int],
) -> None:
    assert _gray(_bmp(depth, header_bytes, masks, *pixels)) == expected


@pytest.mark.parametrize("name", ["WEBP", "AVIF", "HEIF", "PNG", "TIFF"])
def test_what_lies_beneath_transparent_pixels_is_not_seen(name: str) -> None:
    beneath = np.zeros((16, 16, 4), np.uint8)
    seen: list[Pixels] = []
    for level in (0, 200):
        beneath[..., :3] = level
        seen.append(_source(save(Image.fromarray(beneath), name)).grayscale)
    assert [pixels.min() for pixels in seen] == [255, 255]


def test_premultiplied_alpha_of_heic() -> None:
    import pillow_heif

    rgba = np.zeros((64, 64, 4), np.uint8)
    rgba[:, :32] = (100, 100, 100, 255)
    rgba[:, 32:] = (50, 50, 50, 128)
    image = pillow_heif.from_bytes("RGBa", (64, 64), rgba.tobytes())
    file = io.BytesIO()
    image.save(file, quality=-1, chroma=444)
    gray = _source(file.getvalue()).grayscale
    assert abs(int(gray[32, 10]) - 100) <= 3
    assert abs(int(gray[32, 54]) - 177) <= 3
