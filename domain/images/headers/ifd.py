"""The tag directories of TIFF files and EXIF blocks, read with bounds."""

import struct
from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.limits import STRUCTURE

ORIENTATION = 274

# Field type: bytes of one value, struct code; those that are unsigned integers or plain bytes.
_INTEGERS = {
    1: (1, "B"),
    3: (2, "H"),
    4: (4, "I"),
    7: (1, "B"),
    13: (4, "I"),
    16: (8, "Q"),
    18: (8, "Q"),
}

Directory = dict[int, tuple[int, ...]]
"""Integer values by tag number; tags of other types are left out."""


class Layout(msgspec.Struct, frozen=True):
    """How numbers are laid out in a file.

    Attributes:
        order: ``<`` or ``>``, as in ``struct``.
        big: Whether offsets have 64 bits (BigTIFF).
        first: Where the first directory begins, in bytes.
    """

    order: str
    big: bool
    first: int


def read_layout(data: bytes) -> Layout:
    """Read the eight or sixteen bytes that every TIFF structure begins with.

    Raises:
        CorruptImage: It is no TIFF structure.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    try:
        if order is not None:
            (magic,) = struct.unpack_from(f"{order}H", data, 2)
            if magic == 42:
                return Layout(order, big=False, first=struct.unpack_from(f"{order}I", data, 4)[0])
            if magic == 43:
                return Layout(order, big=True, first=struct.unpack_from(f"{order}Q", data, 8)[0])
    except struct.error as error:
        raise CorruptImage("The TIFF header is incomplete.") from error
    raise CorruptImage("The TIFF header is damaged.")


def read_directory(data: bytes, layout: Layout, tags: frozenset[int]) -> Directory:
    """Read some integer tags of the first directory.

    Args:
        data: The TIFF structure.
        layout: As read from its beginning.
        tags: The tags to read; all others cost nothing.

    Returns:
        The values of those that are there. Arrays of more than a million are left out.

    Raises:
        CorruptImage: The directory, or the values of one of these tags, reach past the end.

    Source:
        TIFF revision 6.0, section 2; the BigTIFF design note for 64-bit offsets.
    """
    count_code, entry_code = ("Q", "HHQ8s") if layout.big else ("H", "HHI4s")
    try:
        (entries,) = struct.unpack_from(f"{layout.order}{count_code}", data, layout.first)
        start = layout.first + struct.calcsize(f"={count_code}")
        end = start + entries * struct.calcsize(f"={entry_code}")
        if entries > STRUCTURE.directory_entries or end > len(data):
            raise CorruptImage("A tag directory reaches past the end of the file.")
        rows = struct.iter_unpack(f"{layout.order}{entry_code}", data[start:end])
    except (struct.error, OverflowError) as error:
        raise CorruptImage("A tag directory lies outside the file.") from error
    found: Directory = {}
    for tag, kind, count, inline in rows:
        if tag in tags and tag not in found and kind in _INTEGERS:
            values = _read_values(data, layout, kind, count, inline)
            if values:
                found[tag] = values
    return found


def _read_values(
    data: bytes, layout: Layout, kind: int, count: int, inline: bytes
) -> tuple[int, ...]:
    size, code = _INTEGERS[kind]
    source, offset = inline, 0
    if count * size > len(inline):
        source = data
        (offset,) = struct.unpack(f"{layout.order}{'Q' if layout.big else 'I'}", inline)
    if offset + count * size > len(source):
        raise CorruptImage("A tag's values reach past the end of the file.")
    if count > STRUCTURE.tag_values:
        return ()
    return struct.unpack_from(f"{layout.order}{count}{code}", source, offset)


def count_directories(data: bytes, layout: Layout) -> int:
    """Count the pages of a file; loops and broken links end the count, as does too many."""
    seen: set[int] = set()
    for offset in _walk_directories(data, layout):
        if offset in seen or len(seen) >= STRUCTURE.directories:
            break
        seen.add(offset)
    return max(len(seen), 1)


def _walk_directories(data: bytes, layout: Layout) -> Iterator[int]:
    count_code, entry_bytes, link_code = ("Q", 20, "Q") if layout.big else ("H", 12, "I")
    offset = layout.first
    while offset:
        yield offset
        try:
            (entries,) = struct.unpack_from(f"{layout.order}{count_code}", data, offset)
            link = offset + struct.calcsize(f"={count_code}") + entries * entry_bytes
            (offset,) = struct.unpack_from(f"{layout.order}{link_code}", data, link)
        except (struct.error, OverflowError):
            return


def read_orientation(exif: bytes | None) -> int:
    """Read how to turn a picture upright from its EXIF block.

    Args:
        exif: A TIFF structure, or None.

    Returns:
        1 to 8; 1 (leave it as it is) where the block is absent, silent or broken.

    Source:
        TIFF revision 6.0, tag 274; EXIF 2.32 §4.6.4.
    """
    if not exif:
        return 1
    try:
        directory = read_directory(exif, read_layout(exif), frozenset({ORIENTATION}))
    except CorruptImage:
        return 1
    value = directory.get(ORIENTATION, (1,))[0]
    return value if 1 <= value <= 8 else 1
