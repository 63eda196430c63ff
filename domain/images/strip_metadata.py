"""Removes the metadata of an image file and leaves its coded pixels as they are."""

import struct
from collections.abc import Callable

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.containers.bmp import strip_bmp
from domain.images.containers.gif import strip_gif
from domain.images.containers.heif import strip_heif
from domain.images.containers.jpeg import strip_jpeg
from domain.images.containers.png import strip_png
from domain.images.containers.tiff import strip_tiff
from domain.images.containers.webp import strip_webp
from domain.images.formats import ImageFormat, sniff_format

_STRIPPERS: dict[ImageFormat, Callable[[bytes], bytes]] = {
    ImageFormat.JPEG: strip_jpeg,
    ImageFormat.PNG: strip_png,
    ImageFormat.WEBP: strip_webp,
    ImageFormat.GIF: strip_gif,
    ImageFormat.TIFF: strip_tiff,
    ImageFormat.BMP: strip_bmp,
    ImageFormat.HEIC: strip_heif,
    ImageFormat.AVIF: strip_heif,
}


def strip_metadata(data: bytes, image_format: ImageFormat) -> bytes:
    """Keep the pixels, the orientation, the colour profile and what decoding needs.

    Everything else is dropped: EXIF, XMP, IPTC, comments, maker notes, thumbnails, and bytes
    behind the picture. Nothing is decoded.

    Returns:
        A file of the same format with the same coded pixels, no longer than the original but
        for an EXIF block that is rewritten.

    Raises:
        UnsupportedFormat: The file does not begin as that format.
        CorruptImage: The structure is too damaged to tell the picture from other bytes.
    """
    if sniff_format(data) is not image_format:
        raise UnsupportedFormat
    try:
        return _STRIPPERS[image_format](data)
    except (ValueError, LookupError, OverflowError, struct.error) as error:
        raise CorruptImage("The file's structure is damaged.") from error
