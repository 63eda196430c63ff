"""The parts of a BMP file."""

import struct

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.spans import Span

_FILE_HEADER_BYTES = 14
_CORE_HEADER_BYTES, _INFO_HEADER_BYTES, _V5_HEADER_BYTES = 12, 40, 124
_UNCOMPRESSED = frozenset({0, 3, 6})
_EMBEDDED_PROFILE = b"DEBM"  # "MBED", little-endian.


class BmpLayout(msgspec.Struct, frozen=True):
    """The size of the picture, and the position of each part.

    Attributes:
        width: Pixels of a row; not above 0 in a damaged file.
        height: Rows.
        is_compressed: Whether rows are coded.
        header: Headers, bit masks and palette.
        pixels: The rows.
        profile: The colour profile; empty if the file has none.
    """

    width: int
    height: int
    is_compressed: bool
    header: Span
    pixels: Span
    profile: Span


def read_layout(data: bytes) -> BmpLayout:
    """Read the headers of a BMP file.

    Raises:
        CorruptImage: The file ends within them.

    Source:
        Microsoft, "Bitmap Storage", BITMAPINFOHEADER and BITMAPV5HEADER.
    """
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
    is_compressed = compression not in _UNCOMPRESSED
    row_bytes = (width * depth + 31) // 32 * 4
    pixel_bytes = (coded_bytes or len(data)) if is_compressed else row_bytes * height
    return BmpLayout(
        width,
        height,
        is_compressed,
        header=(0, min(header_end, offset)),
        pixels=(offset, offset + pixel_bytes),
        profile=_find_profile(data, header_bytes),
    )


def _find_profile(data: bytes, header_bytes: int) -> Span:
    if header_bytes < _V5_HEADER_BYTES or len(data) < _FILE_HEADER_BYTES + _V5_HEADER_BYTES:
        return 0, 0
    if data[_FILE_HEADER_BYTES + 56 : _FILE_HEADER_BYTES + 60] != _EMBEDDED_PROFILE:
        return 0, 0
    offset, length = struct.unpack_from("<II", data, _FILE_HEADER_BYTES + 112)
    start = _FILE_HEADER_BYTES + offset
    return start, start + length
