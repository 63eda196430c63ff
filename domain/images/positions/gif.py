"""Take places out of GIF files."""

from domain.errors.files import CorruptImage
from domain.images.gif_blocks import SCREEN_BYTES, count_palette_bytes, skip_blocks
from domain.images.positions import LIMITS, PLACE_NAME
from domain.images.positions.xmp import strip_xmp

_EXTENSION, _IMAGE = 0x21, 0x2C
_COMMENT, _APPLICATION = 0xFE, 0xFF
_XMP = b"\x0bXMP DataXMP"
_XMP_TRAILER = bytes((1, *range(255, -1, -1)))
_HARMLESS = (b"\x0bNETSCAPE2.0", b"\x0bANIMEXTS1.0", b"\x0bICCRGBG1012")


def strip_gif(data: bytes) -> bytes:
    """Take the place out of a GIF file.

    Extensions that are neither of the format nor about loops or colours are left out, as are
    comments that speak of a place, and what follows the last block.

    Raises:
        CorruptImage: A block is cut off, or there are too many.

    Source:
        GIF89a specification (CompuServe, 1990), §17 to §27; ISO 16684-3, §1.1.2 for XMP.
    """
    if len(data) < SCREEN_BYTES:
        raise CorruptImage("The file ends within its header.")
    position = SCREEN_BYTES + count_palette_bytes(data[10])
    kept = [data[:position]]
    budget = iter(range(LIMITS.chunks))
    while position < len(data) and data[position] in {_EXTENSION, _IMAGE}:
        block = data[position : position + 14]
        if block[0] == _IMAGE:
            palette_bytes = count_palette_bytes(block[9] if len(block) > 9 else 0)
            end = skip_blocks(data, position + 11 + palette_bytes, budget)
            kept.append(data[position:end])
        elif block[2:] == _XMP:
            end = skip_blocks(data, position + 2, budget)
            packet_end = data.find(_XMP_TRAILER, position, end)
            if packet_end + len(_XMP_TRAILER) + 1 == end:
                packet = strip_xmp(data[position + 14 : packet_end])
                kept += (block, packet, data[packet_end:end])
        else:
            end = skip_blocks(data, position + 2, budget)
            if _is_harmless(data[position:end]):
                kept.append(data[position:end])
        position = end
    kept.append(b"\x3b")
    return b"".join(kept)


def _is_harmless(block: bytes) -> bool:
    if block[1] == _COMMENT:
        return PLACE_NAME.search(block[2:].decode("latin-1")) is None
    return block[1] != _APPLICATION or block[2:].startswith(_HARMLESS)
