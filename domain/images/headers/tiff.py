"""Header of a TIFF file."""

from domain.errors.files import CorruptImage
from domain.images.containers.tiff import (
    ORIENTATION,
    count_directories,
    read_layout,
    read_tags,
)
from domain.images.header import Header

_WIDTH, _HEIGHT, _SAMPLES, _EXTRA_SAMPLES = 256, 257, 277, 338
_BITS, _PALETTE, _JPEG_TABLES = 258, 320, 347
_STRIPS, _TILES = (273, 279), (324, 325)
_TAGS = frozenset(
    {
        *(_WIDTH, _HEIGHT, _BITS, _SAMPLES, _EXTRA_SAMPLES, ORIENTATION),
        *(_PALETTE, _JPEG_TABLES, *_STRIPS, *_TILES),
    }
)


def read_tiff(data: bytes) -> Header:
    """Read the dimensions and check that every strip or tile lies within the file.

    Args:
        data: The file, classic or BigTIFF; of several pages the first counts.

    Raises:
        CorruptImage: The directory is damaged, or pixels lie outside the file.

    Source:
        TIFF revision 6.0.
    """
    layout = read_layout(data)
    tags = read_tags(data, layout, _TAGS)
    width, height = (tags.get(tag, (0,))[0] for tag in (_WIDTH, _HEIGHT))
    if not width or not height:
        raise CorruptImage("The picture has no size.")
    _check_pixels(data, tags)
    orientation = tags.get(ORIENTATION, (1,))[0]
    return Header(
        width,
        height,
        frames=count_directories(data, layout),
        orientation=orientation if 1 <= orientation <= 8 else 1,
        has_alpha=_EXTRA_SAMPLES in tags and tags.get(_SAMPLES, (1,))[0] in {2, 4},
        exif=data,
    )


def _check_pixels(data: bytes, tags: dict[int, tuple[int, ...]]) -> None:
    pieces = 0
    for offsets_tag, lengths_tag in (_STRIPS, _TILES):
        offsets, lengths = tags.get(offsets_tag, ()), tags.get(lengths_tag, ())
        pieces += len(offsets)
        if any(start + length > len(data) for start, length in zip(offsets, lengths, strict=False)):
            raise CorruptImage("The file ends before the end of the picture.")
    if not pieces:
        raise CorruptImage("The file holds no picture.")
