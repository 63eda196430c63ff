"""Makes pictures of widths and formats from an image: upright, in sRGB, on white."""

import io
import time
from collections.abc import Sequence

import numpy as np
from PIL import Image

from domain.errors.files import OperationFailed
from domain.images.color_profiles import render_color
from domain.images.decode_pixels import decode_picture
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.inspect_header import inspect_header
from domain.images.opencv import Pixels, cv2
from domain.images.shrink_image import shrink_image
from domain.images.sizes import MadeSize, PictureFormat, Size, read_size
from domain.limits import ImageLimits

_SETTINGS: dict[PictureFormat, dict[str, int | bool]] = {
    PictureFormat.JPEG: {"quality": 85, "optimize": True, "progressive": True},
    PictureFormat.WEBP: {"quality": 82, "method": 2},
    # One thread: several children share the processors.
    PictureFormat.AVIF: {"quality": 60, "speed": 8, "max_threads": 1},
}
"""WebP as thumbnails have it. AVIF at speed 8 takes a fifth of the time of the default 6."""


def render_sizes(
    data: bytes,
    image_format: ImageFormat,
    names: Sequence[str],
    limits: ImageLimits,
    header: Header | None = None,
) -> tuple[MadeSize, ...]:
    """Make the sizes with these names; the picture is decoded once.

    Raises:
        FileRefused: The file cannot be decoded; the subclass gives the reason.
        OperationFailed: A format cannot hold so large a picture.
    """
    began = time.perf_counter()
    header = header or inspect_header(data, image_format, limits)
    wanted = [size for name in names if (size := read_size(name)) is not None]
    width, height = header.upright_size
    # Scaled down by the decoder at first, where that costs nothing.
    widest = max(size.width_px or width for size in wanted)
    longest = None if widest >= width else -(-max(width, height) * widest // width)
    picture = decode_picture(data, image_format, header, longest)
    color, _ = render_color(picture, header.profile, longest)
    decoded = time.perf_counter() - began
    made: list[MadeSize] = []
    for size in sorted(wanted, key=lambda one: -(one.width_px or width)):
        began = time.perf_counter()
        content = _encode(_scale(color, size, (width, height)), size.format)
        seconds = decoded + time.perf_counter() - began
        made.append(MadeSize(size.name, size.format.media_type, content, seconds))
    return tuple(made)


def _scale(color: Pixels, size: Size, original: tuple[int, int]) -> Pixels:
    """Scale a picture down to exactly a width, unless it would be enlarged."""
    width, height = original
    if size.width_px is None or size.width_px >= width:
        return color
    target = size.width_px, max(1, round(height * size.width_px / width))
    longest = max(target)
    if longest < max(color.shape[:2]):
        color = shrink_image(color, longest)
    if color.shape[1::-1] != target:
        color = np.asarray(cv2.resize(color, target, interpolation=cv2.INTER_AREA), np.uint8)
    return color


def _encode(color: Pixels, picture_format: PictureFormat) -> bytes:
    file = io.BytesIO()
    try:
        Image.fromarray(color).save(file, picture_format.value, **_SETTINGS[picture_format])
    except (OSError, ValueError) as error:
        raise OperationFailed(
            f"{picture_format.upper()} cannot hold so large a picture."
        ) from error
    return file.getvalue()
