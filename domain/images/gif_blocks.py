"""The blocks that a GIF file is made of.

Source: GIF89a specification (CompuServe, 1990), §15, §17 and §19.
"""

from collections.abc import Iterator

from domain.errors.files import CorruptImage

SCREEN_BYTES = 13
"""Bytes of the signature and the logical screen descriptor, which begin a file."""


def skip_blocks(data: bytes, position: int, budget: Iterator[int]) -> int:
    """Walk over data sub-blocks.

    Args:
        data: The file.
        position: Where the first one begins, in bytes.
        budget: One is taken for each.

    Returns:
        The position behind the block that ends them.

    Raises:
        CorruptImage: They are cut off, or there are more than the budget allows.
    """
    for _ in budget:
        if position >= len(data):
            raise CorruptImage("The file ends before the end of the picture.")
        length = data[position]
        position += 1 + length
        if not length:
            return position
    raise CorruptImage("The file has too many blocks.")


def count_palette_bytes(flags: int) -> int:
    """Work out the size of the colour table that a descriptor's flags announce, in bytes."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
