"""Header of a BMP file."""

from domain.errors.files import CorruptImage
from domain.images.containers.bmp import read_layout
from domain.images.header import Header


def read_bmp(data: bytes) -> Header:
    """Read the dimensions and check that uncompressed rows are complete.

    Raises:
        CorruptImage: The header makes no sense, or the rows end early.
    """
    layout = read_layout(data)
    if layout.width <= 0 or not layout.height:
        raise CorruptImage("The picture has no size.")
    if not layout.is_compressed and layout.pixels[1] > len(data):
        raise CorruptImage("The file ends before the end of the picture.")
    return Header(layout.width, layout.height)
