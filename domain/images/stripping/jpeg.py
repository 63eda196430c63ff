"""Strips the metadata of JPEG files."""

from domain.errors.files import CorruptImage
from domain.images.containers.jpeg import (
    APP0,
    APP1,
    APP2,
    APP14,
    EOI,
    EXIF,
    SOS,
    walk_segments,
)
from domain.images.containers.tiff import find_orientation, write_orientation

# Frames, tables, scans, restarts and hierarchy: every segment that decoders need.
_CODED = frozenset(range(0xC0, 0xE0)) - {0xC8} - frozenset(range(0xD0, 0xDA))
_JFIF, _PROFILE, _ADOBE = b"JFIF\x00", b"ICC_PROFILE\x00", b"Adobe"
_JFIF_BYTES, _ADOBE_BYTES = 12, 12


def strip_jpeg(data: bytes) -> bytes:
    """Keep the coded picture, its orientation, its colours and its density.

    Everything behind the end marker is dropped.

    Args:
        data: The file; one that is cut off, or damaged within its scans, is kept as far as it
            goes.

    Raises:
        CorruptImage: There is no scan, or there are too many markers.

    Source:
        ITU-T T.81, annex B; ITU-T T.871 for JFIF.
    """
    parts = [b"\xff\xd8"]
    has_exif = has_scan = False
    for segment in walk_segments(data):
        if segment.code == EOI:
            parts.append(data[segment.at : segment.end])
        elif segment.code in _CODED:
            is_scan = segment.code == SOS
            has_scan = has_scan or is_scan
            parts.append(data[segment.at : segment.coded_end if is_scan else segment.end])
        elif not (has_exif and segment.code == APP1):
            payload = data[segment.start : segment.end]
            has_exif = has_exif or (segment.code == APP1 and payload.startswith(EXIF))
            kept = _strip_payload(segment.code, payload)
            if kept:
                parts += (bytes((0xFF, segment.code)), (len(kept) + 2).to_bytes(2, "big"), kept)
    if not has_scan:
        raise CorruptImage("The file holds no picture.")
    return b"".join(parts)


def _strip_payload(code: int, payload: bytes) -> bytes:
    """Return the part of an application segment that stays; nothing if all of it goes."""
    if code == APP1 and payload.startswith(EXIF):
        orientation = find_orientation(payload.removeprefix(EXIF))
        return EXIF + write_orientation(orientation) if orientation else b""
    if code == APP0 and payload.startswith(_JFIF):  # Version and density, no thumbnail.
        return payload[:_JFIF_BYTES].ljust(_JFIF_BYTES, b"\x00") + b"\x00\x00"
    if code == APP2 and payload.startswith(_PROFILE):
        return payload
    if code == APP14 and payload.startswith(_ADOBE):
        return payload[:_ADOBE_BYTES]
    return b""
