"""WebP files.

Source: RFC 9649, WebP image format, §2.
"""

import struct
from collections.abc import Iterator

from domain.errors.files import CorruptImage
from domain.images.containers.tiff_directories import (
    EXIF_PREFIX,
    find_orientation,
    write_orientation,
)
from domain.images.header import Header
from domain.limits import STRUCTURE

_RIFF_BYTES, _FRAME_HEADER_BYTES = 12, 16
_LOSSY_START_CODE = b"\x9d\x01\x2a"
_LOSSLESS_SIGNATURE = 0x2F
_XMP_FLAG, _EXIF_FLAG, _ALPHA_FLAG = 0x04, 0x08, 0x10
_METADATA = frozenset({b"EXIF", b"XMP ", b"ICCP"})
_CODED = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_KEPT = _CODED | {b"ANIM", b"ICCP"}


def read_webp(data: bytes) -> Header:
    """Read the dimensions, of an animation those of its canvas.

    Raises:
        CorruptImage: The file is shorter than declared, or holds no picture.
    """
    size: tuple[int, int] | None = None
    has_alpha, frames, exif, pictured, metadata_bytes = False, 0, None, False, 0
    profile: bytes | None = None
    for kind, payload in _walk_file(data):
        metadata_bytes += len(payload) if kind in _METADATA else 0
        if kind == b"VP8X" and size is None and len(payload) >= 10:
            has_alpha = bool(payload[0] & _ALPHA_FLAG)
            width, height = (int.from_bytes(payload[at : at + 3], "little") for at in (4, 7))
            size = width + 1, height + 1
        elif kind in {b"VP8 ", b"VP8L"}:
            pictured = True
            size = size or _read_frame(kind, payload)
            has_alpha = has_alpha or (kind == b"VP8L" and bool(payload[4] & _ALPHA_FLAG))
        elif kind == b"ANMF":
            frames += 1
        elif kind == b"ICCP" and profile is None:
            profile = payload if len(payload) <= STRUCTURE.profile_bytes else b""
        elif kind == b"EXIF" and exif is None:
            exif = payload.removeprefix(EXIF_PREFIX)
    if size is None or not (pictured or frames):
        raise CorruptImage("The file holds no picture.")
    orientation = find_orientation(exif)
    return Header(
        *size,
        frames=max(frames, 1),
        orientation=orientation or 1,
        named_orientation=orientation,
        has_alpha=has_alpha,
        profile=profile,
        exif=exif,
        metadata_bytes=metadata_bytes,
    )


def strip_webp(data: bytes) -> bytes:
    """Keep the picture or animation, its orientation and its colour profile.

    Raises:
        CorruptImage: A chunk is cut off, or there are too many.
    """
    chunks = list(_walk_file(data))
    orientation = find_orientation(next((of for kind, of in chunks if kind == b"EXIF"), None))
    parts = [b"WEBP"]
    for kind, payload in chunks:
        if kind in _KEPT:
            parts.append(_write_chunk(kind, payload))
        elif kind == b"ANMF":
            parts.append(_write_chunk(kind, _strip_frame(payload)))
        elif kind == b"VP8X" and payload:
            flags = payload[0] & ~(_XMP_FLAG | _EXIF_FLAG) | (_EXIF_FLAG if orientation else 0)
            parts.append(_write_chunk(kind, bytes((flags,)) + payload[1:]))
    if orientation:
        parts.append(_write_chunk(b"EXIF", write_orientation(orientation)))
    return _write_chunk(b"RIFF", b"".join(parts))


def _read_frame(kind: bytes, payload: bytes) -> tuple[int, int]:
    if kind == b"VP8 " and len(payload) >= 10 and payload[3:6] == _LOSSY_START_CODE:
        width, height = struct.unpack_from("<HH", payload, 6)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and len(payload) >= 5 and payload[0] == _LOSSLESS_SIGNATURE:
        bits = int.from_bytes(payload[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise CorruptImage("The picture's header is damaged.")


def _strip_frame(frame: bytes) -> bytes:
    """Drop the chunks of a frame that hold no pixels."""
    chunks = _walk_chunks(frame, _FRAME_HEADER_BYTES, len(frame))
    coded = [_write_chunk(kind, payload) for kind, payload in chunks if kind in _CODED]
    return frame[:_FRAME_HEADER_BYTES] + b"".join(coded)


def _walk_file(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    end = int.from_bytes(data[4:8], "little") + 8
    if len(data) < end or end < _RIFF_BYTES:
        raise CorruptImage("The file ends before the end of the picture.")
    return _walk_chunks(data, _RIFF_BYTES, end)


def _walk_chunks(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the letters and the payload of each chunk."""
    for _ in range(STRUCTURE.webp_chunks):
        if position + 8 > end:
            return
        kind, length = struct.unpack_from("<4sI", data, position)
        start = position + 8
        if start + length > end:
            raise CorruptImage("A chunk reaches past the end of the file.")
        yield kind, data[start : start + length]
        position = start + length + (length & 1)
    raise CorruptImage("The file has too many chunks.")


def _write_chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + bytes(len(payload) & 1)
