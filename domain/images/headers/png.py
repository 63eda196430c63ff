"""Walk the chunks of a PNG file."""

from domain.errors.files import CorruptImage
from domain.images.headers import Header
from domain.images.headers.ifd import read_orientation
from domain.limits import STRUCTURE

_SIGNATURE_BYTES = 8
_CHUNK_BYTES = 12
_ALPHA_COLOR_TYPES = frozenset({4, 6})
_PIXELS = frozenset({b"IDAT", b"fdAT"})


def read_png(data: bytes) -> Header:
    """Read the dimensions and make sure that every chunk is whole, to the last.

    Args:
        data: The file; of an animated one the first picture counts.

    Returns:
        Its header.

    Raises:
        CorruptImage: A chunk is missing, cut off or out of place.

    Source:
        Portable Network Graphics (PNG) Specification, third edition, §5 and §11.
    """
    chunks, metadata_bytes = _walk(data)
    header = chunks.get(b"IHDR", b"")
    if len(header) != 13:
        raise CorruptImage("The file does not begin with its header.")
    if b"IDAT" not in chunks:
        raise CorruptImage("The file holds no picture.")
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    if not width or not height:
        raise CorruptImage("The picture has no size.")
    exif = chunks.get(b"eXIf")
    return Header(
        width,
        height,
        frames=max(int.from_bytes(chunks.get(b"acTL", b"")[:4], "big"), 1),
        orientation=read_orientation(exif),
        has_alpha=header[9] in _ALPHA_COLOR_TYPES or b"tRNS" in chunks,
        exif=exif,
        metadata_bytes=metadata_bytes,
    )


def _walk(data: bytes) -> tuple[dict[bytes, bytes], int]:
    """Find the first chunk of each type and count the bytes of all that are no pixels."""
    chunks: dict[bytes, bytes] = {}
    metadata_bytes = 0
    position = _SIGNATURE_BYTES
    for _ in range(STRUCTURE.png_chunks):
        kind = data[position + 4 : position + 8]
        start = position + 8
        end = start + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data) or len(kind) != 4:
            raise CorruptImage("The file ends before the end of the picture.")
        if kind == b"IEND":
            return chunks, metadata_bytes
        if not chunks and kind != b"IHDR":
            raise CorruptImage("The file does not begin with its header.")
        if kind in _PIXELS:
            chunks.setdefault(kind, b"")
        else:
            metadata_bytes += end - start
            if kind not in chunks:
                chunks[kind] = data[start:end]
        position = start - 8 + _CHUNK_BYTES + (end - start)
    raise CorruptImage("The file has too many chunks.")
