"""EXIF blocks: a TIFF structure of tags inside a file of another format.

Source: EXIF 2.32 and 3.0.
"""

import struct
from typing import Any

from domain.errors.files import CorruptImage
from domain.images.containers.tiff_directories import (
    EXIF,
    GPS,
    ORIENTATION,
    read_directory,
    read_entries,
    read_layout,
    read_tags,
)
from domain.images.values import ImageWarning

EXIF_PREFIX = b"Exif\x00\x00"
"""Precedes the TIFF structure in JPEG and HEIC, and by mistake in some WebP files."""
_ASCII, _SHORT, _UTF_8 = 2, 3, 129


def write_as_ascii(exif: bytes) -> bytes:
    """Declare the UTF-8 texts of an EXIF block as ASCII, for readers older than EXIF 3.0."""
    written = bytearray()
    try:
        layout = read_layout(exif)
        links = read_tags(exif, layout, frozenset({EXIF, GPS}))
        starts = [layout.first, *(value for values in links.values() for value in values[:1])]
        for start in starts:
            for entry in read_entries(exif, layout, read_directory(exif, layout, start)):
                if entry.kind == _UTF_8:
                    written = written or bytearray(exif)
                    at = entry.at + len(entry.inline) - layout.entry.size + 2
                    struct.pack_into(f"{layout.order}H", written, at, _ASCII)
    except CorruptImage:
        pass
    return bytes(written) or exif


def is_readable(exif: bytes) -> bool:
    """Return whether an EXIF block and its directories of EXIF and GPS tags can be followed."""
    try:
        layout = read_layout(exif)
        links = read_tags(exif, layout, frozenset({EXIF, GPS}))
        for start in (value for values in links.values() for value in values[:1]):
            read_directory(exif, layout, start)
    except CorruptImage:
        return False
    return True


def exif_fields(exif: bytes | None) -> dict[str, Any]:
    """Return the fields of a header that an EXIF block gives; the block may be absent or broken."""
    orientation = find_orientation(exif)
    is_broken = exif is not None and not is_readable(exif)
    return {
        "exif": exif,
        "orientation": orientation or 1,
        "named_orientation": orientation,
        "warnings": (ImageWarning.EXIF_IGNORED,) if is_broken else (),
    }


def find_orientation(exif: bytes | None) -> int | None:
    """Find the orientation in an EXIF block.

    Returns:
        1 to 8; None if the block is absent, broken, or has no valid orientation.

    Source:
        EXIF 2.32 §4.6.4.
    """
    if not exif:
        return None
    exif = exif.removeprefix(EXIF_PREFIX)
    try:
        tags = read_tags(exif, read_layout(exif), frozenset({ORIENTATION}))
    except CorruptImage:
        return None
    value = tags.get(ORIENTATION, (0,))[0]
    return value if 1 <= value <= 8 else None


def write_orientation(orientation: int) -> bytes:
    """Write an EXIF block that holds an orientation, 1 to 8, and no other tag."""
    entry = struct.pack("<HHIHH", ORIENTATION, _SHORT, 1, orientation, 0)
    return b"II*\x00" + struct.pack("<IH", 8, 1) + entry + bytes(4)
