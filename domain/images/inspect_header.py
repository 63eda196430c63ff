"""Inspects the header and structure of a file before its pixels are decoded."""

from collections.abc import Callable

from domain.errors.files import (
    CorruptImage,
    EmptyFile,
    FileRefused,
    MetadataTooLarge,
    TooManyFrames,
    TooManyPixels,
    UnsupportedFormat,
)
from domain.images.containers.bmp import read_bmp
from domain.images.containers.gif import read_gif
from domain.images.containers.heif import read_heif
from domain.images.containers.jpeg import read_jpeg
from domain.images.containers.png import read_png
from domain.images.containers.tiff import read_tiff
from domain.images.containers.webp import read_webp
from domain.images.cut_files import mend_cut_file
from domain.images.formats import ImageFormat, sniff_format
from domain.images.header import Header
from domain.limits import ImageLimits

_READERS: dict[ImageFormat, Callable[[bytes], Header]] = {
    ImageFormat.JPEG: read_jpeg,
    ImageFormat.PNG: read_png,
    ImageFormat.WEBP: read_webp,
    ImageFormat.GIF: read_gif,
    ImageFormat.TIFF: read_tiff,
    ImageFormat.BMP: read_bmp,
    ImageFormat.HEIC: lambda data: read_heif(data, ImageFormat.HEIC),
    ImageFormat.AVIF: lambda data: read_heif(data, ImageFormat.AVIF),
}


def inspect_header(data: bytes, image_format: ImageFormat, limits: ImageLimits) -> Header:
    """Read the size and structure, and refuse a file that is too large.

    A file that ends early is decoded here as far as it goes: whether it can be used must not
    depend on the requested operations.

    Raises:
        EmptyFile: There are no bytes.
        UnsupportedFormat: It does not begin as that format.
        CorruptImage: It is damaged, or has less than half of its picture.
        TooManyPixels: It has more pixels, or a longer side, than the limits allow.
        TooManyFrames: It has more frames or pages than the limits allow.
        MetadataTooLarge: Its tags, profiles and texts have more bytes than the limits allow.
    """
    if not data:
        raise EmptyFile
    if sniff_format(data) is not image_format:
        raise UnsupportedFormat
    try:
        header = _READERS[image_format](data)
        _check(header, limits)
        return mend_cut_file(data, image_format, header) if header.ends_early else header
    except FileRefused:
        raise
    except (ValueError, LookupError, ArithmeticError) as error:
        raise CorruptImage("The file's structure is damaged.") from error


def _check(header: Header, limits: ImageLimits) -> None:
    if header.width <= 0 or header.height <= 0:
        raise CorruptImage("The picture has no size.")
    size = f"{header.width} by {header.height} pixels"
    if max(header.width, header.height) > limits.max_side_px:
        raise TooManyPixels(f"The image has {size}; a side may have {limits.max_side_px} at most.")
    if header.width * header.height > limits.max_pixels:
        raise TooManyPixels(
            f"The image has {size}. At most {limits.max_pixels} pixels are allowed."
        )
    if header.frames > limits.max_frames:
        raise TooManyFrames(
            f"The file has {header.frames} frames; {limits.max_frames} are allowed."
        )
    if header.metadata_bytes > limits.max_metadata_bytes:
        raise MetadataTooLarge(f"The metadata may have at most {limits.max_metadata_bytes} bytes.")
