"""Reads the sensitivity from maker notes, for cameras that write it nowhere else.

Source: the tables of ExifTool for Canon and Nikon.
"""

from domain.errors.files import CorruptImage
from domain.images.containers.tiff_directories import (
    Layout,
    find_values,
    read_layout,
    read_tags,
    start_of,
)

_EXIF, _MAKER_NOTE = 34665, 37500
_CANON_SETTINGS, _CANON_SHOT = 1, 4
_CANON_ISO_AT, _CANON_AUTO_AT, _CANON_BASE_AT = 16, 1, 2
_CANON_IS_NUMBER = 0x4000
_CANON_CODES = {16: 50, 17: 100, 18: 200, 19: 400, 20: 800}
_STEPS = 32  # Of Canon's scale: so many double the sensitivity.
_NIKON = b"Nikon\x00\x02"
_NIKON_HEADER_BYTES, _NIKON_ISO = 10, 2


def read_maker_iso(exif: bytes | None) -> int | None:
    """Read the sensitivity from the maker notes of an EXIF block; None if they have none."""
    if not exif:
        return None
    try:
        layout = read_layout(exif)
        start = start_of(exif, layout, layout.first, _EXIF)
        note = find_values(exif, layout, start, _MAKER_NOTE) if start else None
        if note is None:
            return None
        if exif.startswith(_NIKON, note[0]):
            return _read_nikon(exif[note[0] + _NIKON_HEADER_BYTES : note[1]])
        # Canon writes a directory without a header, with offsets into the EXIF block.
        return _read_canon(exif, layout, note[0])
    except (CorruptImage, OverflowError):
        return None


def _read_canon(exif: bytes, layout: Layout, start: int) -> int | None:
    tags = read_tags(exif, layout, frozenset({_CANON_SETTINGS, _CANON_SHOT}), start)
    settings, shot = tags.get(_CANON_SETTINGS, ()), tags.get(_CANON_SHOT, ())
    code = settings[_CANON_ISO_AT] if len(settings) > _CANON_ISO_AT else 0
    if code & _CANON_IS_NUMBER and code != 0x7FFF:
        return code & ~_CANON_IS_NUMBER
    if code in _CANON_CODES:
        return _CANON_CODES[code]
    if len(shot) > _CANON_BASE_AT and 0 < shot[_CANON_BASE_AT] < 2**10 > shot[_CANON_AUTO_AT]:
        base = 2 ** (shot[_CANON_BASE_AT] / _STEPS) * 100 / 32
        return round(base * 2 ** (shot[_CANON_AUTO_AT] / _STEPS))
    return None


def _read_nikon(note: bytes) -> int | None:
    values = read_tags(note, read_layout(note), frozenset({_NIKON_ISO})).get(_NIKON_ISO, ())
    return values[1] if len(values) > 1 else None
