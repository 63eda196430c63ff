"""Decodes files to upright pixels, gray or in colour."""

import numpy as np
from PIL import Image

from domain.errors.files import TooManyPixels
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.opencv import Pixels, cv2
from domain.images.pillow import decode_upright

OPENCV_FORMATS = frozenset(ImageFormat) - {ImageFormat.HEIC, ImageFormat.AVIF}
"""Formats that OpenCV decodes; Pillow decodes the others."""

_OUT_OF_MEMORY = -4  # cv::Error::StsNoMem
_REDUCED = (
    (8, cv2.IMREAD_REDUCED_COLOR_8),
    (4, cv2.IMREAD_REDUCED_COLOR_4),
    (2, cv2.IMREAD_REDUCED_COLOR_2),
)


def decode_grayscale(data: bytes, image_format: ImageFormat) -> Pixels:
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
        image = _decode_with_opencv(data, cv2.IMREAD_GRAYSCALE)
        if image is not None:
            return image
    return gray_pixels(decode_upright(data, image_format))


def gray_pixels(picture: Image.Image) -> Pixels:
    """Return the luma of a decoded picture, shape (height, width)."""
    return np.asarray(picture.convert("L"))


def decode_color(
    data: bytes, image_format: ImageFormat, header: Header, min_side_px: int | None = None
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
        image = _decode_with_opencv(data, flags)
        if image is not None:
            return image
    return color_pixels(decode_upright(data, image_format))


def color_pixels(picture: Image.Image) -> Pixels:
    """Return the colours of a decoded picture on white, in BGR order."""
    if "A" in picture.getbands() or "transparency" in picture.info:
        layered = picture if picture.mode == "RGBA" else picture.convert("RGBA")
        picture = Image.new("RGB", layered.size, "white")
        picture.paste(layered, mask=layered.getchannel("A"))
    rgb = np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR).astype(np.uint8, copy=False)


def _choose_reduction(side_px: int, min_side_px: int) -> int:
    """Choose the strongest reduction that keeps a side long enough."""
    for divisor, flag in _REDUCED:
        if -(-side_px // divisor) >= min_side_px:
            return flag
    return cv2.IMREAD_COLOR


def _decode_with_opencv(data: bytes, flags: int) -> Pixels | None:
    """Decode with OpenCV, which turns the picture upright by its EXIF orientation.

    None if OpenCV cannot read the file.
    """
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (MemoryError, cv2.error) as error:
        if isinstance(error, MemoryError) or error.code == _OUT_OF_MEMORY:
            raise TooManyPixels("Decoding needs more memory than one image may use.") from error
        return None
    return None if image is None else image.astype(np.uint8, copy=False)
