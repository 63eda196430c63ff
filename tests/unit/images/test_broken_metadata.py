"""Metadata that cannot be read costs itself, and never the picture."""

import io
import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from domain.images.containers.heif_picture import read_picture
from domain.images.formats import ImageFormat, sniff_format
from domain.images.strip_metadata import strip_metadata
from domain.images.values import ImageWarning, Metadata
from tests.unit.images.drawing import (
    chunk,
    draw,
    exif_with,
    gray_of,
    jpeg_with_exif,
    process,
    save,
    tiff_block,
    with_alpha,
)

BROKEN_BLOCKS = {
    "empty": b"",
    "one byte": b"\x00",
    "words": b"garbage! " * 20,
    "order alone": b"II",
    "no directory": b"II*\x00",
    "directory behind the end": b"MM\x00*\x00\x00\xff\x00" + bytes(20),
    "directory cut off": b"II*\x00\x08\x00\x00\x00\x40\x00" + bytes(24),
    "no magic": b"\x00\x08\x00\x02\x01\x12\x00\x03" + bytes(40),
    "EXIF directory behind the end": tiff_block((0x8769, 4, 1, b"\xff\xff\xff\x00")),
    "GPS directory behind the end": tiff_block((0x8825, 4, 1, b"\xff\xff\xff\x00")),
    "much": b"\xff" * 60_000,
}
PICTURE = draw()


def _riff(webp: bytes, kind: bytes, payload: bytes) -> bytes:
    """Put a chunk behind the picture of a WebP that has VP8X."""
    body = webp[12:] + kind + struct.pack("<I", len(payload)) + payload + bytes(len(payload) & 1)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _raw_profile(block: bytes) -> bytes:
    """Write EXIF as ImageMagick did before PNG had a chunk for it."""
    info = PngImagePlugin.PngInfo()
    payload = b"Exif\x00\x00" + block
    info.add_text("Raw profile type exif", f"\nexif\n{len(payload):8}\n{payload.hex()}\n", zip=True)
    return save(PICTURE, "PNG", pnginfo=info)


def _with_exif(name: str, block: bytes) -> bytes:
    alpha = with_alpha(PICTURE) if name.endswith("alpha") else PICTURE
    if name == "jpeg":
        return jpeg_with_exif(block, PICTURE)
    if name == "png text":
        return _raw_profile(block)
    if name.startswith("png"):
        data = save(alpha, "PNG")
        return data[:33] + chunk(b"eXIf", block) + data[33:]
    if name.startswith("webp"):
        plain = save(alpha, "WEBP", xmp=b"<x/>")
        return _riff(plain, b"EXIF", block)
    # The block of a HEIC or AVIF is overwritten in place.
    kind = {"heic": "HEIF", "avif": "AVIF"}[name.split(maxsplit=1)[0]]
    data = save(alpha, kind, exif=exif_with())
    whole = read_picture(data).exif
    assert whole
    start, length = data.index(whole), len(whole)
    return data[:start] + block[:length].ljust(length, b"\x00") + data[start + length :]


FORMATS = [
    *("jpeg", "png", "png alpha", "png text", "webp", "webp alpha"),
    *("heic", "heic alpha", "avif", "avif alpha"),
]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("block", sorted(BROKEN_BLOCKS))
def test_a_broken_exif_block_costs_no_picture(name: str, block: str) -> None:
    data = _with_exif(name, BROKEN_BLOCKS[block])
    processed = process(data, ("metadata", "histogram", "thumbnail"))
    assert processed.errors == {}
    assert (processed.width, processed.height) == PICTURE.size
    assert processed.warnings == (ImageWarning.EXIF_IGNORED,)
    image_format = ImageFormat(name.split(maxsplit=1)[0])
    stripped = strip_metadata(data, image_format)
    assert np.array_equal(gray_of(stripped, image_format), gray_of(data, image_format))


@pytest.mark.parametrize("tag", [34665, 34853])
@pytest.mark.parametrize("compression", ["raw", "tiff_deflate"])
def test_a_tiff_needs_no_directories_of_tags(tag: int, compression: str) -> None:
    for picture in (PICTURE, with_alpha(PICTURE)):
        data = save(picture, "TIFF", compression=compression, tiffinfo={tag: 0x00FFFFFF})
        processed = process(data)
        assert processed.errors == {}
        assert processed.warnings == (ImageWarning.EXIF_IGNORED,)


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "heic", "tiff"])
@pytest.mark.parametrize("xmp", [b"", b"\xff\xfe\x00", b"<x:xmpmeta", b'tiff:Orientation="6"' * 9])
def test_broken_xmp_costs_nothing(name: str, xmp: bytes) -> None:
    kind = {"heic": "HEIF"}.get(name, name.upper())
    if name == "heic" and b"tiff" in xmp:
        xmp = xmp.replace(b"6", b"1")  # Its encoder turns the picture by XMP.
    options: dict[str, Any] = {"tiffinfo": {700: xmp}} if name == "tiff" else {"xmp": xmp}
    if name == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode("latin-1"))
        options = {"pnginfo": info}
    for picture in (PICTURE, with_alpha(PICTURE)) if name != "jpeg" else (PICTURE,):
        processed = process(save(picture, kind, **options))
        assert (processed.errors, processed.warnings) == ({}, ())
        assert (processed.width, processed.height) == PICTURE.size


def test_broken_iptc_and_maker_notes_cost_nothing() -> None:
    plain = save(PICTURE, "JPEG")
    for payload in (b"Photoshop 3.0\x00", b"Photoshop 3.0\x008BIM\x04\x04\xff\xff\xff\xff\xff\xff"):
        segment = b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload
        assert process(plain[:2] + segment + plain[2:]).warnings == ()
    note = struct.pack("<HHHII", 1, 0x927C, 7, 0xFFFFFF, 0xFFFFFF) + bytes(4)
    block = tiff_block((0x8769, 4, 1, struct.pack("<I", 26))) + note
    assert process(jpeg_with_exif(block)).warnings == ()


def test_tags_in_a_png_text_are_read_and_do_not_turn() -> None:
    data = _raw_profile(exif_with(6).removeprefix(b"Exif\x00\x00"))
    processed = process(data)
    metadata = processed.results["metadata"]
    assert isinstance(metadata, Metadata)
    assert metadata.gps is not None
    assert (metadata.camera_model, metadata.orientation) == ("Model 1", 1)
    assert (processed.width, processed.height, processed.warnings) == (*PICTURE.size, ())
    stripped = strip_metadata(data, ImageFormat.PNG)
    assert b"Raw profile" not in stripped


@pytest.mark.parametrize("value", [0, 9, 65_535])
@pytest.mark.parametrize("name", ["jpeg", "png alpha", "webp"])
def test_an_orientation_that_is_none_does_not_turn(name: str, value: int) -> None:
    block = tiff_block((274, 3, 1, struct.pack("<HH", value, 0)))
    processed = process(_with_exif(name, block))
    metadata = processed.results["metadata"]
    assert isinstance(metadata, Metadata)
    assert (processed.width, processed.height) == PICTURE.size
    assert metadata.orientation is None


@pytest.mark.parametrize("name", ["heic", "avif"])
def test_exif_does_not_turn_what_boxes_turn(name: str) -> None:
    block = tiff_block((274, 3, 1, struct.pack("<HH", 6, 0)))
    processed = process(_with_exif(name, block))
    metadata = processed.results["metadata"]
    assert isinstance(metadata, Metadata)
    assert (processed.width, processed.height, metadata.orientation) == (*PICTURE.size, 1)


def test_files_of_these_tests_are_what_they_say() -> None:
    for name in FORMATS:
        block = exif_with(1).removeprefix(b"Exif\x00\x00")
        data = _with_exif(name, block)
        assert sniff_format(data) is ImageFormat(name.split()[0])
        Image.open(io.BytesIO(data)).load()
        assert process(data, ("metadata",)).warnings == ()
