"""Finds tiles of HEIC files that libheif could not decode.

libheif leaves such a tile as zeros and reports success: black, or green where the zeros are luma
and chroma. So where such an area shows, the tiles are decoded one by one.
"""

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import box_budget, read_top_boxes
from domain.images.containers.heif_index import Item, read_index
from domain.images.formats import ImageFormat
from domain.images.opencv import Pixels
from domain.images.pillow import open_picture

_IS_HIDDEN = 1
_FLAGS_AT = 3
_SAMPLE_PX = 4
_ZERO, _GREENS = 2, (60, 160)  # Zeros in the matrices of H.273.
_LEAST_SHARE_OF_A_TILE = 0.02  # A tile at the edge may lie outside for the most part.


def lacks_tiles(data: bytes, pixels: Pixels) -> bool:
    """Return whether a tile of the primary picture of a HEIC cannot be decoded.

    Args:
        pixels: The decoded picture: gray or RGB.
    """
    try:
        tiles = _read_tiles(data)
    except CorruptImage:
        return False
    if not tiles or _share_of_empty(pixels) < _LEAST_SHARE_OF_A_TILE / len(tiles):
        return False
    shown = bytearray(data)
    for tile in tiles:
        shown[tile.box.body + _FLAGS_AT] &= ~_IS_HIDDEN & 0xFF
    try:
        with open_picture(bytes(shown), ImageFormat.HEIC) as picture:
            for number in range(getattr(picture, "n_frames", 1)):
                picture.seek(number)
                picture.load()
    except CorruptImage:
        return True
    return False


def _share_of_empty(pixels: Pixels) -> float:
    """Return the share of pixels that zeros may have become, by every fourth row and column."""
    sample = pixels[::_SAMPLE_PX, ::_SAMPLE_PX]
    if sample.ndim == 2:
        return float((sample <= _ZERO).mean())
    red, green, blue = (sample[..., channel] for channel in range(3))
    is_green = (green > _GREENS[0]) & (green < _GREENS[1])
    return float(((red <= _ZERO) & (blue <= _ZERO) & ((green <= _ZERO) | is_green)).mean())


def _read_tiles(data: bytes) -> list[Item]:
    """Read the items of which the primary picture is made; none if it has no tiles."""
    top, _ = read_top_boxes(data, box_budget())
    index = read_index(data, top, box_budget())
    if index is None:
        return []
    numbers = {
        target
        for of in index.references
        if of.kind == b"dimg" and of.source == index.primary
        for target in of.targets
    }
    return [item for item in index.items if item.number in numbers]
