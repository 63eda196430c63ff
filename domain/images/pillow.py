"""Decoding with Pillow, limited to one format."""

import functools
import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from domain.errors.files import CorruptImage, FileRefused, TooManyPixels
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.opencv import Pixels
from domain.images.picture import Picture, read_picture, to_8_bits, with_alpha
from domain.images.turn_upright import turn_picture_upright

_NAMES = {image_format: image_format.name for image_format in ImageFormat} | {
    ImageFormat.HEIC: "HEIF"
}
_PNG_DEPTH_AT = 24
_UNSIGNED_32_BITS = "I;32N"


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


def decode_with_pillow(data: bytes, image_format: ImageFormat, header: Header) -> Picture:
    """Decode the first frame, turn it upright, and bring its pixels to 8 bits.

    Raises:
        CorruptImage: The pixels cannot be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    with open_picture(data, image_format) as picture:
        tiles: Sequence[Any] = getattr(picture, "tile", ())
        is_unsigned = picture.mode == "I" and tiles[0].args[0] == _UNSIGNED_32_BITS
        picture.load()
        if image_format is ImageFormat.PNG:
            _scale_key(picture, data[_PNG_DEPTH_AT])
        shown = picture.crop(header.crop) if header.crop else picture
        upright = turn_picture_upright(shown, header.orientation)
        if upright.mode == "LAB":
            upright = _lab_to_srgb().apply(upright)
        if not upright.mode.startswith(("I", "F")):
            return read_picture(upright)
        values = np.asarray(upright)
        pixels = to_8_bits(values.view(np.uint32) if is_unsigned else values)
        key = picture.info.get("transparency")
        return Picture(pixels) if key is None else with_alpha(pixels, _hide(values, key))


@functools.cache
def register_heif() -> None:
    """Register HEIC with Pillow, once a process, without auxiliary pictures."""
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    pillow_heif.options.DECODE_THREADS = 1


def _scale_key(picture: Image.Image, depth: int) -> None:
    """Scale the transparent level of a PNG of 2 or 4 bits as Pillow scales the pixels."""
    key = picture.info.get("transparency")
    if picture.mode == "L" and depth in {2, 4} and isinstance(key, int):
        picture.info["transparency"] = key * (255 // (2**depth - 1)) & 255


def _hide(values: NDArray[Any], key: int) -> Pixels:
    """Return the alpha of pixels of which one level is transparent."""
    return np.where(values == key, 0, 255).astype(np.uint8)


@functools.cache
def _lab_to_srgb() -> ImageCms.ImageCmsTransform:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
