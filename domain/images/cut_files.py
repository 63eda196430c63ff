"""Decodes the part of a picture that a cut file holds.

A row counts as decoded if the decoder writes the same pixels over two backgrounds, or the same
with two fillers behind the end of the file: then all of it comes from the file. Missing rows are
gray, as the decoders of JPEG show them, and never memory that was not written.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from itertools import accumulate, groupby
from operator import and_

import msgspec
import numpy as np
from PIL import Image

from domain.errors.files import CorruptImage, TooManyPixels
from domain.images.containers.jpeg import read_scans
from domain.images.containers.tiff_samples import Samples, read_samples
from domain.images.containers.webp import pad_webp
from domain.images.decode_tiff_samples import decode_samples, find_rows
from domain.images.decode_with_opencv import decode_values
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.opencv import Pixels, cv2
from domain.images.picture import is_cmyk
from domain.images.pillow import open_picture
from domain.images.values import ImageWarning
from domain.limits import STRUCTURE

_Decodable = tuple[bytes, ImageFormat] | None
Rows = list[bool]
"""For each row of the picture as stored, from top to bottom, whether it is there."""

_FILLERS = bytes(8), b"\xfe" * 8
_WEBP_FILLERS = (*_FILLERS, b"\x80" * 8, b"\xaa" * 8)  # Two may saturate the same pixels.
_END_OF_JPEG = b"\xff\xd9"
_LEAST_SHARE = 0.5
_TOO_LITTLE = "The file ends before half of the picture's rows."
_GRAY = 128
_GRAYS: dict[str, int | tuple[int, ...]] = {
    "I;16": 257 * _GRAY,
    "LA": (_GRAY, 255),
    "RGBA": (_GRAY, _GRAY, _GRAY, 255),
    "RGBX": (_GRAY, _GRAY, _GRAY, 255),
    "CMYK": (0, 0, 0, 255 - _GRAY),
}


def mend_cut_file(data: bytes, image_format: ImageFormat, header: Header) -> Header:
    """Find out how much of a picture is in a file that ends early.

    Returns:
        The header with a warning, and a file that decoders can read: whole pictures as they are,
        others with gray where rows are missing.

    Raises:
        CorruptImage: Less than half of the rows can be decoded.
        TooManyPixels: Decoding needs more memory than this process may use.
    """
    if header.width * header.height * _LEAST_SHARE > len(data) * STRUCTURE.pixels_per_byte:
        raise CorruptImage(_TOO_LITTLE)
    given = header.decodable[0] if header.decodable else data
    try:
        samples = read_samples(given) if image_format is ImageFormat.TIFF else None
        if samples is not None and not samples.is_usual:
            rows, mended = _mend_samples(given, samples, header)
            is_whole = all(rows)
        elif image_format is ImageFormat.JPEG:
            rows, is_whole = _measure_jpeg(given, header)
            mended = header.decodable
        else:
            picture, rows, is_whole = _measure(given, image_format, data)
            mended = header.decodable
            if not is_whole and _is_enough(rows):
                mended = _write(picture, rows), ImageFormat.TIFF
    except MemoryError as error:
        raise TooManyPixels("Decoding needs more memory than one image may use.") from error
    if not _is_enough(rows):
        raise CorruptImage(_TOO_LITTLE)
    warning = ImageWarning.END_MISSING if is_whole else ImageWarning.TRUNCATED
    return msgspec.structs.replace(header, warnings=(*header.warnings, warning), decodable=mended)


def _mend_samples(data: bytes, samples: Samples, header: Header) -> tuple[Rows, _Decodable]:
    """Mend a TIFF whose samples Pillow misreads; a strip that is compressed must be whole."""
    if samples.compression != 1:
        decode_samples(data, samples, header)
        return [True] * header.height, header.decodable
    rows = find_rows(len(data), samples)
    if all(rows) or not _is_enough(rows):
        return rows, header.decodable
    stored = msgspec.structs.replace(header, orientation=1)
    picture = decode_samples(data, samples, stored, pad=True)
    mode = "CMYK" if is_cmyk(picture.pixels) else "RGB" if picture.pixels.ndim > 2 else "L"
    size = picture.pixels.shape[1::-1]
    image = Image.frombytes(mode, size, picture.pixels.tobytes())
    if picture.alpha is not None:
        image = image.convert("LA" if mode == "L" else "RGBA")
        image.putalpha(Image.frombytes("L", size, picture.alpha.tobytes()))
    image.info["icc_profile"] = header.profile
    return rows, (_write(image, rows), ImageFormat.TIFF)


def _is_enough(rows: Rows) -> bool:
    return sum(rows) >= _LEAST_SHARE * len(rows) and any(rows)


def _measure(
    mended: bytes, image_format: ImageFormat, data: bytes
) -> tuple[Image.Image, Rows, bool]:
    """Decode a file twice; return the picture, which rows agree, and whether the file is whole."""
    if image_format is ImageFormat.WEBP:  # Its decoder needs a file that is whole.
        files = [pad_webp(data, filler) for filler in _WEBP_FILLERS]
    else:
        files = [mended, mended]
    checksums = [_checksum(row) for row in _rows_of(_load(files[0], image_format, 0))]
    for background, file in enumerate(files[1:-1], 1):  # One picture at a time is in memory.
        found = _rows_of(_load(file, image_format, background))
        # A checksum that no row has marks a row that is missing.
        checksums = [
            of if of == _checksum(row) else -1 for of, row in zip(checksums, found, strict=True)
        ]
    picture = _load(files[-1], image_format, len(files) - 1)
    pairs = zip(checksums, _rows_of(picture), strict=True)
    rows = [of == _checksum(row) for of, row in pairs]
    if image_format is ImageFormat.WEBP:  # Each row follows from the rows above it.
        rows = list(accumulate(rows, and_))
    is_whole = all(rows)
    if picture.info.get("interlace"):
        rows = _repeat(picture, rows)
    return picture, rows, is_whole


def _repeat(picture: Image.Image, rows: Rows) -> Rows:
    """Repeat rows of an interlaced picture in missing odd rows below; return which are there."""
    repeated = list(rows)
    for index in range(1, len(rows), 2):
        if rows[index - 1] and not rows[index]:
            above = picture.crop((0, index - 1, picture.width, index))
            picture.paste(above, (0, index))
            repeated[index] = True
    return repeated


def _load(data: bytes, image_format: ImageFormat, background: int) -> Image.Image:
    """Decode the first frame over a background, as far as it goes."""
    with open_picture(data, image_format) as picture:
        return _load_over(picture, background)


def _load_over(picture: Image.Image, background: int) -> Image.Image:
    prepare: Callable[[], None] | None = getattr(picture, "load_prepare", None)

    def prepare_over() -> None:
        if prepare is not None:
            prepare()
        bands = picture.im.bands
        color = background if bands == 1 else (background,) * bands
        for tile in getattr(picture, "tile", ()):
            picture.im.paste(color, tile.extents)

    picture.load_prepare = prepare_over  # type: ignore[attr-defined]
    try:
        picture.load()
    except MemoryError:
        raise
    except Exception:  # Decoders raise many types where a file ends.
        picture.tile = []  # type: ignore[attr-defined]
        picture.load()
    return picture


def _rows_of(picture: Image.Image) -> Iterator[bytes]:
    pixels = np.asarray(picture)
    return (row.tobytes() for row in pixels)


def _checksum(row: bytes) -> int:
    return zlib.crc32(row)


def _measure_jpeg(data: bytes, header: Header) -> tuple[Rows, bool]:
    """Return which rows of a JPEG are there, and whether the whole picture is."""
    scans = read_scans(data)
    body = data.removesuffix(_END_OF_JPEG)
    if scans.is_single:
        # Without an end marker the decoder waits for more, and leaves rows untouched.
        first, second = (_load_gray(body + filler, at) for at, filler in enumerate(_FILLERS))
        pairs = zip(_rows_of(first), _rows_of(second), strict=True)
        rows = [one == other for one, other in pairs]
        return rows, all(rows)
    first_color, second_color = (_decode(body + filler + _END_OF_JPEG) for filler in _FILLERS)
    is_whole = scans.is_complete and np.array_equal(first_color, second_color)
    if scans.has_all_rows or is_whole:
        return [True] * header.height, is_whole
    gray = _decode(data, cv2.IMREAD_GRAYSCALE)
    there = np.flatnonzero((gray != _GRAY).any(axis=1))
    last = int(there[-1]) + 1 if there.size else 0
    return [index < last for index in range(len(gray))], False


def _load_gray(data: bytes, background: int) -> Image.Image:
    with open_picture(data, ImageFormat.JPEG) as picture:
        picture.draft("L", picture.size)
        return _load_over(picture, background)


def _decode(data: bytes, flags: int = cv2.IMREAD_COLOR) -> Pixels:
    values = decode_values(data, flags)
    if values is None:
        raise CorruptImage("The picture cannot be decoded.")
    return np.asarray(values, np.uint8)


def _write(picture: Image.Image, rows: Rows) -> bytes:
    """Write a picture as a TIFF without compression, with gray where rows are missing."""
    if picture.mode in {"P", "PA", "1", "LA", "RGBX", "RGBa", "YCbCr"}:
        layered = "A" in picture.getbands() or "transparency" in picture.info
        target = "L" if picture.mode == "1" else "RGBA" if layered else "RGB"
        profile = picture.info.get("icc_profile")
        picture = picture.convert(target)
        picture.info["icc_profile"] = profile
    gray = _GRAYS.get(picture.mode, _GRAY if len(picture.getbands()) == 1 else (_GRAY,) * 3)
    if picture.mode in {"I", "F"}:
        known = np.asarray(picture)[np.array(rows)]
        finite = known[np.isfinite(known)]
        gray = int((finite.min() + finite.max()) / 2) if finite.size else 0
    for there, run in groupby(enumerate(rows), key=lambda pair: pair[1]):
        if not there:
            indexes = [index for index, _ in run]
            picture.paste(gray, (0, indexes[0], picture.width, indexes[-1] + 1))
    file = io.BytesIO()
    picture.save(file, "TIFF", icc_profile=picture.info.get("icc_profile"), exif=b"")
    return file.getvalue()
