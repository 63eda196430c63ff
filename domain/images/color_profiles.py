"""Converts colours to sRGB by the ICC profile of a picture."""

import functools
import io

import msgspec
import numpy as np
from PIL import Image, ImageCms

from domain.images.opencv import Pixels, cv2
from domain.images.picture import Picture, convert_cmyk, is_cmyk, lay_on_white
from domain.images.shrink_image import shrink_image

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}
"""Pillow's mode by the colour space of a profile."""
_PROFILES_KEPT = 8
_UNSEEN_LEVELS = 1
"""sRGB profiles of different makers differ by as much."""


class _Conversion(msgspec.Struct, frozen=True):
    """A conversion to sRGB from one of Pillow's modes; without a transform, nothing changes."""

    mode: str
    transform: ImageCms.ImageCmsTransform | None


def render_color(
    picture: Picture, profile: bytes | None, max_side_px: int | None = None
) -> tuple[Pixels, bool]:
    """Render a picture for a screen: on white, in sRGB.

    Args:
        profile: ICC profile of the stored values; None if they are sRGB.
        max_side_px: Longest side of the result; None keeps the size. Colours are converted after
            the picture is scaled down.

    Returns:
        RGB pixels, shape (height, width, 3), 0 to 255, and whether the profile was used: one that
        is broken, or of another kind than the pixels, is ignored.
    """
    pixels, alpha = picture.pixels, picture.alpha
    if alpha is not None:
        pixels = lay_on_white(pixels, alpha)
    if max_side_px is not None:
        pixels = shrink_image(pixels, max_side_px)
        alpha = None if alpha is None else shrink_image(alpha, max_side_px)
    if profile is None:
        return _to_rgb(pixels), True
    if alpha is None:
        converted = convert_to_srgb(pixels, profile)
    else:
        converted = convert_to_srgb(_lift_from_white(pixels, alpha), profile)
        converted = None if converted is None else lay_on_white(converted, alpha)
    return (_to_rgb(pixels), False) if converted is None else (converted, True)


def convert_to_srgb(pixels: Pixels, profile: bytes) -> Pixels | None:
    """Convert by relative colorimetry.

    Args:
        pixels: Gray, RGB or CMYK, as in :class:`Picture`. Gray pixels may have a profile for RGB.

    Returns:
        RGB pixels; None if the profile cannot be read or is not for such pixels.

    Source:
        ICC.1:2022; littleCMS, without black point compensation.
    """
    conversion = _load_conversion(profile)
    fitting = None if conversion is None else _fit(pixels, conversion.mode)
    if conversion is None or fitting is None:
        return None
    if conversion.transform is None:
        return _to_rgb(fitting)
    height, width = fitting.shape[:2]
    mode = conversion.mode
    image = Image.frombuffer(mode, (width, height), fitting.tobytes(), "raw", mode, 0, 1)
    return np.asarray(conversion.transform.apply(image))


@functools.lru_cache(maxsize=_PROFILES_KEPT)
def _load_conversion(profile: bytes) -> _Conversion | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES[source.profile.xcolor_space.strip()]
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )
        return _Conversion(mode, None if _changes_nothing(transform, mode) else transform)
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError):
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Return whether a grid over all colours comes out as it went in."""
    if mode == "CMYK":
        return False
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(1, -1, 3)
    if mode == "L":
        grid = np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, -1)
    image = Image.fromarray(grid if mode == "RGB" else np.ascontiguousarray(grid[..., 0]))
    changes = np.asarray(transform.apply(image)).astype(int) - grid
    return int(np.abs(changes).max()) <= _UNSEEN_LEVELS


def _fit(pixels: Pixels, mode: str) -> Pixels | None:
    """Return pixels in the mode of a profile; None if they are of another kind."""
    if is_cmyk(pixels) or mode == "CMYK":
        return pixels if is_cmyk(pixels) and mode == "CMYK" else None
    if mode == "RGB":
        return _to_rgb(pixels)
    if pixels.ndim == 2:
        return pixels
    is_gray = bool((pixels == pixels[..., :1]).all())
    return np.ascontiguousarray(pixels[..., 0]) if is_gray else None


def _to_rgb(pixels: Pixels) -> Pixels:
    if is_cmyk(pixels):
        return convert_cmyk(pixels)
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB), np.uint8)
    return pixels


def _lift_from_white(shown: Pixels, alpha: Pixels) -> Pixels:
    """Return the pixels that were laid on white; those that cannot be seen become white."""
    opacity = alpha if shown.ndim == alpha.ndim else alpha[..., None]
    divisor = np.maximum(opacity, 1).astype(np.float32)
    white = 0 if is_cmyk(shown) else 255
    lifted = white - (white - shown.astype(np.float32)) * (255 / divisor)
    return np.asarray(np.rint(lifted.clip(0, 255)), np.uint8)
