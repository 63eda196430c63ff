"""Files that end early: what is there is shown, what is missing is gray, and both are said."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from domain.errors.files import CorruptImage
from domain.images.decode_pixels import decode_picture
from domain.images.formats import ImageFormat
from domain.images.inspect_header import inspect_header
from domain.images.operations import DEFAULT_OPERATIONS
from domain.images.render_variant import Variant, render_variant
from domain.images.values import ImageWarning, Thumbnail
from tests.unit.images.drawing import LIMITS, chunk, draw, gray_of, process, save, with_alpha

WIDTH, HEIGHT = 200, 150
GRAY = 128


def _interlaced_png(picture: Image.Image) -> bytes:
    """Write a PNG in the seven passes of Adam7, which Pillow and OpenCV only read."""

    pixels = np.asarray(picture)
    passes = (
        (0, 8, 0, 8),
        (0, 8, 4, 8),
        (4, 8, 0, 4),
        (0, 4, 2, 4),
        (2, 4, 0, 2),
        (0, 2, 1, 2),
        (1, 2, 0, 1),
    )
    rows = b"".join(
        b"\x00" + row.tobytes()
        for top, down, left, across in passes
        for row in pixels[top::down, left::across]
    )
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, 2, 0, 0, 1)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _files() -> dict[str, bytes]:
    picture = draw(WIDTH, HEIGHT)
    sixteen = Image.fromarray(np.asarray(picture)[..., 0] * np.uint16(256))
    return {
        "jpeg": save(picture, "JPEG", quality=90),
        "jpeg gray": save(picture.convert("L"), "JPEG", quality=90),
        "jpeg with restarts": save(picture, "JPEG", quality=90, restart_marker_rows=1),
        "png": save(picture, "PNG"),
        "png palette": save(picture.convert("P"), "PNG"),
        "png alpha": save(with_alpha(picture), "PNG"),
        "png 16 bit": save(sixteen, "PNG"),
        "png interlaced": _interlaced_png(picture),
        "gif": save(picture, "GIF", interlace=0),
        "gif interlaced": save(picture, "GIF", interlace=1),
        "webp": save(picture, "WEBP", quality=90),
        "webp lossless": save(picture, "WEBP", lossless=True),
        "tiff": save(picture, "TIFF"),
        "tiff 16 bit": save(sixteen, "TIFF"),
        "bmp": save(picture, "BMP"),
        "bmp gray": save(picture.convert("L"), "BMP"),
    }


FILES = _files()


def _format(name: str) -> ImageFormat:
    return ImageFormat(name.split(maxsplit=1)[0])


def _differing_rows(first: Any, second: Any) -> Any:
    difference = np.abs(np.asarray(first, int) - np.asarray(second, int))
    return difference.reshape(len(difference), -1).max(axis=1)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_picture_cut_at_nine_tenths_shows_what_is_there_and_gray(name: str) -> None:
    data, image_format = FILES[name], _format(name)
    cut = data[: len(data) * 9 // 10]
    processed = process(cut)
    assert processed.errors == {}
    assert tuple(processed.results) == DEFAULT_OPERATIONS
    assert (processed.width, processed.height) == (WIDTH, HEIGHT)
    assert processed.warnings == (ImageWarning.TRUNCATED,)
    gray, whole = gray_of(cut, image_format), gray_of(data, image_format)
    same = _differing_rows(gray, whole) <= 1
    missing = _differing_rows(gray, np.full_like(gray, GRAY)) <= 2
    assert same.sum() >= HEIGHT * 0.75
    # A row in which the file ends may be both; the odd rows of an interlaced picture are coarse.
    border = HEIGHT // 4 if "interlaced" in name else 20
    assert (~same & ~missing).sum() <= border
    header = inspect_header(cut, image_format, LIMITS)
    color = decode_picture(cut, image_format, header).pixels
    assert color.shape[:2] == gray.shape
    filled = _differing_rows(color, np.full_like(color, GRAY)) <= 2
    assert np.abs(filled.sum() - missing.sum()) <= 1


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_picture_of_which_most_is_missing_is_corrupt(name: str) -> None:
    data = FILES[name]
    for share in (3, 10, 30):
        for operations in (("metadata",), DEFAULT_OPERATIONS):
            with pytest.raises(CorruptImage):
                process(data[: len(data) * share // 100], operations)


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_is_missing_is_said_whatever_is_asked_for(name: str) -> None:
    cut = FILES[name][: len(FILES[name]) * 9 // 10]
    for operation in ("metadata", "histogram", "thumbnail"):
        processed = process(cut, (operation,))
        assert processed.warnings == (ImageWarning.TRUNCATED,)
        assert (processed.width, processed.height) == (WIDTH, HEIGHT)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_cut_picture_is_the_same_every_time(name: str) -> None:
    cut = FILES[name][: len(FILES[name]) * 8 // 10]
    first, second = (gray_of(cut, _format(name)) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("name", "lost"),
    [("jpeg", 2), ("jpeg", 1), ("png", 12), ("png", 6), ("png", 1), ("png alpha", 14), ("gif", 1)],
)
def test_a_whole_picture_without_its_end_is_whole(name: str, lost: int) -> None:
    data = FILES[name]
    cut = data[:-lost]
    assert ImageWarning.TRUNCATED not in process(cut, ("metadata",)).warnings
    assert np.array_equal(gray_of(cut, _format(name)), gray_of(data, _format(name)))


def test_a_progressive_jpeg_that_lacks_later_scans_is_shown_coarsely() -> None:
    data = save(draw(WIDTH, HEIGHT), "JPEG", quality=90, progressive=True)
    for share in (0.4, 0.6, 0.95):
        cut = data[: int(len(data) * share)]
        assert process(cut).warnings == (ImageWarning.TRUNCATED,)
        difference = np.asarray(gray_of(cut, ImageFormat.JPEG), int)
        assert np.abs(difference - gray_of(data, ImageFormat.JPEG)).mean() < 12
    without_end = process(data[:-2])
    assert without_end.warnings == (ImageWarning.END_MISSING,)
    with pytest.raises(CorruptImage):
        process(data[: data.index(b"\xff\xda") + 40])


def test_a_scan_that_is_missing_as_a_whole_is_said() -> None:
    data = save(draw(WIDTH, HEIGHT), "JPEG", quality=90, progressive=True)
    last_scan = data.rindex(b"\xff\xda")
    last_table = data.rindex(b"\xff\xc4", 0, last_scan)
    assert process(data[:last_table], ("histogram",)).warnings == (ImageWarning.TRUNCATED,)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_frames_behind_the_first_one_may_be_missing(kind: str) -> None:
    frames: dict[str, Any] = {"save_all": True, "append_images": [draw(WIDTH, HEIGHT, seed=3)]}
    options = {"lossless": True} if kind == "WEBP" else {}
    data = save(draw(WIDTH, HEIGHT), kind, **options, **frames)
    image_format = ImageFormat(kind.lower())
    cut = data[: len(data) * 8 // 10]
    assert process(cut).warnings == (ImageWarning.END_MISSING,)
    assert np.array_equal(gray_of(cut, image_format), gray_of(data, image_format))


def test_wrong_lengths_of_a_webp_do_not_matter() -> None:
    data = FILES["webp"]
    for length in (0, 4, len(data) // 2, len(data) * 2, 2**32 - 10):
        wrong = data[:4] + length.to_bytes(4, "little") + data[8:]
        assert np.array_equal(gray_of(wrong, ImageFormat.WEBP), gray_of(data, ImageFormat.WEBP))


@pytest.mark.parametrize("kind", ["HEIF", "AVIF"])
def test_heic_and_avif_need_the_bytes_of_their_picture_only(kind: str) -> None:
    data = save(draw(WIDTH, HEIGHT), kind)
    image_format = ImageFormat({"HEIF": "heic"}.get(kind, "avif"))
    whole = gray_of(data, image_format)
    for odd in (data + b"\x00" * 7, data + b"junk that is no box", data + b"\0\0\xff\xfffreeabc"):
        assert np.array_equal(gray_of(odd, image_format), whole)
    start = data.index(b"mdat") - 4
    size = int.from_bytes(data[start : start + 4], "big")
    longer = data[:start] + (size + 5_000).to_bytes(4, "big") + data[start + 4 :]
    assert process(longer).warnings == (ImageWarning.END_MISSING,)
    assert np.array_equal(gray_of(longer, image_format), whole)
    with pytest.raises(CorruptImage):
        process(data[:-50])


def test_thumbnail_and_faces_show_the_same_gray() -> None:
    cut = FILES["png"][: len(FILES["png"]) * 7 // 10]
    thumbnail = process(cut).results["thumbnail"]
    assert isinstance(thumbnail, Thumbnail)
    small = np.asarray(Image.open(io.BytesIO(thumbnail.content)).convert("RGB"))
    drawn = render_variant(cut, ImageFormat.PNG, Variant.FACES, [], LIMITS)
    faces = np.asarray(Image.open(io.BytesIO(drawn.content)))
    for pixels in (small, faces):
        assert np.abs(pixels[-8:].astype(int) - GRAY).max() <= 3


def test_damage_in_the_middle_is_no_missing_end() -> None:
    data = FILES["jpeg"]
    start = data.index(b"\xff\xda") + 2_000
    damaged = data[:start] + b"\x55" * 50 + data[start + 50 :]
    assert process(damaged).warnings == ()
