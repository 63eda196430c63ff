"""Every compression of TIFF is decoded, or refused with its number; never black."""

import io
import random
import struct

import numpy as np
import pytest
from PIL import Image

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.formats import ImageFormat
from tests.unit.images.drawing import draw, gray_of, process, save

WRITTEN_BY_PILLOW = (
    *("raw", "tiff_lzw", "tiff_jpeg", "jpeg", "tiff_adobe_deflate", "tiff_deflate"),
    *("packbits", "lzma", "zstd"),
)
FAX = ("tiff_ccitt", "group3", "group4")
UNKNOWN = (
    *(0, 9, 10, 32766, 32895, 32896, 32897, 32898, 32908, 32909, 32947, 33003, 33004, 33005),
    *(34661, 34663, 34712, 34887, 34892, 50001, 50002, 52546, 65000),
)


def tiff(
    order: str, big: bool, compression: int, rows: bytes, *, kind: int = 3, width: int = 4
) -> bytes:
    """Write a gray TIFF of one strip, with a type for the tag of its compression."""
    height = max(len(rows) // width, 1)
    count, value, first = ("Q", "Q", 16) if big else ("H", "I", 8)
    row = struct.Struct(f"{order}HH{value}")
    code = {1: "B", 3: "H", 4: "I", 16: "Q"}
    tags = [
        *((256, 4, width), (257, 4, height), (258, 3, 8), (259, kind, compression)),
        *((262, 3, 1), (273, 4, 0), (277, 3, 1), (278, 4, height), (279, 4, len(rows))),
    ]
    length = struct.calcsize(f"{order}{count}{value}") + len(tags) * (20 if big else 12)
    entries = b""
    for tag, of, number in tags:
        shown = first + length if tag == 273 else number
        entries += row.pack(tag, of, 1)
        entries += struct.pack(f"{order}{code[of]}", shown).ljust(8 if big else 4, b"\x00")
    mark = b"II" if order == "<" else b"MM"
    start = struct.pack(f"{order}HHHQ", 43, 8, 0, 16) if big else struct.pack(f"{order}HI", 42, 8)
    directory = (
        struct.pack(f"{order}{count}", len(tags)) + entries + struct.pack(f"{order}{value}", 0)
    )
    return mark + start + directory + rows


def _strips(data: bytes) -> list[tuple[int, int]]:
    with Image.open(io.BytesIO(data)) as picture:
        tags = picture.tag_v2  # type: ignore[attr-defined]
        return [*zip(tags[273], tags[279], strict=True)]


def _damage(data: bytes) -> bytes:
    """Overwrite the second half of the strips, or the only one."""
    damaged, strips = bytearray(data), _strips(data)
    for start, length in strips[len(strips) // 2 :]:
        damaged[start : start + length] = bytes(length)
    return bytes(damaged)


@pytest.mark.parametrize("compression", WRITTEN_BY_PILLOW)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_decodes_what_it_says_it_decodes(compression: str, mode: str) -> None:
    data = save(draw().convert(mode), "TIFF", compression=compression)
    expected = np.asarray(draw().convert("L")).astype(int)
    assert np.abs(gray_of(data, ImageFormat.TIFF) - expected).mean() < 4


@pytest.mark.parametrize("compression", FAX)
def test_decodes_a_fax(compression: str) -> None:
    data = save(draw().convert("1"), "TIFF", compression=compression)
    assert np.array_equal(gray_of(data, ImageFormat.TIFF), np.asarray(draw().convert("1")) * 255)


@pytest.mark.parametrize("number", UNKNOWN)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_refuses_an_unknown_compression_by_its_number(number: int, order: str, big: bool) -> None:
    data = tiff(order, big, number, bytes(range(16)))
    for operations in (("metadata",), ("histogram",), ("thumbnail",)):
        with pytest.raises(UnsupportedFormat, match=f"compression {number} "):
            process(data, operations)


@pytest.mark.parametrize("kind", [1, 3, 4, 16])
def test_reads_the_compression_in_any_integer_type(kind: int) -> None:
    rows = bytes(range(16))
    big = kind == 16
    assert gray_of(tiff("<", big, 1, rows, kind=kind), ImageFormat.TIFF).tobytes() == rows
    with pytest.raises(UnsupportedFormat):
        process(tiff("<", big, 10, rows, kind=kind))


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6, 7, 8, 32809, 32946, 34676, 34677, 34925, 50000])
def test_refuses_pixels_that_are_not_of_their_compression(number: int) -> None:
    with pytest.raises(CorruptImage):
        process(tiff("<", False, number, b"\x55\xaa" * 32, width=8), ("histogram",))


@pytest.mark.parametrize("mode", ["RGB", "L", "YCbCr", "CMYK"])
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_never_answers_strips_that_libtiff_could_not_decode(mode: str, compression: str) -> None:
    data = save(draw().convert(mode), "TIFF", compression=compression)
    process(data, ("histogram",))
    with pytest.raises(CorruptImage):
        process(_damage(data), ("histogram",))


def test_a_fax_may_lack_some_rows() -> None:
    data = save(draw().convert("1"), "TIFF", compression="group3")
    damaged = bytearray(data)
    for start, length in _strips(data):
        first, noise = start + length // 10, random.Random(1)  # noqa: S311
        damaged[first : start + length] = noise.randbytes(start + length - first)
    assert process(bytes(damaged), ("histogram",)).errors == {}


def test_a_fax_may_not_lack_most_rows() -> None:
    # The rows that libtiff writes in this compression are too short by its own reader.
    data = save(draw().convert("1"), "TIFF", compression="tiff_raw_16")
    with pytest.raises(CorruptImage):
        process(data, ("histogram",))


@pytest.mark.parametrize("channels", [1, 3])
def test_colours_between_0_and_1_are_decoded(channels: int) -> None:
    values = np.linspace(0, 1, 16 * channels, dtype="<f4").reshape(4, 4, channels)
    data = _float_tiff(values)
    expected = np.rint(values * 255)
    expected = expected[..., 0] if channels == 1 else expected @ [0.299, 0.587, 0.114]
    assert np.abs(gray_of(data, ImageFormat.TIFF) - expected).max() <= 1


def _float_tiff(values: np.ndarray) -> bytes:
    import pyvips

    kind = "rgb" if values.shape[2] == 3 else "b-w"
    image = pyvips.Image.new_from_array(values, interpretation=kind)
    return bytes(image.write_to_buffer(".tif"))
