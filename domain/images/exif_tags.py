"""Read raw EXIF tags, whatever a hostile file does to stop it."""

import io
import logging
from collections.abc import Mapping

import exifread
from PIL import ExifTags

from domain.errors.files import FileRefused
from domain.images.formats import ImageFormat
from domain.images.pillow import open_picture
from domain.limits import STRUCTURE

Tags = Mapping[str, object]
"""Raw values by tag name (EXIF 2.32 spelling): text, bytes, numbers, or sequences of them."""

_LOGGER_NAME = "exifread"

# As exifread names them, after the directory that they are in.
_NAMES = {
    "ISOSpeedRatings": "PhotographicSensitivity",
    "Tag 0x8827": "PhotographicSensitivity",
}


class _ReadsSpent(Exception):
    """A directory tree has loops or counts that would take minutes to follow."""


class _BoundedReader(io.BytesIO):
    """Bytes that can be read only so many times and only so far."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads = 0
        self._read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as a file does, within bounds."""
        part = super().read(size)
        self._reads += 1
        self._read_bytes += len(part)
        spent = self._reads > STRUCTURE.tag_reads or self._read_bytes > STRUCTURE.tag_read_bytes
        if spent:
            raise _ReadsSpent
        return part


def read_exif(exif: bytes | None) -> Tags:
    """Read tags with exifread.

    Args:
        exif: A TIFF structure, or None.

    Returns:
        What could be read; nothing where the structure is broken.
    """
    if not exif:
        return {}
    logging.getLogger(_LOGGER_NAME).setLevel(logging.CRITICAL)
    try:
        found = exifread.process_file(
            _BoundedReader(exif), details=False, extract_thumbnail=False, truncate_tags=True
        )
    except Exception:
        return {}
    tags: dict[str, object] = {}
    # A tag belongs into one directory; some cameras put it into another.
    for directory in ("Image ", "EXIF ", "GPS "):
        for name, tag in found.items():
            if name.startswith(directory):
                short = name.removeprefix(directory)
                tags[_NAMES.get(short, short)] = getattr(tag, "values", None)
    return tags


def read_exif_with_pillow(data: bytes, image_format: ImageFormat) -> Tags:
    """Read tags with Pillow, which also finds an orientation that only XMP holds.

    Args:
        data: The file.
        image_format: Its format.

    Returns:
        What could be read; nothing where the structure is broken.
    """
    tags: dict[str, object] = {}
    try:
        with open_picture(data, image_format) as picture:
            exif = picture.getexif()
            tags |= _name(exif, ExifTags.TAGS)
            tags |= _name(exif.get_ifd(ExifTags.IFD.Exif), ExifTags.TAGS)
            tags |= _name(exif.get_ifd(ExifTags.IFD.GPSInfo), ExifTags.GPSTAGS)
    except FileRefused:
        pass
    return tags


def _name(values: Mapping[int, object], names: Mapping[int, str]) -> dict[str, object]:
    named = {names.get(number, ""): value for number, value in values.items()}
    return {_NAMES.get(name, name): value for name, value in named.items()}
