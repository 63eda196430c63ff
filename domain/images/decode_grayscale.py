"""Decode a file to upright gray pixels."""

import numpy as np
from PIL import Image, ImageOps

from domain.errors import CorruptImage, TooManyPixels
from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels, cv2
from domain.images.pillow import open_picture

OPENCV_FORMATS = frozenset(ImageFormat) - {ImageFormat.HEIC, ImageFormat.AVIF}
"""What OpenCV decodes; the rest goes through Pillow."""

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
    with open_picture(data, image_format) as picture:
        return np.asarray(stretch_levels(ImageOps.exif_transpose(picture)).convert("L"))


def decode_with_opencv(data: bytes, flags: int) -> Pixels | None:
    """Decode with OpenCV, which turns the picture upright by its EXIF orientation.

    Args:
        data: The file.
        flags: ``cv2.IMREAD_…``.

    Returns:
        Pixels, or None where OpenCV cannot read the file.

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


def stretch_levels(picture: Image.Image) -> Image.Image:
    """Bring pixels of more than 8 bits to 0 to 255; others stay as they are.

    16 bits lose their lower half, as in OpenCV. 32-bit and floating-point pixels have no fixed
    white, so their darkest and brightest values become 0 and 255.

    Args:
        picture: Any mode.

    Returns:
        A picture that ``convert`` can take without clipping.

    Raises:
        CorruptImage: No pixel has a finite value.
    """
    if not picture.mode.startswith(("I", "F")):
        return picture
    values = np.asarray(picture).astype(np.float64)
    if picture.mode.startswith("I;16"):
        return Image.fromarray((values / 256).astype(np.uint8))
    finite = values[np.isfinite(values)]
    if not finite.size:
        raise CorruptImage("No pixel has a value.")
    low, span = finite.min(), max(float(np.ptp(finite)), 1e-9)
    levels = np.nan_to_num((values - low) * (255 / span), nan=0.0)
    return Image.fromarray(levels.clip(0, 255).astype(np.uint8))
