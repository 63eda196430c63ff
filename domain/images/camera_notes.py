"""Read what cameras older than EXIF wrote into segments of a JPEG file."""

import re
import struct
from datetime import UTC, datetime

from domain.images.exif_tags import Tags

_CIFF_SIGNATURE = b"HEAPJPGM"
_CIFF_MAKE_MODEL, _CIFF_TIME = 0x080A, 0x180E
_CIFF_IN_RECORD = 0x4000
_CIFF_DIRECTORIES = frozenset({0x2800, 0x3000})
_MAX_DEPTH = 4
_MAX_ENTRIES = 256

_PICTURE_INFO = b"[picture info]"
_PICTURE_INFO_TIME = re.compile(rb"\bTimeDate=(\d{1,10})\b")


def read_camera_notes(notes: tuple[bytes, ...]) -> Tags:
    """Read maker, model and time from CIFF (Canon) and picture info (Olympus) segments.

    Args:
        notes: Payloads of segments APP0 and APP12.

    Returns:
        Tags by the names that EXIF gives them; nothing from what is broken.

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
    for tag, value in _walk_heap(note, order, start, len(note), _MAX_DEPTH):
        if tag == _CIFF_MAKE_MODEL:
            make, _, rest = value.partition(b"\x00")
            tags |= {"Make": make, "Model": rest.partition(b"\x00")[0]}
        elif tag == _CIFF_TIME:
            tags["DateTimeOriginal"] = _format_time(struct.unpack_from(f"{order}I", value)[0])
    return tags


def _walk_heap(
    note: bytes, order: str, start: int, end: int, depth: int
) -> list[tuple[int, bytes]]:
    """List the values of a heap and of those within it; its directory is at its end."""
    if not depth or end > len(note) or end - start < 6:
        return []
    directory = start + struct.unpack_from(f"{order}I", note, end - 4)[0]
    (entries,) = struct.unpack_from(f"{order}H", note, directory)
    values: list[tuple[int, bytes]] = []
    for index in range(min(entries, _MAX_ENTRIES)):
        tag, length, offset = struct.unpack_from(f"{order}HII", note, directory + 2 + 10 * index)
        if tag & _CIFF_IN_RECORD or len(values) >= _MAX_ENTRIES:
            continue
        if tag & 0x3800 in _CIFF_DIRECTORIES:
            inner = start + offset
            values += _walk_heap(note, order, inner, inner + length, depth - 1)
        else:
            values.append((tag, note[start + offset : start + offset + length]))
    return values


def _format_time(seconds: int) -> str:
    """Write a camera's clock, kept as if it were UTC, as EXIF does."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y:%m:%d %H:%M:%S")
