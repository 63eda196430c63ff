"""Decodes files to upright pixels, gray or in colour."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from domain.errors.files import CorruptImage, TooManyPixels
from domain.images.containers.tiff_directories import hide_metadata
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.opencv import Pixels, cv2
from domain.images.pillow import decode_upright
from domain.images.turn_upright import turn_upright
from domain.images.values import ImageWarning

Warn = Callable[[ImageWarning], object]
"""Is called with what is wrong with a file that can be decoded all the same."""

OPENCV_FORMATS = frozenset(ImageFormat) - {ImageFormat.HEIC, ImageFormat.AVIF}
"""Formats that OpenCV decodes; Pillow decodes the others."""

_OUT_OF_MEMORY = -4  # cv::Error::StsNoMem
_REDUCED = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)
_REDUCTIONS = frozenset(flag for _, flag in _REDUCED)


def ignore(_: ImageWarning) -> None:
    """Drop a warning."""


def decode_grayscale(
    data: bytes, image_format: ImageFormat, header: Header, warn: Warn = ignore
) -> Pixels:
    """Decode the first frame to the decoder's own luma, upright.

    Returns:
        Gray pixels, shape (height, width), 0 to 255.

    Raises:
        CorruptImage: The pixels cannot be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.

    Source:
        OpenCV, imgcodecs, ``IMREAD_GRAYSCALE``; Rec. 601 luma where the file holds colours.
    """
    if image_format in OPENCV_FORMATS:
        image = _decode_with_opencv(data, image_format, header, cv2.IMREAD_GRAYSCALE)
        if image is not None:
            return _check_size(image, header)
    return _check_size(gray_pixels(decode_upright(data, image_format, header)), header)


def gray_pixels(picture: Image.Image) -> Pixels:
    """Return the luma of a decoded picture, shape (height, width)."""
    return np.asarray(picture.convert("L"))


def decode_color(
    data: bytes,
    image_format: ImageFormat,
    header: Header,
    min_side_px: int | None = None,
    warn: Warn = ignore,
) -> Pixels:
    """Decode the first frame to upright colour pixels on a white background.

    Args:
        min_side_px: The longer side may be scaled down to no less than this where the decoder
            does that cheaply (a JPEG's frequency blocks). None decodes at full size.

    Returns:
        BGR pixels, shape (height, width, 3), 0 to 255.

    Raises:
        CorruptImage: The pixels cannot be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    if image_format in OPENCV_FORMATS and not header.has_alpha:
        flags = cv2.IMREAD_COLOR
        if image_format is ImageFormat.JPEG and min_side_px is not None:
            flags = _choose_reduction(max(header.width, header.height), min_side_px)
        image = _decode_with_opencv(data, image_format, header, flags)
        if image is not None:
            return image if flags in _REDUCTIONS else _check_size(image, header)
    return _check_size(color_pixels(decode_upright(data, image_format, header)), header)


def color_pixels(picture: Image.Image) -> Pixels:
    """Return the colours of a decoded picture on white, in BGR order."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        layered = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        picture = Image.new("RGB", layered.size, "white")
        picture.paste(layered, mask=layered.getchannel("A"))
    rgb = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)


def _check_size(pixels: Pixels, header: Header) -> Pixels:
    """Refuse a picture of another size than its header gives, which is the size that is shown."""
    if pixels.shape[1::-1] != header.upright_size:
        raise CorruptImage("The picture has another size than its header says.")
    return pixels


def _choose_reduction(side_px: int, min_side_px: int) -> int:
    """Choose the strongest reduction that keeps a side long enough."""
    for divisor, flag in _REDUCED:
        if -(-side_px // divisor) >= min_side_px:
            return flag
    return cv2.IMREAD_COLOR


def _decode_with_opencv(
    data: bytes, image_format: ImageFormat, header: Header, flags: int
) -> Pixels | None:
    """Decode with OpenCV and turn the picture upright; None if OpenCV cannot read the file."""
    if image_format is ImageFormat.TIFF:
        data = hide_metadata(data)  # OpenCV turns TIFF whatever the flags say.
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except (MemoryError, cv2.error) as error:
        if isinstance(error, MemoryError) or error.code == _OUT_OF_MEMORY:
            raise TooManyPixels("Decoding needs more memory than one image may use.") from error
        return None
    if image is None:
        return None
    return turn_upright(image.astype(np.uint8, copy=False), header.orientation)
