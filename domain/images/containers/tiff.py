"""The tag directories of TIFF files and EXIF blocks."""

import struct
from collections.abc import Iterator
from typing import Literal

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.spans import Span
from domain.limits import STRUCTURE

ORIENTATION = 274
SHORT = 3

_TYPE_BYTES = {
    kind: length
    for length, kinds in {1: (1, 2, 6, 7, 129), 2: (3, 8), 4: (4, 9, 11, 13)}.items()
    for kind in kinds
} | dict.fromkeys((5, 10, 12, 16, 17, 18), 8)
"""Bytes of one value by its type. Source: TIFF revision 6.0, section 2; EXIF 3.0 for 129."""
_INTEGER_CODES = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I", 16: "Q", 18: "Q"}


class Layout(msgspec.Struct, frozen=True):
    """The layout of numbers in a TIFF structure.

    Attributes:
        order: ``<`` or ``>``, as in ``struct``.
        big: Whether offsets have 64 bits (BigTIFF).
        first: Start of the first directory, in bytes.
    """

    order: str
    big: bool
    first: int

    @property
    def header_bytes(self) -> int:
        """Bytes before which no directory begins."""
        return 16 if self.big else 8

    @property
    def offset_code(self) -> str:
        """Code of an offset, as in ``struct``."""
        return "Q" if self.big else "I"

    @property
    def count_code(self) -> str:
        """Code of the number of entries in a directory."""
        return "Q" if self.big else "H"

    @property
    def byte_order(self) -> Literal["little", "big"]:
        """The byte order as ``int.to_bytes`` takes it."""
        return "little" if self.order == "<" else "big"


class Entry(msgspec.Struct, frozen=True):
    """An entry of a directory.

    Attributes:
        tag: Tag number.
        kind: Type of the values.
        count: Number of values.
        inline: The value field: the values, or their offset if they do not fit.
        at: Position of the entry, in bytes.
    """

    tag: int
    kind: int
    count: int
    inline: bytes
    at: int


class Directory(msgspec.Struct, frozen=True):
    """A directory.

    Attributes:
        start: First byte.
        end: End, including the link to the next directory.
        entries: The entries, in the order of the file.
        link: Start of the next directory; 0 if there is none.
    """

    start: int
    end: int
    entries: list[Entry]
    link: int


def read_layout(data: bytes) -> Layout:
    """Read the header of a TIFF structure, classic or BigTIFF.

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


def read_directory(data: bytes, layout: Layout, start: int) -> Directory:
    """Read a directory.

    Args:
        data: The TIFF structure.
        layout: Its layout.
        start: Start of the directory, in bytes.

    Raises:
        CorruptImage: The directory reaches past the end, or has too many entries.

    Source:
        TIFF revision 6.0, section 2; the BigTIFF design note for 64-bit offsets.
    """
    entry_code = f"{layout.order}HH{layout.offset_code}{8 if layout.big else 4}s"
    entry_bytes = struct.calcsize(entry_code)
    try:
        (count,) = struct.unpack_from(f"{layout.order}{layout.count_code}", data, start)
    except (struct.error, OverflowError) as error:
        raise CorruptImage("A tag directory lies outside the file.") from error
    first = start + struct.calcsize(f"={layout.count_code}")
    end = first + count * entry_bytes
    if count > STRUCTURE.directory_entries or end > len(data):
        raise CorruptImage("A tag directory reaches past the end of the file.")
    rows = enumerate(struct.iter_unpack(entry_code, data[first:end]))
    entries = [
        Entry(tag, kind, values, inline, first + index * entry_bytes)
        for index, (tag, kind, values, inline) in rows
    ]
    link_end = end + struct.calcsize(f"={layout.offset_code}")
    if link_end > len(data):
        return Directory(start, end, entries, 0)
    (link,) = struct.unpack_from(f"{layout.order}{layout.offset_code}", data, end)
    return Directory(start, link_end, entries, link)


def locate_values(data: bytes, layout: Layout, entry: Entry) -> Span | None:
    """Return the position of an entry's values; None if they reach past the end.

    A type that is not known has no values, and so no position.
    """
    length = entry.count * _TYPE_BYTES.get(entry.kind, 0)
    if entry.kind not in _TYPE_BYTES:
        return None
    if length <= len(entry.inline):
        start = entry.at + 4 + len(entry.inline)
    else:
        (start,) = struct.unpack(f"{layout.order}{layout.offset_code}", entry.inline)
    return (start, start + length) if start + length <= len(data) else None


def read_integers(data: bytes, layout: Layout, entry: Entry) -> tuple[int, ...]:
    """Read the values of an entry.

    Returns:
        The values; nothing for types other than unsigned integers, and for arrays of more than
        a million values.

    Raises:
        CorruptImage: They reach past the end of the file.
    """
    code = _INTEGER_CODES.get(entry.kind)
    if code is None:
        return ()
    span = locate_values(data, layout, entry)
    if span is None:
        raise CorruptImage("A tag's values reach past the end of the file.")
    if entry.count > STRUCTURE.tag_values:
        return ()
    return struct.unpack_from(f"{layout.order}{entry.count}{code}", data, span[0])


def read_tags(data: bytes, layout: Layout, tags: frozenset[int]) -> dict[int, tuple[int, ...]]:
    """Read some integer tags of the first directory; all other tags cost nothing.

    Returns:
        The values by tag number; the first entry of a tag counts.

    Raises:
        CorruptImage: The directory, or the values of one of these tags, reach past the end.
    """
    found: dict[int, tuple[int, ...]] = {}
    for entry in read_directory(data, layout, layout.first).entries:
        if entry.tag in tags and entry.tag not in found:
            values = read_integers(data, layout, entry)
            if values:
                found[entry.tag] = values
    return found


def count_directories(data: bytes, layout: Layout) -> int:
    """Count the pages of a file; the count ends at a loop, at a broken link, or at its limit."""
    seen: set[int] = set()
    for offset in _walk_starts(data, layout):
        if offset in seen or len(seen) >= STRUCTURE.directories:
            break
        seen.add(offset)
    return max(len(seen), 1)


def _walk_starts(data: bytes, layout: Layout) -> Iterator[int]:
    entry_bytes = 20 if layout.big else 12
    offset = layout.first
    while offset:
        yield offset
        try:
            (entries,) = struct.unpack_from(f"{layout.order}{layout.count_code}", data, offset)
            link = offset + struct.calcsize(f"={layout.count_code}") + entries * entry_bytes
            (offset,) = struct.unpack_from(f"{layout.order}{layout.offset_code}", data, link)
        except (struct.error, OverflowError):
            return


def find_orientation(exif: bytes | None) -> int | None:
    """Find the orientation in an EXIF block.

    Args:
        exif: A TIFF structure, or None.

    Returns:
        1 to 8; None if the block is absent, broken, or has no valid orientation.

    Source:
        TIFF revision 6.0, tag 274; EXIF 2.32 §4.6.4.
    """
    if not exif:
        return None
    try:
        tags = read_tags(exif, read_layout(exif), frozenset({ORIENTATION}))
    except CorruptImage:
        return None
    value = tags.get(ORIENTATION, (0,))[0]
    return value if 1 <= value <= 8 else None


def write_orientation(orientation: int) -> bytes:
    """Write an EXIF block that holds an orientation and no other tag.

    Args:
        orientation: 1 to 8.
    """
    entry = struct.pack("<HHIHH", ORIENTATION, SHORT, 1, orientation, 0)
    return b"II*\x00" + struct.pack("<IH", 8, 1) + entry + bytes(4)
