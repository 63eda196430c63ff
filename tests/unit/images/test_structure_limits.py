"""Frames, metadata and structure are bounded, each with its own reason, at little cost."""

import struct
from collections.abc import Callable

import pytest

from domain.errors.files import CorruptImage, MetadataTooLarge, TooManyFrames
from domain.images.formats import sniff_format
from domain.images.header import Header
from domain.images.inspect_header import inspect_header
from domain.limits import STRUCTURE, ImageLimits
from tests.unit.images.drawing import chunk, draw, exif_with, files, save, tiff_block

KILOBYTE = 1024


def inspect(data: bytes, **limits: int) -> Header:
    image_format = sniff_format(data)
    assert image_format is not None
    return inspect_header(data, image_format, ImageLimits(**limits))


def animation(kind: str, frames: int) -> bytes:
    pictures = [draw(16, 16, seed) for seed in range(frames)]
    return save(pictures[0], kind, save_all=True, append_images=pictures[1:])


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_rejects_file_with_more_frames_than_allowed(kind: str) -> None:
    data = animation(kind, 5)
    assert inspect(data, max_frames=5).frames == 5
    with pytest.raises(TooManyFrames, match="5 frames; 4 are"):
        inspect(data, max_frames=4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_rejects_file_with_more_metadata_than_allowed(kind: str) -> None:
    profile = bytes(range(256)) * 64
    data = save(draw(16, 16), kind, exif=exif_with(), icc_profile=profile)
    size = inspect(data).metadata_bytes
    assert 400 < size < 20 * KILOBYTE
    assert inspect(data, max_metadata_bytes=size).metadata_bytes == size
    with pytest.raises(MetadataTooLarge):
        inspect(data, max_metadata_bytes=size - 1)


def test_bytes_of_pixels_are_no_metadata() -> None:
    assert inspect(save(draw(400, 400), "PNG")).metadata_bytes < KILOBYTE
    assert inspect(files()["jpeg progressive"]).metadata_bytes < KILOBYTE


@pytest.mark.parametrize(
    "flood",
    [
        lambda: b"GIF89a\x10\0\x10\0\0\0\0" + b"\x21\xfe\x00" * (STRUCTURE.gif_blocks + 1),
        lambda: b"\xff\xd8" + b"\xff\xfe\x00\x02" * (STRUCTURE.jpeg_markers + 1),
        lambda: files()["png"][:33] + chunk(b"tESt", b"") * (STRUCTURE.png_chunks + 1),
        lambda: _webp_of(b"JUNK\0\0\0\0" * (STRUCTURE.webp_chunks + 1)),
        lambda: files()["heic"] + b"\0\0\0\x08free" * (STRUCTURE.heif_boxes + 1),
    ],
    ids=["gif", "jpeg", "png", "webp", "heic"],
)
def test_rejects_structure_without_end(flood: Callable[[], bytes]) -> None:
    with pytest.raises(CorruptImage, match="too many"):
        inspect(flood())


def test_pages_are_counted_so_far_and_no_further() -> None:
    entries = [
        (256, 3, 1, b"\x04\0\0\0"),
        (257, 3, 1, b"\x04\0\0\0"),
        (273, 4, 1, b"\x08\0\0\0"),
    ]
    first = len(tiff_block(*entries))
    pages = b"".join(
        struct.pack("<HI", 0, first + 6 * (page + 1)) for page in range(STRUCTURE.directories + 9)
    )
    data = tiff_block(*entries, link=first, rest=pages)
    assert inspect(data, max_frames=STRUCTURE.directories).frames == STRUCTURE.directories
    with pytest.raises(TooManyFrames):
        inspect(data)


def _webp_of(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks
