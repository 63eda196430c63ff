"""Strips the metadata of PNG files."""

from domain.images.containers.png import SIGNATURE_BYTES, Chunk, walk_chunks, write_chunk
from domain.images.containers.tiff import find_orientation, write_orientation

_EXIF = b"eXIf"
# The picture, its transparency and animation; its colours; the shape of its pixels.
_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS acTL fcTL fdAT "
    b"cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi pHYs".split()
)


def strip_png(data: bytes) -> bytes:
    """Keep the picture, its orientation, its colours and the shape of its pixels.

    Raises:
        CorruptImage: A chunk is cut off, or there are too many.

    Source:
        Portable Network Graphics (PNG) Specification, third edition, §5 and §11.
    """
    parts = [data[:SIGNATURE_BYTES]]
    has_exif = False
    for chunk in walk_chunks(data):
        if chunk.kind in _KEPT:
            parts.append(data[chunk.at : chunk.end + 4])
        elif chunk.kind == _EXIF and not has_exif:
            has_exif = True
            parts.append(_strip_exif(data, chunk))
    return b"".join(parts)


def _strip_exif(data: bytes, chunk: Chunk) -> bytes:
    orientation = find_orientation(data[chunk.start : chunk.end])
    return write_chunk(_EXIF, write_orientation(orientation)) if orientation else b""
