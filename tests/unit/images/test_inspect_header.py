import struct

import pytest

from domain.errors.files import (
    CorruptImage,
    EmptyFile,
    TooManyPixels,
    UnsupportedFormat,
)
from domain.images.formats import ImageFormat, sniff_format
from domain.images.header import Header
from domain.images.inspect_header import inspect_header
from domain.images.values import ImageWarning
from domain.limits import ImageLimits
from tests.unit.images.drawing import (
    LIMITS,
    draw,
    exif_with,
    files,
    png_claiming,
    save,
    tiff_block,
)


def inspect(data: bytes, limits: ImageLimits = LIMITS) -> Header:
    image_format = sniff_format(data)
    assert image_format is not None
    return inspect_header(data, image_format, limits)


@pytest.mark.parametrize("name", sorted(files()))
def test_reads_the_size_of_every_kind_of_file(name: str) -> None:
    header = inspect(files()[name])
    assert (header.width, header.height) == (160, 120)
    assert header.frames == (2 if "animated" in name else 1)
    assert not (header.has_alpha and "alpha" not in name)


@pytest.mark.parametrize("name", sorted(name for name in files() if " alpha" in name))
def test_notices_transparency(name: str) -> None:
    assert inspect(files()[name]).has_alpha


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "tiff", "avif"])
def test_upright_size_follows_the_orientation(name: str) -> None:
    header = inspect(save(draw(), name.upper(), exif=exif_with(orientation=6)))
    assert header.orientation == 6
    assert header.upright_size == (120, 160)


def test_size_of_heic_is_upright_already() -> None:
    header = inspect(save(draw(), "HEIF", exif=exif_with(orientation=6)))
    assert header.orientation == 1
    assert header.upright_size == (120, 160)


def test_an_empty_file_is_refused_as_empty() -> None:
    with pytest.raises(EmptyFile):
        inspect_header(b"", ImageFormat.JPEG, LIMITS)


def test_a_file_is_held_to_the_format_it_was_sniffed_as() -> None:
    with pytest.raises(UnsupportedFormat):
        inspect_header(files()["png"], ImageFormat.JPEG, LIMITS)


def test_rejects_image_over_pixel_limit() -> None:
    with pytest.raises(TooManyPixels, match="160 by 120"):
        inspect(files()["png"], ImageLimits(max_pixels=160 * 120 - 1))
    inspect(files()["png"], ImageLimits(max_pixels=160 * 120))


def test_rejects_image_over_side_limit() -> None:
    with pytest.raises(TooManyPixels, match="a side may have 159"):
        inspect(files()["jpeg"], ImageLimits(max_side_px=159))


def test_rejects_a_small_file_that_claims_to_be_huge() -> None:
    bomb = png_claiming(50_000, 50_000, b"\x00" * 4_000_000)
    assert len(bomb) < 8_000
    with pytest.raises(TooManyPixels):
        inspect(bomb, ImageLimits())


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a" + struct.pack("<HHBBB", 60_000, 60_000, 0, 0, 0) + b"," + bytes(9) + b"\x02\0;",
        b"BM" + struct.pack("<IIIIiiHHI", 0, 0, 54, 40, 60_000, -60_000, 1, 24, 1) + bytes(20),
        b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"
        b"\xff\x3f\x00\xff\x3f\x00VP8L\x05\0\0\0\x2f\xff\xff\xff\x0f\0" + bytes(6),
        tiff_block(
            (256, 4, 1, struct.pack("<I", 90_000)),
            (257, 4, 1, struct.pack("<I", 90_000)),
            (273, 4, 1, struct.pack("<I", 8)),
        ),
        b"\xff\xd8\xff\xc0\0\x0b\x08\xff\xff\xff\xff\x01\x01\x11\0\xff\xda\0\x08\x01\1\0\0\x3f\0\xff\xd9",
    ],
    ids=["gif", "bmp", "webp", "tiff", "jpeg"],
)
def test_rejects_headers_that_claim_too_much(data: bytes) -> None:
    with pytest.raises(TooManyPixels):
        inspect(data, ImageLimits())


@pytest.mark.parametrize("name", ["jpeg", "jpeg progressive", "png", "gif", "webp", "bmp", "tiff"])
def test_bytes_after_the_end_are_normal(name: str) -> None:
    header = inspect(files()[name] + b"\x00\xff" * 500 + files()["jpeg"][:900])
    assert (header.width, header.height) == (160, 120)


def test_an_end_marker_inside_the_exif_thumbnail_does_not_count() -> None:
    data = files()["jpeg"]
    inner = b"\xff\xe1" + (len(data) + 2).to_bytes(2, "big") + data
    nested = data[:2] + inner + data[2:]
    assert inspect(nested).warnings == ()
    assert ImageWarning.TRUNCATED in inspect(nested[: len(nested) - 900]).warnings


def test_a_jpeg_with_endless_scans_is_refused() -> None:
    data = files()["jpeg progressive"]
    start = data.index(b"\xff\xda")
    with pytest.raises(CorruptImage, match="scans"):
        inspect(data[:start] + data[start:-2] * 200 + b"\xff\xd9")


def test_a_tiff_whose_pages_form_a_loop_has_an_end() -> None:
    entries = [
        (256, 3, 1, b"\x04\0\0\0"),
        (257, 3, 1, b"\x04\0\0\0"),
        (273, 4, 1, b"\x08\0\0\0"),
    ]
    assert inspect(tiff_block(*entries, link=8)).frames == 1
