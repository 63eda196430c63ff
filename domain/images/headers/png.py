"""Header of a PNG file."""

from domain.errors.files import CorruptImage
from domain.images.containers.png import walk_chunks
from domain.images.containers.tiff import find_orientation
from domain.images.header import Header

_ALPHA_COLOR_TYPES = frozenset({4, 6})
_PIXELS = frozenset({b"IDAT", b"fdAT"})


def read_png(data: bytes) -> Header:
    """Read the dimensions and check that every chunk is whole.

    Args:
        data: The file; the first picture of an animation counts.

    Raises:
        CorruptImage: A chunk is missing, cut off or out of place.

    Source:
        Portable Network Graphics (PNG) Specification, third edition, §5 and §11.
    """
    chunks, metadata_bytes = _read_chunks(data)
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
        orientation=find_orientation(exif) or 1,
        has_alpha=header[9] in _ALPHA_COLOR_TYPES or b"tRNS" in chunks,
        exif=exif,
        metadata_bytes=metadata_bytes,
    )


def _read_chunks(data: bytes) -> tuple[dict[bytes, bytes], int]:
    """Return the first chunk of each kind, and the bytes of all chunks that hold no pixels."""
    chunks: dict[bytes, bytes] = {}
    metadata_bytes = 0
    for chunk in walk_chunks(data):
        if not chunks and chunk.kind != b"IHDR":
            raise CorruptImage("The file does not begin with its header.")
        if chunk.kind in _PIXELS:
            chunks.setdefault(chunk.kind, b"")
        else:
            metadata_bytes += chunk.end - chunk.start
            if chunk.kind not in chunks:
                chunks[chunk.kind] = data[chunk.start : chunk.end]
    return chunks, metadata_bytes
