"""Walk the blocks of a GIF file."""

from collections.abc import Iterator

from domain.errors import CorruptImage
from domain.images.headers import Header
from domain.limits import STRUCTURE

_SCREEN_BYTES = 13
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL = 0xF9


def read_gif(data: bytes) -> Header:
    """Read the dimensions, count the frames, and make sure that no block is cut off.

    A missing end marker is common and no reason to refuse.

    Args:
        data: The file.

    Returns:
        Its header; the screen is the size.

    Raises:
        CorruptImage: There is no frame, or a block is cut off.

    Source:
        GIF89a specification (CompuServe, 1990), §17 to §27.
    """
    if len(data) < _SCREEN_BYTES:
        raise CorruptImage("The file ends within its header.")
    width = int.from_bytes(data[6:8], "little")
    height = int.from_bytes(data[8:10], "little")
    if not width or not height:
        raise CorruptImage("The picture has no size.")
    frames, has_alpha = _walk(data, _SCREEN_BYTES + _count_palette_bytes(data[10]))
    if not frames:
        raise CorruptImage("The file holds no picture.")
    return Header(width, height, frames=frames, has_alpha=has_alpha)


def _walk(data: bytes, position: int) -> tuple[int, bool]:
    frames, has_alpha = 0, False
    budget = iter(range(STRUCTURE.gif_blocks))
    while position < len(data):
        code = data[position]
        block = data[position : position + 10]
        if code == _IMAGE:
            palette_bytes = _count_palette_bytes(block[-1])
            end = _skip_blocks(data, position + 11 + palette_bytes, budget)
        elif code == _EXTENSION:
            if not frames and len(block) > 3 and block[1] == _GRAPHIC_CONTROL:
                has_alpha = bool(block[3] & 1)
            end = _skip_blocks(data, position + 2, budget)
        else:  # The trailer, or what no decoder reads on from.
            break
        frames += code == _IMAGE
        position = end
    return frames, has_alpha


def _skip_blocks(data: bytes, position: int, budget: Iterator[int]) -> int:
    for _ in budget:
        if position >= len(data):
            raise CorruptImage("The file ends before the end of the picture.")
        length = data[position]
        position += 1 + length
        if not length:
            return position
    raise CorruptImage("The file has too many blocks.")


def _count_palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
