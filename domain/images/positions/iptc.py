"""Take places out of IPTC records, and out of Photoshop's blocks that hold them."""

import struct
from collections.abc import Callable

from domain.images.positions import NotUnderstood
from domain.images.positions.xmp import strip_xmp

_MARKER = 0x1C
_APPLICATION_RECORD = 2
# Content location code and name, city, sub-location, state, country code and name.
_PLACES = frozenset({26, 27, 90, 92, 95, 100, 101})
_EXTENDED = 0x8000

_IPTC, _EXIF, _EXIF_3, _XMP = 0x0404, 0x0422, 0x0423, 0x0424
_SIGNATURES = frozenset({b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa"})


def strip_iptc(records: bytes) -> bytes:
    """Leave the data sets out that name a place.

    Returns:
        As many bytes, with zeros at the end for what is gone; all zeros where the records are
        damaged.

    Source:
        IPTC-NAA Information Interchange Model, version 4, §1.5 and §6.
    """
    kept = bytearray()
    position = 0
    while position + 5 <= len(records) and records[position] == _MARKER:
        record, data_set, length = struct.unpack_from(">BBH", records, position + 1)
        end = position + 5 + length
        if length & _EXTENDED or end > len(records):
            return bytes(len(records))
        if record != _APPLICATION_RECORD or data_set not in _PLACES:
            kept += records[position:end]
        position = end
    if records[position:].strip(b"\x00"):
        return bytes(len(records))
    return bytes(kept.ljust(len(records), b"\x00"))


def strip_photoshop(blocks: bytes, strip_exif: Callable[[bytes], bytes]) -> bytes:
    """Take places out of Photoshop's image resource blocks.

    Args:
        blocks: The blocks, one after another.
        strip_exif: Does the same for an EXIF block.

    Returns:
        As many bytes.

    Raises:
        NotUnderstood: A block is damaged.

    Source:
        Adobe Photoshop File Formats Specification, "Image Resource Blocks".
    """
    stripped = bytearray(blocks)
    strippers = {_IPTC: strip_iptc, _XMP: strip_xmp, _EXIF: strip_exif, _EXIF_3: strip_exif}
    position = 0
    while position < len(blocks):
        if blocks[position : position + 4] not in _SIGNATURES:
            if blocks[position:].strip(b"\x00"):
                raise NotUnderstood
            break
        try:
            (kind,) = struct.unpack_from(">H", blocks, position + 4)
            name_bytes = blocks[position + 6] + 1
            position += 6 + name_bytes + (name_bytes & 1)
            (length,) = struct.unpack_from(">I", blocks, position)
        except (struct.error, IndexError) as error:
            raise NotUnderstood from error
        start, end = position + 4, position + 4 + length
        if end > len(blocks):
            raise NotUnderstood
        if kind in strippers:
            stripped[start:end] = strippers[kind](blocks[start:end])
        position = end + (length & 1)
    return bytes(stripped)
