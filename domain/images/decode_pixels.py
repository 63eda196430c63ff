"""Decodes files to upright pixels."""

from collections.abc import Callable

from domain.errors.files import CorruptImage
from domain.images.containers.bmp import read_masks
from domain.images.decode_masked_bmp import decode_masked_bmp
from domain.images.decode_tiff import decode_tiff
from domain.images.decode_with_opencv import decode_values, decode_with_opencv
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.heif_tiles import lacks_tiles
from domain.images.opencv import Pixels, cv2
from domain.images.picture import Picture, to_8_bits, to_gray
from domain.images.pillow import decode_with_pillow
from domain.images.turn_upright import turn_upright
from domain.images.values import ImageWarning

Warn = Callable[[ImageWarning], object]
"""Is called with what is wrong with a file that can be decoded all the same."""

_OPENCV_FIRST = frozenset({ImageFormat.JPEG, ImageFormat.WEBP, ImageFormat.BMP})
"""Formats that OpenCV decodes as well as Pillow, and faster."""
_REDUCED = (
    (8, cv2.IMREAD_REDUCED_GRAYSCALE_8 | cv2.IMREAD_COLOR_RGB),
    (4, cv2.IMREAD_REDUCED_GRAYSCALE_4 | cv2.IMREAD_COLOR_RGB),
    (2, cv2.IMREAD_REDUCED_GRAYSCALE_2 | cv2.IMREAD_COLOR_RGB),
)
"""Flags to scale down, by the divisor; OpenCV has no names for them with RGB."""
_REDUCTIONS = frozenset(flag for _, flag in _REDUCED)


def ignore(_: ImageWarning) -> None:
    """Drop a warning."""


def decode_grayscale(
    data: bytes, image_format: ImageFormat, header: Header, warn: Warn = ignore
) -> Pixels:
    """Decode the first frame to luma on white, upright.

    Returns:
        Gray pixels, shape (height, width), 0 to 255: the luma that a JPEG stores, or else that
        of the stored values (:func:`domain.images.picture.to_gray`).

    Raises:
        CorruptImage: The pixels cannot be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.

    Source:
        OpenCV, imgcodecs, ``IMREAD_GRAYSCALE``. It is for JPEG only: of a PNG with a ``gAMA`` or
        ``sRGB`` chunk, libpng computes gray in linear light.
    """
    data, image_format = header.decodable or (data, image_format)
    if image_format is ImageFormat.JPEG:
        luma = decode_values(data, cv2.IMREAD_GRAYSCALE)
        if luma is not None:
            return _check_size(turn_upright(to_8_bits(luma), header.orientation), header)
    return luma_of(decode_picture(data, image_format, header, warn=warn), image_format)


def luma_of(picture: Picture, image_format: ImageFormat) -> Pixels:
    """Return the luma of a decoded picture on white, rounded as its decoder rounds."""
    return to_gray(picture, as_opencv=image_format in _OPENCV_FIRST)


def decode_picture(
    data: bytes,
    image_format: ImageFormat,
    header: Header,
    min_side_px: int | None = None,
    warn: Warn = ignore,
) -> Picture:
    """Decode the first frame, upright, as it is stored.

    Args:
        min_side_px: The longer side may be scaled down to no less than this where the decoder
            does that cheaply (a JPEG's frequency blocks). None decodes at full size.

    Raises:
        CorruptImage: The pixels cannot be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    data, image_format = header.decodable or (data, image_format)
    if image_format is ImageFormat.BMP and (masks := read_masks(data)):
        return decode_masked_bmp(data, masks)
    flags = _choose_flags(data, image_format, header, min_side_px)
    picture = None if flags is None else decode_with_opencv(data, header, flags)
    if picture is not None and flags in _REDUCTIONS:
        return picture
    if picture is None:
        picture = _decode_without_opencv(data, image_format, header)
    if image_format is ImageFormat.HEIC and lacks_tiles(data, picture.pixels):
        raise CorruptImage("Some of the tiles cannot be decoded.")
    _check_size(picture.pixels, header)
    return picture


def _decode_without_opencv(data: bytes, image_format: ImageFormat, header: Header) -> Picture:
    if image_format is ImageFormat.TIFF:
        return decode_tiff(data, header)
    try:
        return decode_with_pillow(data, image_format, header)
    except CorruptImage:
        # libpng forgives damage of chunks that Pillow does not forgive.
        is_png = image_format is ImageFormat.PNG
        picture = decode_with_opencv(data, header, cv2.IMREAD_UNCHANGED) if is_png else None
        if picture is None:
            raise
        return picture


def _choose_flags(
    data: bytes, image_format: ImageFormat, header: Header, min_side_px: int | None
) -> int | None:
    """Choose the flags for OpenCV; None if Pillow is to decode the file."""
    if image_format is ImageFormat.PNG and _has_deep_key(data, header):
        return cv2.IMREAD_UNCHANGED
    is_print = header.profile is not None and header.profile[16:20] == b"CMYK"
    if image_format not in _OPENCV_FIRST or is_print:
        return None
    if header.has_alpha:
        return cv2.IMREAD_UNCHANGED
    if image_format is ImageFormat.JPEG and min_side_px is not None:
        side_px = max(header.width, header.height)
        for divisor, flag in _REDUCED:
            if -(-side_px // divisor) >= min_side_px:
                return flag
    return cv2.IMREAD_COLOR_RGB


def _has_deep_key(data: bytes, header: Header) -> bool:
    """Return whether a PNG has one transparent colour of 16 bits, half of which Pillow drops."""
    depth, color_type = data[24:26]
    return header.has_alpha and (depth, color_type) == (16, 2)


def _check_size(pixels: Pixels, header: Header) -> Pixels:
    """Refuse a picture of another size than its header gives, which is the size that is shown."""
    if pixels.shape[1::-1] != header.upright_size:
        raise CorruptImage("The picture has another size than its header says.")
    return pixels
