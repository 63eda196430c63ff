"""TIFF files whose samples Pillow and OpenCV misread or refuse show the picture that was drawn."""

import struct
import zlib
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from domain.errors.files import CorruptImage
from domain.images.color_profiles import render_color
from domain.images.decode_pixels import decode_picture
from domain.images.formats import ImageFormat
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels
from domain.images.values import ImageWarning
from tests.unit.images.drawing import GENEROUS

WIDTH, HEIGHT, STRIP_ROWS = 32, 24, 10
LEADING_BYTES = 1000
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, INKS = 0, 1, 2, 3, 5
UNSIGNED, FLOAT = 1, 3
NONE, DEFLATE = 1, 8
ASSOCIATED, UNASSOCIATED = 1, 2
_ACROSS, _DOWN = np.arange(WIDTH) * 8, np.arange(HEIGHT)[:, np.newaxis] * 10
COLORS = np.dstack(np.broadcast_arrays(_ACROSS, _DOWN, 240 - _ACROSS * 0.5 - _DOWN * 0.5))
GRAY = COLORS[..., :1]
OPACITY = np.where(_ACROSS[np.newaxis] < 100, 51.0, 255.0).repeat(HEIGHT, 0)[..., np.newaxis]


def _to_samples(levels: NDArray[Any], bits: int, kind: int = UNSIGNED) -> NDArray[Any]:
    if kind == FLOAT:
        return np.asarray(levels / 255, f"f{bits // 8}")
    return np.asarray(np.rint(levels / 255 * (2**bits - 1)), np.uint64)


def _pack(samples: NDArray[Any], bits: int, order: Literal["<", ">"]) -> list[bytes]:
    """Return each row as bytes: whole ones in the order of the file, others without gaps."""
    rows = samples.reshape(len(samples), -1)
    if samples.dtype.kind == "f":
        return [row.astype(row.dtype.newbyteorder(order)).tobytes() for row in rows]
    if bits % 8:
        ones = rows[..., np.newaxis] >> np.arange(bits - 1, -1, -1, dtype=np.uint64) & 1
        return [np.packbits(row.reshape(-1).astype(np.uint8)).tobytes() for row in ones]
    byte_order: Literal["big", "little"] = "big" if order == ">" else "little"
    return [b"".join(int(v).to_bytes(bits // 8, byte_order) for v in row) for row in rows]


def _tiff(
    samples: NDArray[Any],
    bits: int,
    photometric: int,
    *,
    order: Literal["<", ">"] = "<",
    compression: int = NONE,
    planar: bool = False,
    kind: int = UNSIGNED,
    big: bool = False,
    predictor: int = 1,
    is_reversed: bool = False,
    more: dict[int, list[int]] | None = None,
    leading: bool = False,
) -> bytes:
    """Write a TIFF file of strips, which end it if the directory is leading."""
    planes = np.split(samples, samples.shape[2], axis=2) if planar else [samples]
    if predictor == 2:
        planes = [np.diff(of, axis=1, prepend=of[:, :1] * 0) % 2**bits for of in planes]
    strips = []
    for plane in planes:
        rows = _pack(plane, bits, order)
        for start in range(0, HEIGHT, STRIP_ROWS):
            strip = b"".join(rows[start : start + STRIP_ROWS])
            strips.append(zlib.compress(strip) if compression == DEFLATE else strip)
    if is_reversed:
        strips = [bytes(int(f"{b:08b}"[::-1], 2) for b in strip) for strip in strips]
    start, offsets = LEADING_BYTES if leading else 16, []
    for strip in strips:
        offsets.append(start)
        start += len(strip)
    depth = samples.shape[2]
    tags: dict[int, list[int]] = {
        256: [WIDTH],
        257: [HEIGHT],
        258: [bits] * depth,
        259: [compression],
        262: [photometric],
        266: [1 + is_reversed],
        273: offsets,
        277: [depth],
        278: [STRIP_ROWS],
        279: [len(of) for of in strips],
        284: [1 + planar],
        317: [predictor],
        339: [kind] * depth,
        **(more or {}),
    }
    value, field, count = ("Q", 8, "Q") if big else ("I", 4, "H")
    arrays, entries = b"", b""
    start = 16 if leading else start
    at = start + (8 if big else 2) + len(tags) * (20 if big else 12) + field
    for tag, numbers in sorted(tags.items()):
        content = struct.pack(f"{order}{len(numbers)}I", *numbers)
        if len(content) > field:
            content, arrays = struct.pack(f"{order}{value}", at + len(arrays)), arrays + content
        entries += struct.pack(f"{order}HH{value}", tag, 4, len(numbers))
        entries += content.ljust(field, b"\x00")
    mark = b"II" if order == "<" else b"MM"
    first = struct.pack(f"{order}HHHQ", 43, 8, 0, start) if big else b""
    first = first or struct.pack(f"{order}HI", 42, start)
    directory = struct.pack(f"{order}{count}", len(tags)) + entries + bytes(field)
    head = (mark + first).ljust(16, b"\x00")
    if leading:
        return b"".join(((head + directory + arrays).ljust(LEADING_BYTES, b"\x00"), *strips))
    return b"".join((head, *strips, directory, arrays))


def _show(data: bytes) -> Pixels:
    """Return the picture as a thumbnail shows it, RGB on white."""
    header = inspect_header(data, ImageFormat.TIFF, GENEROUS)
    return render_color(decode_picture(data, ImageFormat.TIFF, header), header.profile)[0]


def _assert_shows(data: bytes, levels: NDArray[Any], tolerance: float = 2) -> None:
    shown = _show(data).astype(float)
    assert shown.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(shown - levels).max() <= tolerance


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [NONE, DEFLATE])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 24, 32])
def test_samples_of_any_depth_are_colors(
    bits: int, planar: bool, compression: int, order: Literal["<", ">"]
) -> None:
    samples = _to_samples(COLORS, bits)
    data = _tiff(samples, bits, RGB, planar=planar, compression=compression, order=order)
    _assert_shows(data, np.rint(samples / (2**bits - 1) * 255))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("photometric", [WHITE_IS_ZERO, BLACK_IS_ZERO])
@pytest.mark.parametrize("bits", [1, 2, 3, 4, 6, 8, 10, 12, 14, 16, 24])
def test_samples_of_any_depth_are_gray(
    bits: int, photometric: int, order: Literal["<", ">"]
) -> None:
    samples = _to_samples(GRAY, bits)
    stored = samples if photometric else 2**bits - 1 - samples
    _assert_shows(_tiff(stored, bits, photometric, order=order), samples / (2**bits - 1) * 255)


@pytest.mark.parametrize("predictor", [1, 2])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("base", [GRAY, COLORS], ids=["gray", "colors"])
@pytest.mark.parametrize("extra", [0, ASSOCIATED, UNASSOCIATED])
def test_one_more_sample_is_the_opacity_if_the_file_says_so(
    extra: int, base: NDArray[Any], bits: int, planar: bool, predictor: int
) -> None:
    stored = base * OPACITY / 255 if extra == ASSOCIATED else base
    samples = _to_samples(np.dstack([stored, OPACITY]), bits)
    photometric = BLACK_IS_ZERO if base is GRAY else RGB
    data = _tiff(
        samples,
        bits,
        photometric,
        planar=planar,
        compression=DEFLATE,
        predictor=predictor,
        more={338: [extra]},
    )
    shown = base * OPACITY / 255 + 255 - OPACITY if extra else base
    _assert_shows(data, shown, 4)


@pytest.mark.parametrize("bits", [16, 32, 64])
@pytest.mark.parametrize("planar", [False, True])
def test_floating_point_colors(bits: int, planar: bool) -> None:
    samples = _to_samples(COLORS, bits, FLOAT)
    _assert_shows(_tiff(samples, bits, RGB, kind=FLOAT, planar=planar), COLORS)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize("scale", [1, 257])
def test_palettes_of_8_and_16_bits(scale: int, is_reversed: bool, bits: int) -> None:
    colors = np.random.default_rng(bits).integers(0, 250, (2**bits, 3))
    indexes = (np.indices((HEIGHT, WIDTH)).sum(0) % 2**bits)[..., np.newaxis]
    levels = (colors.T.ravel() * scale).tolist()
    data = _tiff(
        indexes.astype(np.uint64), bits, PALETTE, is_reversed=is_reversed, more={320: levels}
    )
    _assert_shows(data, colors[indexes[..., 0]])


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("planar", [False, True])
@pytest.mark.parametrize("extra", [None, UNASSOCIATED])
def test_inks_with_and_without_opacity(extra: int | None, planar: bool, bits: int) -> None:
    inks = np.dstack([255 - COLORS, np.zeros((HEIGHT, WIDTH))])
    levels = inks if extra is None else np.dstack([inks, OPACITY])
    more = None if extra is None else {338: [extra]}
    data = _tiff(_to_samples(levels, bits), bits, INKS, planar=planar, more=more)
    _assert_shows(data, COLORS if extra is None else COLORS * OPACITY / 255 + 255 - OPACITY, 4)


@pytest.mark.parametrize("compression", [NONE, DEFLATE])
@pytest.mark.parametrize("base", [GRAY, COLORS], ids=["gray", "colors"])
def test_a_big_endian_bigtiff(base: NDArray[Any], compression: int) -> None:
    photometric = BLACK_IS_ZERO if base is GRAY else RGB
    data = _tiff(_to_samples(base, 8), 8, photometric, order=">", big=True, compression=compression)
    _assert_shows(data, base)


@pytest.mark.parametrize("compression", [NONE, DEFLATE])
def test_damaged_samples_are_refused(compression: int) -> None:
    data = bytearray(_tiff(_to_samples(COLORS, 12), 12, RGB, compression=compression))
    _show(bytes(data))
    if compression == DEFLATE:
        data[30:60] = bytes(30)
    else:
        at = data.index(struct.pack("<HHI", 273, 4, 3))
        data[at : at + 8] = struct.pack("<HHI", 273, 4, 2)
    with pytest.raises(CorruptImage):
        _show(bytes(data))


@pytest.mark.parametrize(
    ("bits", "photometric", "base", "kind"),
    [
        (12, RGB, COLORS, UNSIGNED),
        (64, RGB, COLORS, FLOAT),
        (16, BLACK_IS_ZERO, np.dstack([GRAY, np.full_like(GRAY, 255)]), UNSIGNED),
        (16, WHITE_IS_ZERO, 255 - GRAY, UNSIGNED),
    ],
)
def test_of_a_file_that_is_cut_off_the_rows_that_it_holds_are_shown(
    bits: int, photometric: int, base: NDArray[Any], kind: int
) -> None:
    samples = _to_samples(base, bits, kind)
    more = {338: [UNASSOCIATED]} if base.shape[2] == 2 else None
    data = _tiff(samples, bits, photometric, kind=kind, more=more, leading=True)
    row_bytes = len(_pack(samples, bits, "<")[0])
    rows = HEIGHT * 3 // 4
    start = len(data) - HEIGHT * row_bytes
    cut = data[: start + rows * row_bytes]
    colors = base if base is COLORS else GRAY
    shown = _show(cut).astype(float)
    assert np.abs(shown[:rows] - colors[:rows]).max() <= 2
    assert (shown[rows:] == 128).all()
    assert inspect_header(cut, ImageFormat.TIFF, GENEROUS).warnings == (ImageWarning.TRUNCATED,)
    with pytest.raises(CorruptImage, match="half"):
        _show(data[: start + HEIGHT // 3 * row_bytes])
