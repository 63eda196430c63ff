"""Reads the JPEG segments of cameras older than EXIF."""

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime

from domain.images.exif_tags import Tags
from domain.limits import STRUCTURE

_CIFF_SIGNATURE = b"HEAPJPGM"
_CIFF_MAKE_MODEL, _CIFF_TIME = 0x080A, 0x180E
_CIFF_IN_RECORD = 0x4000
_CIFF_KIND, _CIFF_HEAPS = 0x3800, frozenset({0x2800, 0x3000})

_PICTURE_INFO = b"[picture info]"
_PICTURE_INFO_TIME = re.compile(rb"\bTimeDate=(\d{1,10})\b")


def read_camera_notes(notes: tuple[bytes, ...]) -> Tags:
    """Read maker, model and time from whole segments of CIFF (Canon) and picture info (Olympus).

    Args:
        notes: Payloads of segments APP0 and APP12.

    Source:
        Canon, "CIFF Specification on Image Data File", version 1.0 rev. 4; for picture info,
        ExifTool's table of APP12 tags.
    """
    tags: dict[str, object] = {}
    for note in notes:
        try:
            if note[6:14] == _CIFF_SIGNATURE:
                tags |= _read_ciff(note)
            elif _PICTURE_INFO in note:
                found = _PICTURE_INFO_TIME.search(note)
                tags |= {"DateTimeOriginal": _format_time(int(found[1]))} if found else {}
        except (ValueError, LookupError, OverflowError, struct.error):
            continue
    return tags


def _read_ciff(note: bytes) -> dict[str, object]:
    order = {b"II": "<", b"MM": ">"}[note[:2]]
    (start,) = struct.unpack_from(f"{order}I", note, 2)
    tags: dict[str, object] = {}
    for tag, value in _walk_heaps(note, order, start):
        if tag == _CIFF_MAKE_MODEL:
            make, _, rest = value.partition(b"\x00")
            tags |= {"Make": make, "Model": rest.partition(b"\x00")[0]}
        elif tag == _CIFF_TIME:
            tags["DateTimeOriginal"] = _format_time(struct.unpack_from(f"{order}I", value)[0])
    return tags


def _walk_heaps(note: bytes, order: str, start: int) -> Iterator[tuple[int, bytes]]:
    """Yield the values of a heap and of those within it; the directory of each is at its end."""
    heaps = [(start, len(note))]
    budget = STRUCTURE.camera_note_entries
    while heaps and budget:
        start, end = heaps.pop()
        if not 0 <= start <= end - 6 <= len(note) - 6:
            continue
        directory = start + struct.unpack_from(f"{order}I", note, end - 4)[0]
        (entries,) = struct.unpack_from(f"{order}H", note, directory)
        for index in range(min(entries, budget)):
            budget -= 1
            entry = directory + 2 + 10 * index
            tag, length, offset = struct.unpack_from(f"{order}HII", note, entry)
            if tag & _CIFF_IN_RECORD:
                continue
            first = start + offset
            if tag & _CIFF_KIND in _CIFF_HEAPS:
                heaps.append((first, first + length))
            else:
                yield tag, note[first : first + length]


def _format_time(seconds: int) -> str:
    """Format the time of a camera's clock, stored as if it were UTC, as EXIF does."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y:%m:%d %H:%M:%S")
