"""Odd kinds of files of known formats: right, or refused with the reason that is true."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.decode_pixels import decode_picture
from domain.images.formats import ImageFormat, is_camera_raw, sniff_format
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels
from domain.images.values import unpack_bins
from tests.unit.images.drawing import (
    GENEROUS,
    chunk,
    draw,
    files,
    gray_of,
    process,
    save,
    tiff_block,
)

FILES = Path(__file__).parents[2] / "faulty_files" / "odd_formats"
_SHORT, _LONG = 3, 4


def _decode(data: bytes) -> Pixels:
    image_format = sniff_format(data)
    assert image_format is not None
    header = inspect_header(data, image_format, GENEROUS)
    return decode_picture(data, image_format, header).pixels


def test_a_bmp_header_of_52_bytes_has_masks() -> None:
    pixels = _decode((FILES / "bmp-52-byte-header.bmp").read_bytes())
    assert pixels.reshape(-1, 3).mean(axis=0) == pytest.approx([121, 127, 88], abs=4)


def _bmp(header_bytes: int, masks: tuple[int, int, int] | None, pixels: Pixels) -> bytes:
    """Write a BMP of 32 bits whose red is in the first byte if it has masks, else in the third."""
    height, width = pixels.shape[:2]
    rows = np.zeros((height, width, 4), np.uint8)
    rows[..., :3] = pixels if masks else pixels[..., ::-1]
    raw = rows[::-1].tobytes()
    if header_bytes == 12:
        raw = np.ascontiguousarray(pixels[::-1, :, ::-1]).tobytes()
        header = struct.pack("<IHHHH", 12, width, height, 1, 24)
    else:
        compression = 3 if masks else 0
        fields = (header_bytes, width, height, 1, 32, compression, len(raw), 0, 0, 0, 0)
        header = struct.pack("<IiiHHIIiiII", *fields)
        tail = struct.pack("<III", *masks) if masks else b""
        header += tail if header_bytes == 40 else tail.ljust(header_bytes - 40, b"\x00")
    offset = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", offset + len(raw), 0, 0, offset) + header + raw


@pytest.mark.parametrize(
    ("header_bytes", "has_masks"),
    [(length, False) for length in (12, 40, 52, 56, 64, 108, 124)]
    + [(length, True) for length in (40, 52, 56, 108, 124)],  # The others have no masks.
)
def test_bmp_headers_of_every_length_have_their_colours(header_bytes: int, has_masks: bool) -> None:
    pixels = np.asarray(draw(64, 48))
    masks = (0xFF, 0xFF00, 0xFF0000) if has_masks else None
    assert np.array_equal(_decode(_bmp(header_bytes, masks, pixels)), pixels)


def _tiff_of(values: Any, bits: int, kind: int) -> bytes:
    """Write a TIFF of one strip of raw samples: of kind 1 unsigned, 2 signed, 3 floating."""
    height, width, samples = values.shape
    raw = values.tobytes()
    start = 8 + 2 + 12 * 10 + 4
    many = struct.pack("<I", start)

    def short(value: int) -> bytes:
        return struct.pack("<HH", value, 0)

    return tiff_block(
        (256, _SHORT, 1, short(width)),
        (257, _SHORT, 1, short(height)),
        (258, _SHORT, samples, many if samples > 2 else short(bits)),
        (259, _SHORT, 1, short(1)),
        (262, _SHORT, 1, short(2 if samples > 2 else 1)),
        (273, _LONG, 1, struct.pack("<I", start + 4 * samples)),
        (277, _SHORT, 1, short(samples)),
        (278, _SHORT, 1, short(height)),
        (279, _LONG, 1, struct.pack("<I", len(raw))),
        (
            339,
            _SHORT,
            samples,
            struct.pack("<I", start + 2 * samples) if samples > 2 else short(kind),
        ),
        rest=struct.pack(f"<{samples}H", *[bits] * samples)
        + struct.pack(f"<{samples}H", *[kind] * samples)
        + raw,
    )


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("samples", [1, 3])
def test_floating_point_tiffs_are_stretched(bits: int, samples: int) -> None:
    values = np.asarray(draw(64, 48))[..., :samples] / 255
    values.flat[:2] = 0, 1
    pixels = _decode(_tiff_of(values.astype(f"<f{bits // 8}"), bits, 3))
    expected = (values * 255).round()
    assert np.abs(pixels.reshape(expected.shape) - expected).max() <= 1


def test_values_that_are_no_number_are_black() -> None:
    values = np.full((20, 20, 1), 0.5, "<f4")
    values[0, :2, 0] = 0, 1
    values[5, 5], values[6, 6] = np.nan, np.inf
    gray = gray_of(_tiff_of(values, 32, 3), ImageFormat.TIFF)
    assert gray[5, 5] == 0
    assert 126 <= gray[10, 10] <= 129


@pytest.mark.parametrize(
    ("values", "bits", "kind", "reason"),
    [
        (np.zeros((9, 9, 3), "<f4"), 24, 3, "24-bit floating-point"),
        (np.zeros((9, 9, 3), "<u8"), 64, 1, "64-bit integer"),
        (np.zeros((9, 9, 1), "<c8"), 64, 6, "64-bit complex"),
    ],
)
def test_tiff_pixels_that_no_decoder_knows_are_not_called_damaged(
    values: Any, bits: int, kind: int, reason: str
) -> None:
    with pytest.raises(UnsupportedFormat, match=reason):
        process(_tiff_of(values, bits, kind))


def test_a_float_tiff_is_decoded() -> None:
    assert gray_of((FILES / "float-rgb.tif").read_bytes(), ImageFormat.TIFF).mean() == (
        pytest.approx(121, abs=2)
    )


def test_apng_shows_one_frame_everywhere() -> None:
    data = (FILES / "apng-hidden-default-rgba.png").read_bytes()
    gray = gray_of(data, ImageFormat.PNG)
    red, _, blue = _decode(data).reshape(-1, _decode(data).shape[2])[:, :3].mean(axis=0)
    assert gray.mean() == pytest.approx(76 if red > blue else 29, abs=1)


@pytest.mark.parametrize("frames", [0, 7, 20_000, 2**31, 2**32 - 1])
def test_the_frames_of_an_apng_are_counted(frames: int) -> None:
    still = files()["png"]
    lying = still[:33] + chunk(b"acTL", struct.pack(">II", frames, 0)) + still[33:]
    assert process(lying).frames == 1
    assert np.array_equal(gray_of(lying, ImageFormat.PNG), gray_of(still, ImageFormat.PNG))
    moving = files()["png animated"]
    at = moving.index(b"acTL") - 4
    changed = chunk(b"acTL", struct.pack(">II", frames, 0))
    assert process(moving[:at] + changed + moving[at + 20 :]).frames == 2


def test_a_head_of_an_animation_with_a_wrong_length_is_ignored() -> None:
    still = files()["png"]
    lying = still[:33] + chunk(b"acTL", b"\x00\x00") + still[33:]
    assert process(lying).frames == 1
    assert np.array_equal(gray_of(lying, ImageFormat.PNG), gray_of(still, ImageFormat.PNG))


@pytest.mark.parametrize("screen", [(0, 0), (1, 1), (100, 200), (500, 10)])
def test_the_screen_of_a_gif_grows_with_the_first_frame(screen: tuple[int, int]) -> None:
    whole = files()["gif"]
    data = whole[:6] + struct.pack("<HH", *screen) + whole[10:]
    result = process(data)
    assert (result.width, result.height) == (max(160, screen[0]), max(120, screen[1]))


def test_white_of_a_bmp_of_16_bits_is_white() -> None:
    levels = np.arange(32, dtype="<u2")
    pixels = (levels << 10 | levels << 5 | levels).tobytes()
    fields = (40, 32, 1, 1, 16, 0, len(pixels), 0, 0, 0, 0)
    head = struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + struct.pack("<IiiHHIIiiII", *fields)
    gray = gray_of(b"BM" + head + pixels, ImageFormat.BMP)
    assert np.abs(gray[0] - levels * (255 / 31)).max() <= 1


@pytest.mark.parametrize(
    ("frame", "bits", "reason"),
    [(0xC1, 12, "12-bit"), (0xC3, 16, "16-bit"), (0xC5, 8, "hierarchical"), (0xF7, 8, "JPEG-LS")],
)
def test_kinds_of_jpeg_that_no_decoder_knows_are_not_called_damaged(
    frame: int, bits: int, reason: str
) -> None:
    data = files()["jpeg"]
    at = data.index(b"\xff\xc0")
    changed = data[: at + 1] + bytes((frame,)) + data[at + 2 : at + 4] + bytes((bits,))
    with pytest.raises(UnsupportedFormat, match=reason):
        process(changed + data[at + 5 :])


@pytest.mark.parametrize("compression", [4, 5, 11])
def test_kinds_of_bmp_that_no_decoder_knows_are_not_called_damaged(compression: int) -> None:
    data = files()["bmp"]
    with pytest.raises(UnsupportedFormat, match=f"compression {compression}"):
        process(data[:30] + struct.pack("<I", compression) + data[34:])


RAW_TIFFS: Mapping[str, bytes] = {
    "cr2": b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(400),
    "dng": tiff_block((254, _LONG, 1, b"\1\0\0\0"), (50706, 1, 4, b"\1\4\0\0")),
    "pef": tiff_block((259, _SHORT, 1, b"\xff\xff\0\0"), (273, _LONG, 1, b"\x08\0\0\0")),
    "colour filter array": tiff_block((262, _SHORT, 1, struct.pack("<HH", 32803, 0))),
    "nef": tiff_block(
        (254, _LONG, 1, b"\1\0\0\0"),
        (330, _LONG, 1, struct.pack("<I", 38)),
        rest=struct.pack("<HHHIHHI", 1, 259, _SHORT, 1, 34713, 0, 0),
    ),
}


@pytest.mark.parametrize("name", sorted(RAW_TIFFS))
def test_camera_raw_files_that_begin_as_tiff_are_called_so(name: str) -> None:
    with pytest.raises(UnsupportedFormat, match="camera raw"):
        inspect_header(RAW_TIFFS[name], ImageFormat.TIFF, GENEROUS)


@pytest.mark.parametrize(
    "head",
    [b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0", b"FUJIFILMCCD-RAW ", b"\0\0\0\x18ftypcrx \0\0\0\1"],
)
def test_other_camera_raw_files_are_known(head: bytes) -> None:
    assert is_camera_raw(head)
    assert sniff_format(head) is None


def test_ordinary_tiffs_are_no_camera_raw_files() -> None:
    for name, data in files().items():
        assert not is_camera_raw(data)
        if name.startswith("tiff"):
            inspect_header(data, ImageFormat.TIFF, GENEROUS)


def _grow(data: bytearray, kind: bytes, by: int) -> int:
    """Let a box be longer, and return its position."""
    at = data.index(kind) - 4
    struct.pack_into(">I", data, at, int.from_bytes(data[at : at + 4], "big") + by)
    return at


def _with_aperture(data: bytes, fields: tuple[int, ...]) -> bytes:
    """Give the first item of a HEIC or AVIF a clean aperture, and move the bytes behind it."""
    grown = bytearray(data)
    clap = struct.pack(">I4s8i", 40, b"clap", *fields)
    for kind in (b"meta", b"iprp"):
        _grow(grown, kind, len(clap) + 1)
    ipco = _grow(grown, b"ipco", len(clap))
    end = ipco + int.from_bytes(grown[ipco : ipco + 4], "big") - len(clap)
    count, at = 0, ipco + 8
    while at < end:
        count, at = count + 1, at + int.from_bytes(grown[at : at + 4], "big")
    ipma = _grow(grown, b"ipma", 1)
    entry = ipma + 8 + 4 + 4
    own = grown[entry + 2]
    grown[entry + 2] = own + 1
    grown[entry + 3 + own : entry + 3 + own] = bytes((0x80 | count + 1,))
    iloc = grown.index(b"iloc") + 4
    sizes = grown[iloc + 4]
    base = sizes & 0 or grown[iloc + 5] >> 4
    items = struct.unpack_from(">H", grown, iloc + 6)[0]
    version, at = grown[iloc], iloc + 8
    for _ in range(items):
        at += 4 + 2 * (version > 0)
        where = at if base else at + 2
        (start,) = struct.unpack_from(">I", grown, where)
        struct.pack_into(">I", grown, where, start + len(clap) + 1)
        at += base + 2 + 8
    grown[end:end] = clap
    return bytes(grown)


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_a_clean_aperture_is_the_picture(kind: str) -> None:
    image_format = ImageFormat({"HEIF": "heic"}.get(kind, "avif"))
    plain = save(draw(), kind, quality=95)
    data = _with_aperture(plain, (100, 1, 80, 1, -10, 1, 5, 1))
    whole, shown = gray_of(plain, image_format), gray_of(data, image_format)
    assert shown.shape == (80, 100)
    assert np.abs(shown.astype(int) - whole[25:105, 20:120]).max() <= 2
    for operation in ("metadata", "histogram", "thumbnail"):
        processed = process(data, (operation,))
        assert (processed.width, processed.height) == (100, 80)
    histogram = process(data).results["histogram"]
    assert isinstance(histogram, bytes)
    assert sum(unpack_bins(histogram)) == 8_000


@pytest.mark.parametrize(
    "fields",
    [
        (0, 1, 0, 1, 0, 1, 0, 1),
        (100, 0, 80, 1, 0, 1, 0, 1),
        (900, 1, 80, 1, 0, 1, 0, 1),
        (99, 2, 80, 1, 0, 1, 0, 1),
    ],
)
def test_an_aperture_that_makes_no_sense_is_not_used(fields: tuple[int, ...]) -> None:
    data = _with_aperture(save(draw(), "AVIF"), fields)
    try:
        shown = gray_of(data, ImageFormat.AVIF)
    except CorruptImage:  # libavif refuses some.
        return
    assert shown.shape == (120, 160)
