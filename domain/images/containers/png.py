"""The chunks of a PNG file."""

import struct
import zlib
from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.limits import STRUCTURE

SIGNATURE_BYTES = 8


class Chunk(msgspec.Struct, frozen=True):
    """A chunk.

    Attributes:
        kind: Four letters.
        at: Position of its length field, in bytes.
        start: Start of the payload.
        end: End of the payload; a checksum of 4 bytes follows.
    """

    kind: bytes
    at: int
    start: int
    end: int


def walk_chunks(data: bytes) -> Iterator[Chunk]:
    """Walk the chunks from the first one to the end chunk.

    Yields:
        The chunks. The last one is ``IEND``.

    Raises:
        CorruptImage: The file ends before its end chunk, or there are too many chunks.

    Source:
        Portable Network Graphics (PNG) Specification, third edition, §5.
    """
    position = SIGNATURE_BYTES
    for _ in range(STRUCTURE.png_chunks):
        start = position + 8
        kind = data[position + 4 : start]
        end = start + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data) or len(kind) != 4:
            raise CorruptImage("The file ends before the end of the picture.")
        yield Chunk(kind, position, start, end)
        if kind == b"IEND":
            return
        position = end + 4
    raise CorruptImage("The file has too many chunks.")


def write_chunk(kind: bytes, payload: bytes) -> bytes:
    """Write a chunk with its length and checksum."""
    checksum = zlib.crc32(payload, zlib.crc32(kind))
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", checksum)
