"""Reads raw EXIF tags, with bounds for hostile files."""

import io
import logging
from collections.abc import Mapping

import exifread
from PIL import ExifTags

from domain.errors.files import FileRefused
from domain.images.containers.exif import write_as_ascii
from domain.images.formats import ImageFormat
from domain.images.pillow import open_picture
from domain.limits import STRUCTURE

Tags = Mapping[str, object]
"""Raw values by tag name (EXIF 2.32 spelling): text, bytes, numbers, or sequences of them."""

# Names in exifread, without the directory.
_NAMES = dict.fromkeys(("ISOSpeedRatings", "Tag 0x8827"), "PhotographicSensitivity") | {
    "GPSDate": "GPSDateStamp",
    "Tag 0x8830": "SensitivityType",
    "Tag 0x8831": "StandardOutputSensitivity",
    "Tag 0x8832": "RecommendedExposureIndex",
    "Tag 0x8833": "ISOSpeed",
    "Tag 0x9010": "OffsetTime",
}


class _ReadsSpent(Exception):
    """Loops or counts in the tags take too long to follow."""


class _BoundedReader(io.BytesIO):
    """Bytes with a bound on the number of reads and the bytes read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self._reads = self._read_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as a file does, within bounds."""
        part = super().read(size)
        self._reads += 1
        self._read_bytes += len(part)
        if self._reads > STRUCTURE.tag_reads or self._read_bytes > STRUCTURE.tag_read_bytes:
            raise _ReadsSpent
        return part


def read_exif(exif: bytes | None) -> Tags:
    """Read the tags of a TIFF structure with exifread; none if it is broken."""
    if not exif:
        return {}
    logging.getLogger("exifread").setLevel(logging.CRITICAL)
    try:
        found = exifread.process_file(
            _BoundedReader(write_as_ascii(exif)),
            details=False,
            extract_thumbnail=False,
            truncate_tags=True,
        )
    except Exception:
        return {}
    tags: dict[str, object] = {}
    # Some cameras put a tag into the wrong directory.
    for directory in ("Image ", "EXIF ", "GPS "):
        for name, tag in found.items():
            if name.startswith(directory):
                short = name.removeprefix(directory)
                tags[_NAMES.get(short, short)] = getattr(tag, "values", None)
    return tags


def read_exif_with_pillow(data: bytes, image_format: ImageFormat) -> Tags:
    """Read tags with Pillow, which also finds an orientation in XMP; none if it cannot."""
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
