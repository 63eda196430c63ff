"""The blocks of a GIF file."""

from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.limits import STRUCTURE

IMAGE, EXTENSION = 0x2C, 0x21
_SCREEN_BYTES = 13


class Block(msgspec.Struct, frozen=True):
    """A frame or an extension.

    Attributes:
        kind: ``IMAGE`` or ``EXTENSION``.
        start: Start of the block, in bytes.
        end: End of the block; its data sub-blocks are included.
    """

    kind: int
    start: int
    end: int


def screen_end(data: bytes) -> int:
    """Return the end of the signature, the screen descriptor and the global colour table.

    Raises:
        CorruptImage: The file ends before.

    Source:
        GIF89a specification (CompuServe, 1990), §17 to §19.
    """
    if len(data) < _SCREEN_BYTES:
        raise CorruptImage("The file ends within its header.")
    return _SCREEN_BYTES + _palette_bytes(data[10])


def walk_blocks(data: bytes) -> Iterator[Block]:
    """Walk the blocks up to the end marker, or to what no decoder reads on from.

    Args:
        data: The file. Its end marker may be missing, which is common.

    Yields:
        The frames and extensions.

    Raises:
        CorruptImage: A block is cut off, or there are too many.

    Source:
        GIF89a specification (CompuServe, 1990), §15 to §27.
    """
    position = screen_end(data)
    budget = iter(range(STRUCTURE.gif_blocks))
    while position < len(data) and data[position] in {IMAGE, EXTENSION}:
        start, kind = position, data[position]
        position += 2
        if kind == IMAGE:
            descriptor = data[start : start + 10]
            position = start + 11 + _palette_bytes(descriptor[-1])
        position = _skip_sub_blocks(data, position, budget)
        yield Block(kind, start, position)


def _skip_sub_blocks(data: bytes, position: int, budget: Iterator[int]) -> int:
    """Return the position after the empty block that ends data sub-blocks."""
    for _ in budget:
        if position >= len(data):
            raise CorruptImage("The file ends before the end of the picture.")
        length = data[position]
        position += 1 + length
        if not length:
            return position
    raise CorruptImage("The file has too many blocks.")


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
