"""The segments of a JPEG file."""

import re
from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.limits import STRUCTURE

EXIF = b"Exif\x00\x00"
"""Start of a payload with EXIF tags."""
APP0, APP1, APP2, APP12, APP14 = 0xE0, 0xE1, 0xE2, 0xEC, 0xEE
SOS, EOI = 0xDA, 0xD9
METADATA = frozenset({*range(APP0, APP0 + 16), 0xFE})
"""Application segments and comments."""

# A marker is 0xFF and a code. Inside a scan, 0xFF00 is a data byte and D0 to D7 are restarts;
# 0xFF before a code is padding.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
_SEGMENTS = (
    frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA)) - frozenset(range(0xF0, 0xFE))
)


class Segment(msgspec.Struct, frozen=True):
    """A segment, or the end marker.

    Attributes:
        code: Marker code.
        at: Position of the marker, in bytes.
        start: Start of the payload.
        end: End of the payload.
        coded_end: End of the coded pixels that follow a start of scan; for other segments, of
            the bytes that decoders skip.
    """

    code: int
    at: int
    start: int
    end: int
    coded_end: int


def walk_segments(data: bytes) -> Iterator[Segment]:
    """Walk the segments from the first one to the end marker.

    A marker that is no segment is damage inside a scan: decoders continue at the next restart.

    Yields:
        The segments. The last one is the end marker, unless the file is cut off.

    Raises:
        CorruptImage: There are too many markers.

    Source:
        ITU-T T.81, annex B.
    """
    pending: tuple[int, int, int, int] | None = None
    position = 2
    for _ in range(STRUCTURE.jpeg_markers):
        found = _MARKER.search(data, position)
        if found is None:
            break
        at, code, position = found.start(), found[1][0], found.end()
        if code != EOI and code not in _SEGMENTS:
            continue
        if pending is not None:
            yield Segment(*pending, at)
        if code == EOI:
            yield Segment(EOI, at, position, position, position)
            return
        length = int.from_bytes(data[position : position + 2], "big")
        end = min(position + max(length, 2), len(data))
        pending = code, at, min(position + 2, end), end
        position = end
    else:
        raise CorruptImage("The file has too many markers.")
    if pending is not None:
        yield Segment(*pending, len(data))
