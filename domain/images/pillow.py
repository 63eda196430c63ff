"""Decoding with Pillow, limited to one format, for files that OpenCV cannot read."""

import functools
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pillow_heif
from PIL import Image, UnidentifiedImageError

from domain.errors.files import CorruptImage, FileRefused, TooManyPixels
from domain.images.containers.tiff_directories import hide_metadata
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.turn_upright import turn_picture_upright

_NAMES = {image_format: image_format.name for image_format in ImageFormat} | {
    ImageFormat.HEIC: "HEIF"
}


@contextmanager
def open_picture(data: bytes, image_format: ImageFormat) -> Iterator[Image.Image]:
    """Open a file as one format, and as nothing else.

    Every exception inside the block becomes one of two errors. Warnings of Pillow are ignored;
    the limits of the caller apply. Pixels are not decoded yet.

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
    except FileRefused:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise TooManyPixels("Decoding needs more memory than one image may use.") from error
    except UnidentifiedImageError as error:
        raise CorruptImage("The file cannot be read as the format that it begins as.") from error
    except Exception as error:  # Decoders raise many types.
        raise CorruptImage("The picture cannot be decoded.") from error


def decode_upright(data: bytes, image_format: ImageFormat, header: Header) -> Image.Image:
    """Decode the first frame, turn it upright, and bring its pixels to 8 bits.

    Returns:
        A picture in a mode that ``convert`` takes without clipping.

    Raises:
        CorruptImage: The pixels cannot be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    if image_format is ImageFormat.TIFF:
        data = hide_metadata(data)  # Pillow turns TIFF by EXIF and by XMP.
    with open_picture(data, image_format) as picture:
        picture.load()
        return turn_picture_upright(_stretch_levels(picture), header.orientation)


@functools.cache
def register_heif() -> None:
    """Register HEIC with Pillow, once a process, without auxiliary pictures."""
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    pillow_heif.options.DECODE_THREADS = 1


def _stretch_levels(picture: Image.Image) -> Image.Image:
    """Bring pixels of more than 8 bits to 0 to 255; others stay as they are.

    16 bits lose their lower half, as in OpenCV. 32-bit and floating-point pixels have no fixed
    white, so their darkest and brightest values become 0 and 255.
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
