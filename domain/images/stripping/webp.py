"""Strips the metadata of WebP files."""

import struct

from domain.images.containers.tiff import find_orientation, write_orientation
from domain.images.containers.webp import (
    EXIF_HEAD,
    RIFF_BYTES,
    declared_end,
    walk_chunks,
    write_chunk,
)

_HEADER, _FRAME, _EXIF = b"VP8X", b"ANMF", b"EXIF"
_CODED = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_KEPT = _CODED | {b"ANIM", b"ICCP"}
_FRAME_HEADER_BYTES = 16
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04


def strip_webp(data: bytes) -> bytes:
    """Keep the picture or animation, its orientation and its colour profile.

    Raises:
        CorruptImage: A chunk is cut off, or there are too many.

    Source:
        RFC 9649, §2.
    """
    chunks = list(walk_chunks(data, RIFF_BYTES, declared_end(data)))
    exif = next((payload for kind, payload in chunks if kind == _EXIF), b"")
    orientation = find_orientation(exif.removeprefix(EXIF_HEAD))
    parts = [b"WEBP"]
    for kind, payload in chunks:
        if kind in _KEPT:
            parts.append(write_chunk(kind, payload))
        elif kind == _FRAME:
            parts.append(write_chunk(kind, _strip_frame(payload)))
        elif kind == _HEADER and payload:
            flags = payload[0] & ~(_XMP_FLAG | _EXIF_FLAG) | (_EXIF_FLAG if orientation else 0)
            parts.append(write_chunk(kind, bytes((flags,)) + payload[1:]))
    if orientation:
        parts.append(write_chunk(_EXIF, write_orientation(orientation)))
    body = b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _strip_frame(frame: bytes) -> bytes:
    """Drop the chunks of a frame that hold no pixels."""
    chunks = walk_chunks(frame, _FRAME_HEADER_BYTES, len(frame))
    coded = [write_chunk(kind, payload) for kind, payload in chunks if kind in _CODED]
    return frame[:_FRAME_HEADER_BYTES] + b"".join(coded)
