"""Decoded pixels, and what becomes of their transparency."""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from domain.errors.files import CorruptImage
from domain.images.opencv import Pixels, cv2

_GRAY_MODES = frozenset({"1", "L", "LA", "La"})
_CMYK_CHANNELS = 4


class Picture(msgspec.Struct, frozen=True):
    """Pixels as the file stores them, upright.

    Attributes:
        pixels: Gray (height, width), RGB (height, width, 3) or CMYK (height, width, 4; 255 is
            full ink), 0 to 255.
        alpha: Opacity, shape (height, width), 0 to 255; the pixels are not multiplied by it.
            None if the whole picture is opaque.
    """

    pixels: Pixels
    alpha: Pixels | None = None


def read_picture(image: Image.Image) -> Picture:
    """Take the pixels of a decoded picture of Pillow, in any mode of 8 bits."""
    is_gray = image.mode in _GRAY_MODES
    if "A" in image.mode or "a" in image.mode or "transparency" in image.info:
        layered = np.asarray(image.convert("LA" if is_gray else "RGBA"))
        pixels = layered[..., 0] if is_gray else layered[..., :3]
        return with_alpha(np.ascontiguousarray(pixels), np.ascontiguousarray(layered[..., -1]))
    mode = "L" if is_gray else "CMYK" if image.mode == "CMYK" else "RGB"
    return Picture(np.asarray(image if image.mode == mode else image.convert(mode)))


def with_alpha(pixels: Pixels, alpha: Pixels) -> Picture:
    """Return a picture; one that is opaque everywhere has no alpha."""
    return Picture(pixels, alpha if int(alpha.min(initial=255)) < 255 else None)


def to_8_bits(values: NDArray[Any]) -> Pixels:
    """Bring values of any range to 0 to 255; 8 bits stay as they are.

    16 bits lose their lower half. Colours from 0 to 1 are multiplied by 255. Other numbers have no
    fixed white, so their lowest and highest finite values become 0 and 255.

    Raises:
        CorruptImage: No pixel has a finite value.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind == "u" and values.itemsize == 2:
        return (values >> 8).astype(np.uint8)
    wide = values.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    if not finite.size:
        raise CorruptImage("No pixel has a value.")
    low, high = float(finite.min()), float(finite.max())
    if values.ndim > 2 and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    levels = np.nan_to_num((wide - low) * (255 / max(high - low, 1e-9)), nan=0.0)
    return np.asarray(np.rint(levels.clip(0, 255)), np.uint8)


def to_gray(picture: Picture, *, as_opencv: bool = False) -> Pixels:
    """Return the luma of the stored values on white, shape (height, width), 0 to 255.

    Args:
        as_opencv: Round as OpenCV does, with 15 bits; otherwise as Pillow does, with 16. One
            level in a thousand differs by 1.

    Source:
        ITU-R BT.601-7 §2.5.1: 0.299 R + 0.587 G + 0.114 B.
    """
    gray = picture.pixels
    if is_cmyk(gray):
        gray = convert_cmyk(gray)
    if gray.ndim > 2 and as_opencv:
        gray = np.asarray(cv2.cvtColor(gray, cv2.COLOR_RGB2GRAY), np.uint8)
    elif gray.ndim > 2:
        gray = np.asarray(Image.fromarray(gray).convert("L"))
    return gray if picture.alpha is None else lay_on_white(gray, picture.alpha)


def lay_on_white(pixels: Pixels, alpha: Pixels) -> Pixels:
    """Lay pixels on a white ground, as much as they are opaque; for inks, white is none."""
    opacity = alpha if pixels.ndim == alpha.ndim else cv2.merge([alpha] * pixels.shape[2])
    shown = cv2.multiply(pixels, opacity, scale=1 / 255)
    if is_cmyk(pixels):
        return np.asarray(shown, np.uint8)
    return np.asarray(cv2.add(shown, cv2.bitwise_not(opacity)), np.uint8)


def is_cmyk(pixels: Pixels) -> bool:
    """Return whether pixels have four inks."""
    return pixels.shape[2:] == (_CMYK_CHANNELS,)


def convert_cmyk(pixels: Pixels) -> Pixels:
    """Convert CMYK to RGB without a profile: each ink takes away its share of the light."""
    height, width = pixels.shape[:2]
    image = Image.frombuffer("CMYK", (width, height), pixels.tobytes(), "raw", "CMYK", 0, 1)
    return np.asarray(image.convert("RGB"))
