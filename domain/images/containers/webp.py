"""The chunks of a WebP file."""

import struct
from collections.abc import Iterator

from domain.errors.files import CorruptImage
from domain.limits import STRUCTURE

EXIF_HEAD = b"Exif\x00\x00"
"""Some writers put it before the EXIF block, although the format has no such prefix."""
RIFF_BYTES = 12


def declared_end(data: bytes) -> int:
    """Return the end of the file as its header declares it, in bytes.

    Raises:
        CorruptImage: The file is shorter.
    """
    end = int.from_bytes(data[4:8], "little") + 8
    if len(data) < end or end < RIFF_BYTES:
        raise CorruptImage("The file ends before the end of the picture.")
    return end


def walk_chunks(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Walk chunks that follow one another.

    Args:
        data: The file.
        position: Start of the first chunk, in bytes.
        end: End of the last chunk.

    Yields:
        Four letters and the payload of each chunk.

    Raises:
        CorruptImage: A chunk is cut off, or there are too many.

    Source:
        RFC 9649, WebP image format, §2.
    """
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


def write_chunk(kind: bytes, payload: bytes) -> bytes:
    """Write a chunk with its length and padding."""
    return kind + struct.pack("<I", len(payload)) + payload + bytes(len(payload) & 1)
