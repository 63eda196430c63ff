"""BMP files.

Source: Microsoft, "Bitmap Storage", BITMAPINFOHEADER and BITMAPV5HEADER.
"""

import struct

import msgspec

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.containers.spans import Span, keep_spans, merge
from domain.images.formats import ImageFormat
from domain.images.header import Header

_FILE_HEADER_BYTES = 14
_CORE_HEADER_BYTES, _INFO_HEADER_BYTES, _V5_HEADER_BYTES = 12, 40, 124
_UNCOMPRESSED = frozenset({0, 3, 6})
_COMPRESSIONS = _UNCOMPRESSED | {1, 2}  # Run lengths of 8 and of 4 bits.
_PLAIN, _MASKED, _MASKED_WITH_ALPHA = 0, 3, 6
_ALPHA_MASK_HEADER_BYTES = 56
_MASKED_DEPTHS = frozenset({16, 32})
_USUAL_16_BITS = 0x7C00, 0x3E0, 0x1F, 0
_DEPTH_AT, _MASKS_AT = 28, 54
_EMBEDDED_PROFILE = b"DEBM"  # "MBED", little-endian.


class _Layout(msgspec.Struct, frozen=True):
    """The size of the picture, and the ends of its parts; pixels begin at an offset.

    The padding is of each row.
    """

    width: int
    height: int
    is_compressed: bool
    header_bytes: int
    header_end: int
    pixels: Span
    padding_bytes: int


def read_bmp(data: bytes) -> Header:
    """Read the dimensions, and note whether uncompressed rows are complete.

    Raises:
        CorruptImage: The header ends early, or half of the rows are missing.
        UnsupportedFormat: The rows are a JPEG or PNG for a printer, or compressed in a rare way.
    """
    layout = _read_layout(data)
    missing = 0 if layout.is_compressed else max(layout.pixels[1] - len(data), 0)
    if 2 * missing > layout.pixels[1] - layout.pixels[0]:
        raise CorruptImage("The file ends before half of the picture's rows.")
    mended = data + bytes(missing) if 0 < missing <= layout.padding_bytes else None
    masks = read_masks(data)
    return Header(
        layout.width,
        layout.height,
        has_alpha=masks is not None and masks[3] > 0,
        ends_early=missing > 0,
        decodable=(mended, ImageFormat.BMP) if mended else None,
    )


def read_masks(data: bytes) -> tuple[int, int, int, int] | None:
    """Read which bits of a pixel are its red, green, blue and alpha; no bits are no alpha.

    Returns:
        None if the colours have no masks.
    """
    (header_bytes,) = struct.unpack_from("<I", data, _FILE_HEADER_BYTES)
    if header_bytes < _INFO_HEADER_BYTES or len(data) < _MASKS_AT + 16:
        return None
    depth, compression = struct.unpack_from("<HI", data, _DEPTH_AT)
    if (depth, compression) == (16, _PLAIN):
        return _USUAL_16_BITS
    if compression not in {_MASKED, _MASKED_WITH_ALPHA} or depth not in _MASKED_DEPTHS:
        return None
    has_alpha = header_bytes >= _ALPHA_MASK_HEADER_BYTES or compression == _MASKED_WITH_ALPHA
    red, green, blue, alpha = struct.unpack_from("<4I", data, _MASKS_AT)
    return red, green, blue, alpha if has_alpha else 0


def strip_bmp(data: bytes) -> bytes:
    """Keep the headers, the palette, the rows and an embedded colour profile.

    Bytes between them become zeros; bytes behind them are dropped.

    Raises:
        CorruptImage: The file ends within its header.
    """
    layout = _read_layout(data)
    spans = [(0, min(layout.header_end, layout.pixels[0])), layout.pixels]
    has_profile_fields = layout.header_bytes >= _V5_HEADER_BYTES
    if has_profile_fields and data.startswith(_EMBEDDED_PROFILE, _FILE_HEADER_BYTES + 56):
        offset, length = struct.unpack_from("<II", data, _FILE_HEADER_BYTES + 112)
        spans.append((_FILE_HEADER_BYTES + offset, _FILE_HEADER_BYTES + offset + length))
    kept = merge(spans)
    return bytes(keep_spans(data, kept)[: kept[-1][1]])


def _read_layout(data: bytes) -> _Layout:
    compression = coded_bytes = colors = 0
    try:
        offset, header_bytes = struct.unpack_from("<II", data, 10)
        if header_bytes == _CORE_HEADER_BYTES:
            width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
        else:
            width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
            coded_bytes, _, _, colors = struct.unpack_from("<IiiI", data, 34)
    except struct.error as error:
        raise CorruptImage("The file ends within its header.") from error
    height = abs(height)  # Negative if the top row comes first.
    palette = colors or (1 << depth if depth <= 8 else 0)
    masks_bytes = 16 if header_bytes == _INFO_HEADER_BYTES else 0
    header_end = _FILE_HEADER_BYTES + header_bytes + masks_bytes + 4 * palette
    if compression not in _COMPRESSIONS:
        raise UnsupportedFormat(f"BMP compression {compression} cannot be decoded.")
    is_compressed = compression not in _UNCOMPRESSED
    row_bytes = (width * depth + 31) // 32 * 4
    pixel_bytes = (coded_bytes or len(data)) if is_compressed else row_bytes * height
    pixels = offset, offset + pixel_bytes
    padding_bytes = row_bytes - (width * depth + 7) // 8
    return _Layout(width, height, is_compressed, header_bytes, header_end, pixels, padding_bytes)
