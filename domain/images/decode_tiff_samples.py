"""Decodes TIFF files sample by sample: kinds of pixels that Pillow and OpenCV misread or refuse.

libtiff only decompresses. The strips or tiles are handed to it as a gray picture whose pixels are
the bytes.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from domain.errors.files import CorruptImage
from domain.images.containers.tiff_samples import (
    FLOAT,
    PALETTE,
    SIGNED,
    UNSIGNED,
    WHITE_IS_ZERO,
    Samples,
)
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.native_errors import catch_native_errors
from domain.images.opencv import Pixels
from domain.images.picture import Picture, to_8_bits, with_alpha
from domain.images.pillow import open_picture
from domain.images.turn_upright import turn_upright

_NOT_DECODED = "Some of the pixels cannot be decoded."
_REVERSED = np.packbits(
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, np.newaxis], axis=1)[:, ::-1], axis=1
).ravel()
_BLOCK_ROWS = 64
_CODES = {UNSIGNED: "u", SIGNED: "i", FLOAT: "f"}
_DIFFERENCES, _FLOAT_DIFFERENCES = 2, 3
_PALETTE_LEVELS = 256


def decode_samples(data: bytes, samples: Samples, header: Header, *, pad: bool = False) -> Picture:
    """Decode the first page, turn it upright, and bring its pixels to 8 bits.

    Args:
        pad: Put zeros in the place of what an uncompressed file lacks at its end.

    Raises:
        CorruptImage: Strips or tiles are missing, or cannot be decompressed.
    """
    planes = [
        _join(_read_values(_decompress(data, samples, plane, pad=pad), samples), samples)
        for plane in range(samples.shown if samples.is_planar else 1)
    ]
    values = np.concatenate(planes, axis=2)
    alpha = None
    if samples.alpha is not None:
        alpha = _scale_opacity(values[..., samples.alpha], samples)
    pixels = _to_colors(values[..., : samples.colors], samples)
    if alpha is not None and samples.is_associated:
        shares = np.maximum(alpha, 1).astype(np.float32) / 255
        shares = shares if pixels.ndim == 2 else shares[..., np.newaxis]
        pixels = np.rint(np.minimum(pixels / shares, 255)).astype(np.uint8)
    upright = turn_upright(np.ascontiguousarray(pixels), header.orientation)
    if alpha is None:
        return Picture(upright)
    return with_alpha(upright, turn_upright(np.ascontiguousarray(alpha), header.orientation))


def find_rows(length: int, samples: Samples) -> list[bool]:
    """Return for each row of an uncompressed picture whether a file of some bytes holds it."""
    (width, height), (columns, rows) = samples.size, samples.piece
    across, row_bytes = -(-width // columns), _row_bytes(samples)
    per_plane = across * -(-height // rows)
    found = [True] * height
    for index, (start, _) in enumerate(samples.pieces):
        first = index % per_plane // across * rows
        there = max(length - start, 0) // row_bytes
        for row in range(first + there, min(first + rows, height)):
            found[row] = False
    return found


def _row_bytes(samples: Samples) -> int:
    return (samples.piece[0] * samples.per_plane * samples.bits + 7) // 8


def _decompress(data: bytes, samples: Samples, plane: int, *, pad: bool) -> Pixels:
    """Return the bytes of the strips or tiles of a plane, one below the other, row by row."""
    (width, height), (columns, rows) = samples.size, samples.piece
    across, down = -(-width // columns), -(-height // rows)
    pieces = samples.pieces[plane * across * down :][: across * down]
    if len(pieces) < across * down:
        raise CorruptImage("Some of the strips or tiles are missing.")
    total = across * down * rows if samples.is_tiled else height
    row_bytes = _row_bytes(samples)
    if samples.compression != 1:
        return _inflate(data, samples, pieces, total)
    coded = bytearray()
    for start, _ in pieces:
        needed = row_bytes * min(rows, total - len(coded) // row_bytes)
        piece = data[start : start + needed]
        coded += piece.ljust(needed, b"\x00") if pad else piece
    if len(coded) != total * row_bytes:
        raise CorruptImage(_NOT_DECODED)
    raw = np.frombuffer(coded, np.uint8).reshape(total, row_bytes)
    return _REVERSED[raw] if samples.is_reversed else raw


def _inflate(data: bytes, samples: Samples, pieces: list[tuple[int, int]], rows: int) -> Pixels:
    coded = [data[start : start + length] for start, length in pieces]
    lengths = [len(piece) for piece in coded]
    starts = np.cumsum([8, *lengths])
    arrays = int(starts[-1])
    directory = arrays + 8 * len(pieces)
    fields = [
        *((256, 1, _row_bytes(samples)), (257, 1, rows), (258, 1, 8)),
        *((259, 1, samples.compression), (262, 1, 1), (266, 1, 1 + samples.is_reversed)),
        (273, len(pieces), arrays if len(pieces) > 1 else 8),
        *((277, 1, 1), (278, 1, samples.piece[1])),
        (279, len(pieces), arrays + 4 * len(pieces) if len(pieces) > 1 else lengths[0]),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, count, value in fields)
    file = b"".join(
        (
            struct.pack("<2sHI", b"II", 42, directory),
            *coded,
            struct.pack(f"<{len(pieces)}I", *(int(start) for start in starts[:-1])),
            struct.pack(f"<{len(pieces)}I", *lengths),
            struct.pack("<H", len(fields)) + entries + bytes(4),
        )
    )
    with catch_native_errors() as errors, open_picture(file, ImageFormat.TIFF) as picture:
        raw = np.asarray(picture)
    if errors:
        raise CorruptImage(_NOT_DECODED)
    return raw


def _read_values(raw: Pixels, samples: Samples) -> NDArray[np.generic]:
    """Return the samples of rows of bytes, shape (rows, columns, samples of a pixel)."""
    shape = len(raw), samples.piece[0], samples.per_plane
    if samples.bits not in {8, 16, 24, 32, 64}:
        return _unpack(raw, samples.bits, shape[1] * shape[2]).reshape(shape)
    wide = samples.bits // 8
    if samples.kind == FLOAT and samples.predictor == _FLOAT_DIFFERENCES:
        sums = np.cumsum(raw.reshape(len(raw), -1, samples.per_plane), axis=1, dtype=np.uint8)
        apart = sums.reshape(len(raw), wide, -1).transpose(0, 2, 1)
        return np.ascontiguousarray(apart).view(f">f{wide}").reshape(shape)
    order = samples.layout.order
    if wide == 3:
        apart = raw.reshape(*shape, 3)[..., :: 1 if order == ">" else -1].astype(np.uint32)
        whole = apart[..., 0] << 16 | apart[..., 1] << 8 | apart[..., 2]
        return np.asarray(whole)
    values = np.ascontiguousarray(raw).view(f"{order}u{wide}").reshape(shape)
    values = values.astype(f"=u{wide}")
    if samples.predictor == _DIFFERENCES:
        values = np.cumsum(values, axis=1, dtype=values.dtype)
    return values.view(f"=i{wide}" if samples.kind == SIGNED else f"={_CODES[samples.kind]}{wide}")


def _unpack(raw: Pixels, bits: int, columns: int) -> NDArray[np.uint16]:
    """Return the numbers of rows that are packed without gaps, the highest bit first."""
    values = np.empty((len(raw), columns), np.uint16)
    weights = 1 << np.arange(bits - 1, -1, -1)
    for start in range(0, len(raw), _BLOCK_ROWS):
        block = np.unpackbits(raw[start : start + _BLOCK_ROWS], axis=1, count=columns * bits)
        values[start : start + _BLOCK_ROWS] = block.reshape(-1, columns, bits) @ weights
    return values


def _join(values: NDArray[np.generic], samples: Samples) -> NDArray[np.generic]:
    """Lay tiles side by side."""
    if not samples.is_tiled:
        return values
    (width, height), (columns, rows) = samples.size, samples.piece
    across, depth = -(-width // columns), values.shape[2]
    apart = values.reshape(-1, across, rows, columns, depth).swapaxes(1, 2)
    return apart.reshape(-1, across * columns, depth)[:height, :width]


def _to_colors(values: NDArray[np.generic], samples: Samples) -> Pixels:
    if samples.photometric == PALETTE:
        return _look_up(values[..., 0], samples.palette)
    values = values[..., 0] if samples.colors == 1 else values
    levels = _scale(values, samples)
    return 255 - levels if samples.photometric == WHITE_IS_ZERO else levels


def _look_up(indexes: NDArray[np.generic], palette: tuple[int, ...]) -> Pixels:
    """Return colours; a palette whose levels are all below 256 has levels of 8 bits."""
    levels = np.array(palette[: len(palette) // 3 * 3], np.uint16).reshape(3, -1).T
    if not len(levels):
        raise CorruptImage("The palette is missing.")
    if levels.max() >= _PALETTE_LEVELS:
        levels >>= 8
    return np.asarray(
        levels.astype(np.uint8)[np.minimum(indexes.astype(np.int64), len(levels) - 1)]
    )


def _scale(values: NDArray[np.generic], samples: Samples) -> Pixels:
    is_whole = samples.kind == UNSIGNED
    has_fixed_white = samples.bits <= 24 or samples.colors > 1
    if is_whole and has_fixed_white:
        whole = values.astype(np.uint32)
        if samples.bits < 8:
            top = 2**samples.bits - 1
            return np.asarray((whole * 255 * 2 + top) // (2 * top), np.uint8)
        return np.asarray(whole >> (samples.bits - 8), np.uint8)
    return to_8_bits(values)


def _scale_opacity(values: NDArray[np.generic], samples: Samples) -> Pixels:
    if samples.kind == FLOAT:
        shares = np.nan_to_num(values.astype(np.float64)).clip(0, 1)
        return np.asarray(np.rint(shares * 255), np.uint8)
    bits = samples.bits - (samples.kind == SIGNED)
    whole = np.maximum(values.astype(np.int64), 0)
    return np.asarray(whole * 255 // (2**bits - 1), np.uint8)
