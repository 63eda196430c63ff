"""Header of a GIF file."""

from domain.errors.files import CorruptImage
from domain.images.containers.gif import IMAGE, screen_end, walk_blocks
from domain.images.header import Header

_GRAPHIC_CONTROL = 0xF9


def read_gif(data: bytes) -> Header:
    """Read the dimensions, count the frames, and check that no block is cut off.

    Args:
        data: The file. A missing end marker is common and accepted.

    Returns:
        Its header; the screen is the size.

    Raises:
        CorruptImage: There is no frame, or a block is cut off.

    Source:
        GIF89a specification (CompuServe, 1990), §17 to §27.
    """
    screen_end(data)
    width = int.from_bytes(data[6:8], "little")
    height = int.from_bytes(data[8:10], "little")
    if not width or not height:
        raise CorruptImage("The picture has no size.")
    frames, has_alpha = 0, False
    for block in walk_blocks(data):
        if block.kind == IMAGE:
            frames += 1
        elif not frames and data[block.start + 1] == _GRAPHIC_CONTROL:
            has_alpha = block.end > block.start + 3 and bool(data[block.start + 3] & 1)
    if not frames:
        raise CorruptImage("The file holds no picture.")
    return Header(width, height, frames=frames, has_alpha=has_alpha)
