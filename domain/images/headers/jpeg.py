"""Walk the markers of a JPEG file, from its first segment to its end marker."""

import re

from domain.errors.files import CorruptImage
from domain.images.headers import Header
from domain.images.headers.ifd import read_orientation
from domain.limits import STRUCTURE

# A marker is 0xFF and a code. Inside a scan, 0xFF00 is a data byte and D0 to D7 are restarts;
# 0xFF before a code is padding.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)

_EOI = 0xD9
_SOS = 0xDA
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS = (
    frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA)) - frozenset(range(0xF0, 0xFE))
)
_APP0, _APP1, _APP12 = 0xE0, 0xE1, 0xEC
_METADATA = frozenset({*range(_APP0, _APP0 + 16), 0xFE})  # Application segments and comments.


def read_jpeg(data: bytes) -> Header:
    """Read the dimensions, find the EXIF block, and make sure that the file goes to its end.

    Decoders fill what a cut-off file lacks with gray and say nothing, hence the walk. Bytes
    after the end marker are normal (motion photos, multi-picture files) and not looked at.

    Args:
        data: The file.

    Returns:
        Its header.

    Raises:
        CorruptImage: There is no picture in it, or it ends early.

    Source:
        ITU-T T.81, annex B.
    """
    size: tuple[int, int] | None = None
    exif: bytes | None = None
    notes: list[bytes] = []
    scans = metadata_bytes = 0
    for code, payload in _walk(data):
        metadata_bytes += len(payload) if code in _METADATA else 0
        if code in _FRAMES and size is None:
            size = _read_frame(payload)
        elif code == _SOS:
            scans += 1
        elif code == _APP1 and exif is None and payload[:6] == b"Exif\x00\x00":
            exif = payload[6:]
        elif code in {_APP0, _APP12} and payload[:4] not in {b"JFIF", b"JFXX"}:
            notes.append(payload)
    if size is None or not scans:
        raise CorruptImage("The file holds no picture.")
    if scans > STRUCTURE.jpeg_scans:
        raise CorruptImage(f"The picture is cut into more than {STRUCTURE.jpeg_scans} scans.")
    return Header(
        *size,
        orientation=read_orientation(exif),
        exif=exif,
        metadata_bytes=metadata_bytes,
        camera_notes=tuple(notes[: STRUCTURE.camera_notes]),
    )


def _walk(data: bytes) -> list[tuple[int, bytes]]:
    segments: list[tuple[int, bytes]] = []
    position = 2
    for _ in range(STRUCTURE.jpeg_markers):
        found = _MARKER.search(data, position)
        if found is None:
            raise CorruptImage("The file ends before the end of the picture.")
        code = found[1][0]
        position = found.end()
        if code == _EOI:
            return segments
        # What is no segment is damage inside a scan: decoders go on at the next restart.
        if code in _SEGMENTS:
            length = int.from_bytes(data[position : position + 2], "big")
            segments.append((code, data[position + 2 : position + length]))
            position += length
    raise CorruptImage("The file has too many markers.")


def _read_frame(payload: bytes) -> tuple[int, int]:
    height = int.from_bytes(payload[1:3], "big")
    width = int.from_bytes(payload[3:5], "big")
    if len(payload) < 6 or not width or not height:
        raise CorruptImage("The frame has no size.")
    return width, height
