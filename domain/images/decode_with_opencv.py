"""Decoding with OpenCV."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors.files import TooManyPixels
from domain.images.header import Header
from domain.images.opencv import cv2
from domain.images.picture import Picture, to_8_bits, with_alpha
from domain.images.turn_upright import turn_upright

_OUT_OF_MEMORY = -4  # cv::Error::StsNoMem


def decode_values(data: bytes, flags: int) -> NDArray[Any] | None:
    """Decode the first frame as it is stored, not turned upright.

    Returns:
        Values of any depth: gray, RGB, BGR or BGRA; None if OpenCV cannot read the file.

    Raises:
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    flags |= 0 if flags == cv2.IMREAD_UNCHANGED else cv2.IMREAD_IGNORE_ORIENTATION
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (MemoryError, cv2.error) as error:
        if isinstance(error, MemoryError) or error.code == _OUT_OF_MEMORY:
            raise TooManyPixels("Decoding needs more memory than one image may use.") from error
        return None


def decode_with_opencv(data: bytes, header: Header, flags: int) -> Picture | None:
    """Decode the first frame, turn it upright, and bring its pixels to 8 bits.

    Args:
        flags: ``IMREAD_UNCHANGED``, or flags with ``IMREAD_COLOR_RGB``.

    Returns:
        None if OpenCV cannot read the file.

    Raises:
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    values = decode_values(data, flags)
    if values is None:
        return None
    pixels = turn_upright(to_8_bits(values), header.orientation)
    if pixels.ndim == 2 or flags != cv2.IMREAD_UNCHANGED:
        return Picture(pixels)
    if pixels.shape[2] == 3:
        return Picture(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8))
    rgb = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), np.uint8)
    return with_alpha(rgb, np.ascontiguousarray(pixels[..., 3]))
