"""The tag directories of TIFF files and EXIF blocks.

Source: TIFF revision 6.0, section 2; the BigTIFF design note for 64-bit offsets; EXIF 2.32.
"""

import struct
from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.spans import Span
from domain.limits import STRUCTURE

ORIENTATION = 274

_TYPE_BYTES = {
    kind: length
    for length, kinds in {1: (1, 2, 6, 7, 129), 2: (3, 8), 4: (4, 9, 11, 13)}.items()
    for kind in kinds
} | dict.fromkeys((5, 10, 12, 16, 17, 18), 8)
"""Bytes of one value by its type; 129 is of EXIF 3.0."""
_BYTE, _SHORT = 1, 3
EXIF, GPS, _INTEROPERABILITY, _XMP = 34665, 34853, 40965, 700
_DESCRIBING = frozenset({ORIENTATION, EXIF, GPS, _INTEROPERABILITY, _XMP})
_UNUSED_TAG = 65_000  # Of the range for private use.
INTEGER_CODES = {1: "B", _SHORT: "H", 4: "I", 7: "B", 13: "I", 16: "Q", 18: "Q"}
"""Codes of ``struct`` by the types of unsigned integers."""


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
    def count(self) -> struct.Struct:
        """The number of entries in a directory."""
        return struct.Struct(f"{self.order}{'Q' if self.big else 'H'}")

    @property
    def offset(self) -> struct.Struct:
        """A position in the file, in bytes."""
        return struct.Struct(f"{self.order}{'Q' if self.big else 'I'}")

    @property
    def entry(self) -> struct.Struct:
        """An entry of a directory: tag, type, number of values, and value field."""
        return struct.Struct(f"{self.order}HH{'Q8s' if self.big else 'I4s'}")


class Entry(msgspec.Struct, frozen=True):
    """An entry of a directory.

    Attributes:
        inline: The value field: the values, or their offset if they do not fit.
        at: Position of the value field, in bytes.
    """

    tag: int
    kind: int
    count: int
    inline: bytes
    at: int


class Directory(msgspec.Struct, frozen=True):
    """A directory.

    Attributes:
        entries: Position of the entries.
        end: End, including the link to the next directory.
        link: Start of the next directory; 0 if there is none.
    """

    start: int
    entries: Span
    end: int
    link: int


def read_layout(data: bytes) -> Layout:
    """Read the header of a TIFF structure, classic or BigTIFF.

    Raises:
        CorruptImage: It is no TIFF structure.
    """
    try:
        order = {b"II": "<", b"MM": ">"}[data[:2]]
        (magic,) = struct.unpack_from(f"{order}H", data, 2)
        code, at = {42: ("I", 4), 43: ("Q", 8)}[magic]
        (first,) = struct.unpack_from(f"{order}{code}", data, at)
    except (struct.error, LookupError) as error:
        raise CorruptImage("The TIFF header is damaged.") from error
    return Layout(order, magic == 43, first)


def walk_directories(data: bytes, layout: Layout) -> Iterator[Directory]:
    """Walk the directories; the walk ends at a loop or a broken link.

    Raises:
        CorruptImage: The first directory reaches past the end, or has too many entries.
    """
    seen: set[int] = set()
    start = layout.first
    while start and start not in seen:
        try:
            directory = read_directory(data, layout, start)
        except CorruptImage:
            if not seen:
                raise
            return
        seen.add(start)
        yield directory
        start = directory.link


def read_directory(data: bytes, layout: Layout, start: int) -> Directory:
    """Read the directory that begins at a position in bytes.

    Raises:
        CorruptImage: It reaches past the end of the file, or has too many entries.
    """
    try:
        (count,) = layout.count.unpack_from(data, start)
    except (struct.error, OverflowError) as error:
        raise CorruptImage("A tag directory lies outside the file.") from error
    first = start + layout.count.size
    end = first + count * layout.entry.size
    if count > STRUCTURE.directory_entries or end > len(data):
        raise CorruptImage("A tag directory reaches past the end of the file.")
    link_end = end + layout.offset.size
    if link_end > len(data):
        return Directory(start, (first, end), end, 0)
    return Directory(start, (first, end), link_end, layout.offset.unpack_from(data, end)[0])


def read_entries(data: bytes, layout: Layout, directory: Directory) -> list[Entry]:
    """Read the entries of a directory, in the order of the file."""
    first, end = directory.entries
    value_end = first
    entries: list[Entry] = []
    for tag, kind, count, inline in layout.entry.iter_unpack(data[first:end]):
        value_end += layout.entry.size
        entries.append(Entry(tag, kind, count, inline, value_end - len(inline)))
    return entries


def locate_values(data: bytes, layout: Layout, entry: Entry) -> Span | None:
    """Return the position of an entry's values; None if they reach past the end.

    A type that is not known has no values, and so no position.
    """
    if entry.kind not in _TYPE_BYTES:
        return None
    length = entry.count * _TYPE_BYTES[entry.kind]
    is_inline = length <= len(entry.inline)
    start = entry.at if is_inline else layout.offset.unpack(entry.inline)[0]
    return (start, start + length) if start + length <= len(data) else None


def read_integers(data: bytes, layout: Layout, entry: Entry) -> tuple[int, ...]:
    """Read the values of an entry.

    Returns:
        The values; nothing for types other than unsigned integers, and for arrays of more than
        a million values.

    Raises:
        CorruptImage: They reach past the end of the file.
    """
    code = INTEGER_CODES.get(entry.kind)
    if code is None:
        return ()
    span = locate_values(data, layout, entry)
    if span is None:
        raise CorruptImage("A tag's values reach past the end of the file.")
    if entry.count > STRUCTURE.tag_values:
        return ()
    return struct.unpack_from(f"{layout.order}{entry.count}{code}", data, span[0])


def read_tags(
    data: bytes, layout: Layout, tags: frozenset[int], start: int | None = None
) -> dict[int, tuple[int, ...]]:
    """Read some integer tags of a directory; all other tags cost nothing.

    Args:
        start: Start of the directory in bytes; None for the first one.

    Returns:
        The values by tag number; the first entry of a tag counts.

    Raises:
        CorruptImage: The directory, or the values of one of these tags, reach past the end.
    """
    found: dict[int, tuple[int, ...]] = {}
    directory = read_directory(data, layout, layout.first if start is None else start)
    for entry in read_entries(data, layout, directory):
        if entry.tag in tags and entry.tag not in found:
            values = read_integers(data, layout, entry)
            if values:
                found[entry.tag] = values
    return found


def start_of(data: bytes, layout: Layout, directory: int, tag: int) -> int | None:
    """Return the start of the directory that a tag of another directory points to.

    Raises:
        CorruptImage: The directory lies outside the file.
    """
    starts = read_tags(data, layout, frozenset({tag}), directory).get(tag)
    return starts[0] if starts else None


def find_values(data: bytes, layout: Layout, directory: int, tag: int) -> Span | None:
    """Find the bytes of a tag of a directory; None if there is none, or it reaches past the end.

    Raises:
        CorruptImage: The directory lies outside the file.
    """
    for entry in read_entries(data, layout, read_directory(data, layout, directory)):
        if entry.tag == tag:
            return locate_values(data, layout, entry)
    return None


def read_block(data: bytes, layout: Layout, tag: int, max_bytes: int) -> bytes | None:
    """Read the bytes of a tag of the first directory, such as a colour profile.

    Returns:
        Nothing if they reach past the end or are too many; None if there is no such tag.
    """
    for entry in read_entries(data, layout, read_directory(data, layout, layout.first)):
        if entry.tag == tag:
            start, end = locate_values(data, layout, entry) or (0, 0)
            return data[start:end] if end - start <= max_bytes else b""
    return None


def hide_metadata(data: bytes, layout: Layout) -> bytes:
    """Return a TIFF file whose first page names no orientation and no EXIF, GPS or XMP.

    Some decoders turn a TIFF by themselves, by EXIF or XMP, or fail at a damaged EXIF directory.
    A file that has none of these is returned as it is.

    Raises:
        CorruptImage: The first directory is damaged.
    """
    hidden = bytearray()
    for entry in read_entries(data, layout, read_directory(data, layout, layout.first)):
        if entry.tag in _DESCRIBING:
            hidden = hidden or bytearray(data)
            start = entry.at + len(entry.inline) - layout.entry.size
            row = layout.entry.pack(_UNUSED_TAG, _BYTE, 1, bytes(len(entry.inline)))
            hidden[start : start + len(row)] = row
    return bytes(hidden) or data
