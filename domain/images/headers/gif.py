"""Walk the blocks of a GIF file."""

from domain.errors.files import CorruptImage
from domain.images.gif_blocks import SCREEN_BYTES, count_palette_bytes, skip_blocks
from domain.images.headers import Header
from domain.limits import STRUCTURE

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
    if len(data) < SCREEN_BYTES:
        raise CorruptImage("The file ends within its header.")
    width = int.from_bytes(data[6:8], "little")
    height = int.from_bytes(data[8:10], "little")
    if not width or not height:
        raise CorruptImage("The picture has no size.")
    frames, has_alpha = _walk(data, SCREEN_BYTES + count_palette_bytes(data[10]))
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
            palette_bytes = count_palette_bytes(block[-1])
            end = skip_blocks(data, position + 11 + palette_bytes, budget)
        elif code == _EXTENSION:
            if not frames and len(block) > 3 and block[1] == _GRAPHIC_CONTROL:
                has_alpha = bool(block[3] & 1)
            end = skip_blocks(data, position + 2, budget)
        else:  # The trailer, or what no decoder reads on from.
            break
        frames += code == _IMAGE
        position = end
    return frames, has_alpha
