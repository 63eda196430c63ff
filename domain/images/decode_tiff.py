"""Decodes TIFF files, and notices what libtiff could not decode.

libtiff leaves zeros where it cannot decode a strip, and for some kinds of pixels reports success
all the same: it prints an error and no more. So what it prints is part of its answer.
"""

import re
from collections.abc import Sequence

from domain.errors.files import CorruptImage
from domain.images.containers.tiff_samples import read_samples
from domain.images.decode_tiff_samples import decode_samples
from domain.images.decode_with_opencv import decode_with_opencv
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.native_errors import catch_native_errors
from domain.images.opencv import cv2
from domain.images.picture import Picture
from domain.images.pillow import decode_with_pillow

_BAD_FAX_ROW = re.compile(rb"Fax3\w*: .* at line \d+ of strip")
_MAX_BAD_FAX_ROWS = 0.5  # Of all rows.


def decode_tiff(data: bytes, header: Header) -> Picture:
    """Decode the first page.

    Samples that both decoders would misread are read one by one. Else Pillow decodes, or OpenCV
    if Pillow does not know such pixels. Both would turn the picture by EXIF or XMP if the file had
    any.

    Raises:
        CorruptImage: The pixels, or some of them, cannot be decoded. A fax may lack some rows.
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    samples = read_samples(data)
    if samples is not None and not samples.is_usual:
        return decode_samples(data, samples, header)
    try:
        with catch_native_errors() as errors:
            picture = decode_with_pillow(data, ImageFormat.TIFF, header)
    except CorruptImage:
        with catch_native_errors() as errors:
            found = _decode_with_opencv(data, header)
        if found is None:
            raise
        picture = found
    if _lacks_pixels(errors, header.height):
        raise CorruptImage("Some of the pixels cannot be decoded.")
    return picture


def _decode_with_opencv(data: bytes, header: Header) -> Picture | None:
    before = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        return decode_with_opencv(data, header, cv2.IMREAD_UNCHANGED)
    finally:
        cv2.utils.logging.setLogLevel(before)


def _lacks_pixels(errors: Sequence[bytes], rows: int) -> bool:
    bad_rows = sum(1 for line in errors if _BAD_FAX_ROW.search(line))
    return bad_rows < len(errors) or bad_rows > rows * _MAX_BAD_FAX_ROWS
