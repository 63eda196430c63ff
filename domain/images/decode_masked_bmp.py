"""Decodes BMP files whose masks say which bits of a pixel are its colours.

OpenCV and Pillow know the usual masks only, and one of them forgets the alpha.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from domain.errors.files import CorruptImage
from domain.images.opencv import Pixels
from domain.images.picture import Picture, with_alpha

_PIXELS_AT, _SIZE_AT, _DEPTH_AT = 10, 18, 28


def decode_masked_bmp(data: bytes, masks: tuple[int, int, int, int]) -> Picture:
    """Decode 16 or 32 bits a pixel.

    An alpha that is zero everywhere was not written on purpose: the picture is opaque, as browsers
    show it.

    Args:
        masks: Bits of red, green, blue and alpha; no bits of alpha are an opaque picture.

    Raises:
        CorruptImage: Rows are missing.

    Source:
        Microsoft, "Bitmap Storage", BITMAPV4HEADER.
    """
    (start,) = struct.unpack_from("<I", data, _PIXELS_AT)
    width, height = struct.unpack_from("<ii", data, _SIZE_AT)
    (depth,) = struct.unpack_from("<H", data, _DEPTH_AT)
    row_bytes = (width * depth + 31) // 32 * 4
    if start + row_bytes * abs(height) > len(data):
        raise CorruptImage("The file ends before the end of the picture.")
    rows = np.frombuffer(data, np.uint8, row_bytes * abs(height), start).reshape(-1, row_bytes)
    pixels = rows[:, : width * depth // 8].copy().view(f"<u{depth // 8}")
    if height > 0:
        pixels = pixels[::-1]
    color = np.stack([_take(pixels, mask) for mask in masks[:3]], -1)
    alpha = _take(pixels, masks[3])
    return with_alpha(color, alpha) if alpha.any() else Picture(color)


def _take(pixels: NDArray[np.unsignedinteger], mask: int) -> Pixels:
    """Take some bits of each pixel, and scale them to 0 to 255."""
    if not mask:
        return np.zeros(pixels.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    shift += max((mask >> shift).bit_length() - 16, 0)
    top = mask >> shift
    levels = np.rint(np.arange(top + 1) * (255 / top)).astype(np.uint8)
    return np.asarray(levels[(pixels >> shift) & top], np.uint8)
