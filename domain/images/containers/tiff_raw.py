"""Camera raw files that begin as TIFF: CR2, DNG, NEF, ARW, PEF, SRW and their like.

Their first page is often a small preview, which is not the picture.

Source: Adobe, "Digital Negative (DNG) Specification" 1.7; the tables of ExifTool.
"""

from itertools import islice

from domain.errors.files import CorruptImage
from domain.images.containers.tiff_directories import Layout, read_tags, walk_directories

_CANON = b"CR"  # Behind the header of a CR2.
_COMPRESSION, _PHOTOMETRIC, _SUB_DIRECTORIES, _DNG_VERSION = 259, 262, 330, 50706
_READ = frozenset({_COMPRESSION, _PHOTOMETRIC, _SUB_DIRECTORIES, _DNG_VERSION})
_RAW_PHOTOMETRICS = frozenset({32803, 34892})  # Colour filter array, linear raw.
_RAW_COMPRESSIONS = frozenset({32767, 32769, 32770, 34713, 65535})  # Sony, Samsung, Nikon, Pentax.
_MAX_DIRECTORIES = 16


def is_raw_tiff(data: bytes, layout: Layout) -> bool:
    """Return whether a TIFF holds the unprocessed pixels of a camera's sensor."""
    if data.startswith(_CANON, 8):
        return True
    starts = [of.start for of in islice(walk_directories(data, layout), _MAX_DIRECTORIES)]
    for number, start in enumerate(starts):
        try:
            tags = read_tags(data, layout, _READ, start)
        except CorruptImage:
            continue
        if (
            _DNG_VERSION in tags
            or tags.get(_PHOTOMETRIC, (0,))[0] in _RAW_PHOTOMETRICS
            or tags.get(_COMPRESSION, (1,))[0] in _RAW_COMPRESSIONS
        ):
            return True
        if number < _MAX_DIRECTORIES:
            starts += tags.get(_SUB_DIRECTORIES, ())[:_MAX_DIRECTORIES]
    return False
