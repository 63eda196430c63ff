"""Take the place out of a file and leave the picture as it is, to the last pixel."""

import struct
from collections.abc import Callable

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.formats import ImageFormat, sniff_format
from domain.images.positions.gif import strip_gif
from domain.images.positions.heif import strip_heif
from domain.images.positions.jpeg import strip_jpeg, strip_within
from domain.images.positions.png import strip_png
from domain.images.positions.tiff import strip_tiff
from domain.images.positions.webp import strip_webp

_STRIPPERS: dict[ImageFormat, Callable[[bytes], bytes]] = {
    ImageFormat.JPEG: strip_jpeg,
    ImageFormat.PNG: strip_png,
    ImageFormat.WEBP: strip_webp,
    ImageFormat.GIF: strip_gif,
    ImageFormat.TIFF: lambda data: strip_tiff(data, lambda inner: strip_within(inner, 1)),
    ImageFormat.BMP: lambda data: data,  # Has no metadata.
    ImageFormat.HEIC: strip_heif,
    ImageFormat.AVIF: strip_heif,
}


def strip_position(data: bytes, image_format: ImageFormat) -> bytes:
    """Take everything out of a file that tells where the picture was taken.

    That is coordinates and names of places, in EXIF, XMP and IPTC, in what makers write, and in
    pictures within the picture. Nothing is decoded: the pixels stay as they are stored.

    Args:
        data: The file.
        image_format: Its format.

    Returns:
        The file without its place, about as long. A block of metadata that cannot be understood
        is gone as a whole, but for the orientation.

    Raises:
        UnsupportedFormat: It does not begin as that format.
        CorruptImage: Its structure is so damaged that it cannot be told where metadata are.
    """
    if sniff_format(data) is not image_format:
        raise UnsupportedFormat
    try:
        return _STRIPPERS[image_format](data)
    except (ValueError, LookupError, OverflowError, struct.error) as error:
        raise CorruptImage("The file's structure is damaged.") from error
