"""WebP files.

Source: RFC 9649, WebP image format, §2.
"""

import struct
from collections.abc import Iterator

from domain.errors.files import CorruptImage
from domain.images.containers.exif import (
    EXIF_PREFIX,
    exif_fields,
    find_orientation,
    write_orientation,
)
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.values import ImageWarning
from domain.limits import STRUCTURE

_RIFF_BYTES, _FRAME_HEADER_BYTES = 12, 16
_SPARE_BYTES, _APART_BYTES = 65_536, 56
_LOSSY_HEADER_BYTES = 10
_LOSSY_START_CODE = b"\x9d\x01\x2a"
_LOSSLESS_SIGNATURE = 0x2F
_XMP_FLAG, _EXIF_FLAG, _ALPHA_FLAG = 0x04, 0x08, 0x10
_METADATA = frozenset({b"EXIF", b"XMP ", b"ICCP"})
_CODED = frozenset({b"VP8 ", b"VP8L", b"ALPH"})
_PICTURES = frozenset({b"VP8 ", b"VP8L", b"ANMF"})
_KEPT = _CODED | {b"ANIM", b"ICCP"}


def read_webp(data: bytes) -> Header:
    """Read the dimensions, of an animation those of its canvas.

    A file may be shorter or longer than it declares.

    Raises:
        CorruptImage: The file holds no picture, or a cut one of which most is missing.
    """
    size: tuple[int, int] | None = None
    has_alpha, frames, exif, pictured, metadata_bytes = False, 0, None, False, 0
    profile: bytes | None = None
    chunks, end, cut_at = _read_chunks(data)
    for kind, payload in chunks:
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
    fields = exif_fields(exif)
    declared_end = _declared_end(data)
    if declared_end > len(data) and not cut_at:
        fields["warnings"] += (ImageWarning.END_MISSING,)
    mended = None
    if cut_at or not end <= declared_end <= len(data):
        mended = pad_webp(data, b"\x00") if cut_at else _with_length(data[:end])
    return Header(
        *size,
        frames=max(frames, 1),
        has_alpha=has_alpha,
        profile=profile,
        metadata_bytes=metadata_bytes,
        ends_early=cut_at > 0,
        decodable=(mended, ImageFormat.WEBP) if mended else None,
        **fields,
    )


def pad_webp(data: bytes, filler: bytes) -> bytes:
    """Fill the missing end of a picture that is cut off, so that decoders show the rest.

    Raises:
        CorruptImage: Too much is missing.
    """
    _, _, position = _read_chunks(data)
    missing = position + 8 + int.from_bytes(data[position + 4 : position + 8], "little") - len(data)
    if missing > STRUCTURE.missing_bytes:
        raise CorruptImage("The file ends before the end of the picture.")
    # Other bits than the file's may need more bytes, so the picture is given more than it had.
    spare = missing + _SPARE_BYTES
    # The partitions of a lossy picture lie one after another: each is to begin with the filler.
    is_lossless = data.startswith(b"VP8L", position)
    repeated = (
        filler + bytes(spare)
        if is_lossless
        else (filler + bytes(_APART_BYTES)) * (spare // _APART_BYTES)
    )
    padded = bytearray(data + repeated[:spare])
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        start, end = position + 8, position + 8 + length
        if kind == b"VP8 ":
            _check_modes(data, start)
        if end > len(data):
            struct.pack_into("<I", padded, position + 4, len(padded) - start)
            end = start + _FRAME_HEADER_BYTES if kind == b"ANMF" else len(data)
        position = end + (end & 1)
    return _with_length(bytes(padded))


def _check_modes(data: bytes, start: int) -> None:
    """Check that a lossy picture holds the modes of all its blocks, which precede their pixels."""
    mode_bytes = int.from_bytes(data[start : start + 3], "little") >> 5
    if start + _LOSSY_HEADER_BYTES + mode_bytes > len(data):
        raise CorruptImage("The file ends before the end of the picture.")


def _with_length(data: bytes) -> bytes:
    """Declare the length that a file has, with the padding of its last chunk."""
    data += bytes(len(data) & 1)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def strip_webp(data: bytes) -> bytes:
    """Keep the picture or animation, its orientation and its colour profile.

    The first picture is kept as far as it goes if it is cut off.

    Raises:
        CorruptImage: A chunk within a frame is cut off, or there are too many.
    """
    chunks, _, _ = _read_chunks(data)
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


def _declared_end(data: bytes) -> int:
    return int.from_bytes(data[4:8], "little") + 8


def _read_chunks(data: bytes) -> tuple[list[tuple[bytes, bytes]], int, int]:
    """Read the chunks of a file, whatever length it declares.

    Returns:
        The whole chunks, the end of the last one, and 0; or, if the first picture is cut off,
        that picture as the last one, and the position of its chunk.
    """
    chunks: list[tuple[bytes, bytes]] = []
    position, declared_end, pictured = _RIFF_BYTES, _declared_end(data), False
    for _ in range(STRUCTURE.webp_chunks):
        if position + 8 > len(data) or (pictured and position >= declared_end):
            return chunks, min(position, len(data)), 0
        kind, length = struct.unpack_from("<4sI", data, position)
        start, end = position + 8, position + 8 + length
        if end > len(data) and (pictured or kind not in _PICTURES):
            return chunks, position, 0
        chunks.append((kind, data[start:end]))
        if end > len(data):
            return chunks, len(data), position
        pictured = pictured or kind in _PICTURES
        position = end + (length & 1)
    raise CorruptImage("The file has too many chunks.")


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
