"""Take places out of PNG files."""

import struct
import zlib

from domain.errors.files import CorruptImage
from domain.images.positions import LIMITS, PLACE_NAME
from domain.images.positions.jpeg import strip_within
from domain.images.positions.tiff import strip_exif
from domain.images.positions.xmp import strip_xmp

_SIGNATURE_BYTES = 8
_XMP = b"XML:com.adobe.xmp"
_RAW_PROFILE = b"Raw profile type "  # As ImageMagick writes EXIF, IPTC and XMP: as hex digits.
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
# Colour, size, time and animation: every chunk that need not be understood and tells no place.
_HARMLESS = frozenset(
    b"tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi bKGD hIST pHYs sPLT tIME "
    b"acTL fcTL fdAT oFFs pCAL sCAL sTER".split()
)
_CRITICAL = frozenset(range(ord("A"), ord("Z") + 1))


def strip_png(data: bytes) -> bytes:
    """Take the place out of a PNG file.

    Chunks of makers are left out, as is what follows the last chunk.

    Raises:
        CorruptImage: A chunk is cut off, or there are too many.

    Source:
        Portable Network Graphics (PNG) Specification, third edition, §5 and §11.
    """
    kept, has_xmp = [data[:_SIGNATURE_BYTES]], False
    position = _SIGNATURE_BYTES
    for _ in range(LIMITS.chunks):
        start, kind = position + 8, data[position + 4 : position + 8]
        end = start + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data):
            raise CorruptImage("The file ends before the end of the picture.")
        if kind[0] in _CRITICAL or kind in _HARMLESS:
            kept.append(data[position : end + 4])
        elif not (has_xmp and data.startswith(_XMP, start)):  # One packet is all that there is.
            has_xmp = has_xmp or data.startswith(_XMP, start)
            kept.append(_strip_chunk(kind, data[start:end]))
        if kind == b"IEND":
            return b"".join(kept)
        position = end + 4
    raise CorruptImage("The file has too many chunks.")


def _strip_chunk(kind: bytes, payload: bytes) -> bytes:
    """Write a chunk anew without its place; nothing for one that goes."""
    if kind == b"eXIf":
        return _write_chunk(kind, strip_exif(payload, lambda inner: strip_within(inner, 1)))
    if kind not in _TEXTS:
        return b""
    keyword, _, text = payload.partition(b"\x00")
    if keyword == _XMP:
        return _strip_packet(kind, text)
    if keyword.startswith(_RAW_PROFILE) or PLACE_NAME.search(keyword.decode("latin-1")):
        return b""
    return _write_chunk(kind, payload)


def _strip_packet(kind: bytes, text: bytes) -> bytes:
    if kind != b"iTXt" or len(text) < 2:
        return b""
    is_compressed, fields = text[0], text[2:]
    language, _, rest = fields.partition(b"\x00")
    translated, _, packet = rest.partition(b"\x00")
    if is_compressed:
        inflate = zlib.decompressobj()
        try:
            packet = inflate.decompress(packet, LIMITS.text_bytes)
        except zlib.error:
            return b""
        if inflate.unconsumed_tail:
            return b""
    head = b"\x00".join((_XMP, b"\x00\x00" + language, translated, b""))
    return _write_chunk(kind, head + strip_xmp(packet))


def _write_chunk(kind: bytes, payload: bytes) -> bytes:
    checksum = zlib.crc32(payload, zlib.crc32(kind))
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", checksum)
