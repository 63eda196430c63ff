"""Where formats keep the place that a picture was taken at, and how it goes out of each.

Blocks of metadata keep their length, so that whatever points past them stays right. What a block
says of other things stays as well, as far as the block can be understood; what cannot be
understood goes as a whole.
"""

import re

import msgspec

PLACE_NAME = re.compile(
    r"gps|latitude|longitude|altitude|geo_?(?:tag|location|hash|data|name|ref)|coordinates"
    r"|^location|location(?:name|id)?$|^sub-?location|^city$|^state$|^country|^province"
    r"|^worldregion$|^locality$|^landmark$",
    re.IGNORECASE,
)
"""Names of properties that tell a place, as coordinates or in words."""


class NotUnderstood(Exception):
    """A block of metadata is damaged, or far larger than an honest one."""


class Limits(msgspec.Struct, frozen=True):
    """How far blocks are followed. No honest file comes near these.

    Attributes:
        directory_entries: Entries of all tag directories of one TIFF structure.
        depth: How deep pictures lie within pictures.
        xmp_bytes: Bytes of one XMP packet.
        text_bytes: Bytes of a compressed text, once it is unpacked.
        items: Items of a HEIC or AVIF file.
        extents: Pieces that these lie in.
        segments: Markers of a JPEG file, those of the pictures behind it included.
        chunks: Chunks of a PNG or WebP, blocks of a GIF, boxes of a HEIC or AVIF.
    """

    directory_entries: int = 500_000
    depth: int = 3
    xmp_bytes: int = 4 * 1024 * 1024
    text_bytes: int = 16 * 1024 * 1024
    items: int = 100_000
    extents: int = 200_000
    segments: int = 40_000
    chunks: int = 500_000


LIMITS = Limits()
