"""Read the header of a BMP file."""

import struct

from domain.errors.files import CorruptImage
from domain.images.headers import Header

_CORE_HEADER_BYTES = 12
_UNCOMPRESSED = frozenset({0, 3, 6})


def read_bmp(data: bytes) -> Header:
    """Read the dimensions and make sure that uncompressed rows are all there.

    Args:
        data: The file.

    Returns:
        Its header.

    Raises:
        CorruptImage: The header makes no sense, or the rows end early.

    Source:
        Microsoft, "Bitmap Storage" and BITMAPINFOHEADER.
    """
    try:
        offset, header_bytes = struct.unpack_from("<II", data, 10)
        compression = 0
        if header_bytes == _CORE_HEADER_BYTES:
            width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
        else:
            width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
    except struct.error as error:
        raise CorruptImage("The file ends within its header.") from error
    height = abs(height)  # Negative where the top row comes first.
    if width <= 0 or not height:
        raise CorruptImage("The picture has no size.")
    row_bytes = (width * depth + 31) // 32 * 4
    if compression in _UNCOMPRESSED and offset + row_bytes * height > len(data):
        raise CorruptImage("The file ends before the end of the picture.")
    return Header(width, height)
