"""Decodes files to upright gray pixels."""

import numpy as np
from PIL import Image

from domain.errors.files import TooManyPixels
from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels, cv2
from domain.images.pillow import decode_upright

OPENCV_FORMATS = frozenset(ImageFormat) - {ImageFormat.HEIC, ImageFormat.AVIF}
"""Formats that OpenCV decodes; Pillow decodes the others."""

_OUT_OF_MEMORY = -4
"""cv::Error::StsNoMem."""


def decode_grayscale(data: bytes, image_format: ImageFormat) -> Pixels:
    """Decode the first frame to the decoder's own luma, upright.

    Args:
        data: The file; its header has been inspected.
        image_format: Its format.

    Returns:
        Gray pixels, shape (height, width), 0 to 255.

    Raises:
        CorruptImage: The pixels cannot be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.

    Source:
        OpenCV, imgcodecs, ``IMREAD_GRAYSCALE``; Rec. 601 luma where the file holds colours.
    """
    if image_format in OPENCV_FORMATS:
        image = decode_with_opencv(data, cv2.IMREAD_GRAYSCALE)
        if image is not None:
            return image
    return gray_pixels(decode_upright(data, image_format))


def gray_pixels(picture: Image.Image) -> Pixels:
    """Return the luma of a decoded picture, shape (height, width)."""
    return np.asarray(picture.convert("L"))


def decode_with_opencv(data: bytes, flags: int) -> Pixels | None:
    """Decode with OpenCV, which turns the picture upright by its EXIF orientation.

    Args:
        data: The file.
        flags: ``cv2.IMREAD_…``.

    Returns:
        Pixels; None if OpenCV cannot read the file.

    Raises:
        TooManyPixels: There is not enough memory.
    """
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error as error:
        if error.code == _OUT_OF_MEMORY:
            raise TooManyPixels("Decoding needs more memory than one image may use.") from error
        return None
    except MemoryError as error:
        raise TooManyPixels("Decoding needs more memory than one image may use.") from error
    return None if image is None else image.astype(np.uint8, copy=False)
