"""Walk the chunks of a PNG file."""

from domain.errors import CorruptImage
from domain.images.headers import Header
from domain.images.headers.ifd import read_orientation

_SIGNATURE_BYTES = 8
_CHUNK_BYTES = 12
_ALPHA_COLOR_TYPES = frozenset({4, 6})
_MAX_CHUNKS = 200_000


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
    chunks = _walk(data)
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
    )


def _walk(data: bytes) -> dict[bytes, bytes]:
    """Find the first chunk of each type; pixel data is only noted."""
    chunks: dict[bytes, bytes] = {}
    position = _SIGNATURE_BYTES
    for _ in range(_MAX_CHUNKS):
        kind = data[position + 4 : position + 8]
        start = position + 8
        end = start + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data) or len(kind) != 4:
            raise CorruptImage("The file ends before the end of the picture.")
        if kind == b"IEND":
            return chunks
        if not chunks and kind != b"IHDR":
            raise CorruptImage("The file does not begin with its header.")
        chunks.setdefault(kind, b"" if kind in {b"IDAT", b"fdAT"} else data[start:end])
        position = start - 8 + _CHUNK_BYTES + (end - start)
    raise CorruptImage("The file has too many chunks.")
