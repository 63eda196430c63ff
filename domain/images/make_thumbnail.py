"""Make a small picture for lists."""

import io

from PIL import Image

from domain.images.opencv import Pixels, cv2
from domain.images.values import Thumbnail

MAX_SIDE_PX = 512

_QUALITY = 82
_METHOD = 2
"""Measured on photographs: quality 82 with method 2 has the similarity to the original (SSIM
0.976) of the default 80 with method 4, in under half the time, for 13 % more bytes."""


def make_thumbnail(color: Pixels) -> Thumbnail:
    """Fit a picture into 512 by 512 pixels; a smaller one keeps its size.

    Args:
        color: BGR, shape (height, width, 3), 0 to 255, upright.

    Returns:
        The picture as WebP, without any metadata.
    """
    height, width = color.shape[:2]
    longest = max(height, width)
    if longest > MAX_SIDE_PX:
        size = _fit(width, longest), _fit(height, longest)
        color = cv2.resize(color, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
        width, height = size
    return Thumbnail(width=width, height=height, content=encode_webp(color, _QUALITY))


def encode_webp(color: Pixels, quality: int) -> bytes:
    """Encode a picture as lossy WebP.

    Args:
        color: BGR, shape (height, width, 3), 0 to 255; no side over 16,383 pixels.
        quality: 0 to 100.

    Returns:
        The file.
    """
    height, width = color.shape[:2]
    picture = Image.frombuffer("RGB", (width, height), color.tobytes(), "raw", "BGR")
    file = io.BytesIO()
    picture.save(file, "WEBP", quality=quality, method=_METHOD)
    return file.getvalue()


def _fit(side_px: int, longest_px: int) -> int:
    return max(round(side_px * MAX_SIDE_PX / longest_px), 1)
