"""Take places out of WebP files."""

import struct

from domain.errors.files import CorruptImage
from domain.images.positions import LIMITS
from domain.images.positions.jpeg import strip_within
from domain.images.positions.tiff import strip_exif
from domain.images.positions.xmp import strip_xmp

_EXIF, _XMP = b"EXIF", b"XMP "
_PICTURE = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_EXIF_HEAD = b"Exif\x00\x00"


def strip_webp(data: bytes) -> bytes:
    """Take the place out of a WebP file; chunks that the format does not know are left out.

    Raises:
        CorruptImage: A chunk is cut off, or there are too many.

    Source:
        RFC 9649, §2.
    """
    end = min(int.from_bytes(data[4:8], "little") + 8, len(data))
    kept = [b"WEBP"]
    position = 12
    for _ in range(LIMITS.chunks):
        if position + 8 > end:
            body = b"".join(kept)
            return b"RIFF" + struct.pack("<I", len(body)) + body
        kind, length = struct.unpack_from("<4sI", data, position)
        start = position + 8
        if start + length > end:
            raise CorruptImage("A chunk reaches past the end of the file.")
        position = start + length + (length & 1)
        payload = data[start : start + length]
        if kind == _EXIF:
            head = _EXIF_HEAD if payload.startswith(_EXIF_HEAD) else b""
            payload = head + strip_exif(payload[len(head) :], lambda inner: strip_within(inner, 1))
        elif kind == _XMP:
            payload = strip_xmp(payload)
        elif kind not in _PICTURE:
            continue
        kept += (kind, struct.pack("<I", length), payload, bytes(length & 1))
    raise CorruptImage("The file has too many chunks.")
