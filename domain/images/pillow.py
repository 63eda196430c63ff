"""Pillow, held to one format at a time; for what OpenCV cannot read."""

import functools
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pillow_heif
from PIL import Image, UnidentifiedImageError

from domain.errors import CorruptImage, TooManyPixels
from domain.images.formats import ImageFormat

_NAMES = {image_format: image_format.name for image_format in ImageFormat} | {
    ImageFormat.HEIC: "HEIF"
}


@contextmanager
def open_picture(data: bytes, image_format: ImageFormat) -> Iterator[Image.Image]:
    """Open a file as the format that it was sniffed as, and as nothing else.

    Whatever goes wrong inside the block because of the file becomes one of two errors; what
    Pillow would only warn about is left to the caller's own limits.

    Args:
        data: The file.
        image_format: Its format.

    Yields:
        The picture. Its pixels are not decoded yet.

    Raises:
        CorruptImage: Pillow cannot read the file.
        TooManyPixels: Pillow would need more memory than this process may use.
    """
    register_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=[_NAMES[image_format]]) as picture:
                yield picture
    except (MemoryError, Image.DecompressionBombError) as error:
        raise TooManyPixels("Decoding needs more memory than one image may use.") from error
    except UnidentifiedImageError as error:
        raise CorruptImage("The file cannot be read as the format that it begins as.") from error
    except (CorruptImage, TooManyPixels):
        raise
    except Exception as error:  # Decoders raise whatever they stumble over.
        raise CorruptImage("The picture cannot be decoded.") from error


@functools.cache
def register_heif() -> None:
    """Teach Pillow HEIC, once a process, without the pictures beside the main one."""
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    pillow_heif.options.DECODE_THREADS = 1
