"""Read and write the tag directories of a TIFF structure."""

import struct
from typing import Literal

import msgspec

from domain.images.headers.ifd import read_layout
from domain.images.positions import LIMITS, NotUnderstood
from domain.images.positions.spans import Span

_VALUE_BYTES = {
    kind: length
    for length, kinds in {1: (1, 2, 6, 7, 129), 2: (3, 8), 4: (4, 9, 11, 13)}.items()
    for kind in kinds
} | dict.fromkeys((5, 10, 12, 16, 17, 18), 8)
"""Bytes of one value by its type. Source: TIFF revision 6.0, section 2; EXIF 3.0 for 129."""
_OFFSET_CODES = {3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}


class Entry(msgspec.Struct, frozen=True):
    """An entry of a tag directory.

    Attributes:
        tag: Its number.
        kind: Type of its values.
        count: How many it has.
        at: Where the entry is, in bytes.
        value: Where its values are, start and end; None where they reach past the end.
        is_inline: Whether they are within the entry.
    """

    tag: int
    kind: int
    count: int
    at: int
    value: Span | None
    is_inline: bool


class Directory(msgspec.Struct, frozen=True):
    """A tag directory.

    Attributes:
        start: Where it begins, in bytes.
        entries: Its entries, in order.
        link_at: Where it names the directory that follows it.
        end: Where it ends.
        link: Where the one that follows begins; 0 where there is none.
    """

    start: int
    entries: list[Entry]
    link_at: int
    end: int
    link: int


class Directories:
    """The directories of one TIFF structure.

    Args:
        data: The structure, classic or BigTIFF.

    Raises:
        CorruptImage: It is no TIFF structure.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._layout = read_layout(data)
        self._budget = LIMITS.directory_entries

    @property
    def header(self) -> Span:
        """Where the numbers are that every TIFF structure begins with."""
        return 0, 16 if self._layout.big else 8

    @property
    def first(self) -> int:
        """Where the first directory begins."""
        return self._layout.first

    def read(self, start: int, *, is_alone: bool = False) -> Directory | None:
        """Read a directory.

        Args:
            start: Where it begins.
            is_alone: Whether it names no other one, as those of EXIF do not.

        Returns:
            The directory; None where it reaches past the end.

        Raises:
            NotUnderstood: There are too many entries.
        """
        count_bytes, entry_bytes = (8, 20) if self._layout.big else (2, 12)
        if not 0 < start <= len(self._data) - count_bytes:
            return None
        count = self._number(start, count_bytes)
        first = start + count_bytes
        link_at = first + count * entry_bytes
        if link_at > len(self._data):
            return None
        self.spend(count)
        entries = [self._read_entry(at) for at in range(first, link_at, entry_bytes)]
        end = link_at + self._offset_bytes
        if is_alone or end > len(self._data):
            return Directory(start, entries, link_at, link_at, 0)
        return Directory(start, entries, link_at, end, self._number(link_at, self._offset_bytes))

    def offsets(self, entry: Entry) -> list[int]:
        """Read the values of an entry as places; none where they are no whole numbers.

        Raises:
            NotUnderstood: There are too many.
        """
        code = _OFFSET_CODES.get(entry.kind)
        if code is None or entry.value is None:
            return []
        self.spend(entry.count // 8)
        layout = f"{self._layout.order}{entry.count}{code}"
        return [*struct.unpack_from(layout, self._data, entry.value[0])]

    def write(self, data: bytearray, directory: Directory, entries: list[Entry]) -> None:
        """Write a directory with fewer entries, to the same place.

        Args:
            data: What is written to.
            directory: The directory as it was read.
            entries: Those of its entries that stay.
        """
        count_bytes, entry_bytes = (8, 20) if self._layout.big else (2, 12)
        order: Literal["little", "big"] = "little" if self._layout.order == "<" else "big"
        count = len(entries).to_bytes(count_bytes, order)
        rows = [data[entry.at : entry.at + entry_bytes] for entry in entries]
        link = data[directory.link_at : directory.end]
        whole = b"".join((count, *rows, link)).ljust(directory.end - directory.start, b"\x00")
        data[directory.start : directory.end] = whole

    def unlink(self, data: bytearray, directory: Directory) -> None:
        """Write that no other directory follows."""
        data[directory.link_at : directory.end] = bytes(directory.end - directory.link_at)

    def spend(self, entries: int) -> None:
        """Count work against the budget.

        Raises:
            NotUnderstood: It is spent.
        """
        self._budget -= 1 + entries
        if self._budget < 0:
            raise NotUnderstood

    def _read_entry(self, at: int) -> Entry:
        room = self._offset_bytes
        tag, kind = self._number(at, 2), self._number(at + 2, 2)
        count = self._number(at + 4, room)
        length = count * _VALUE_BYTES.get(kind, 0)
        is_inline = length <= room
        start = at + 4 + room
        if not is_inline:
            start = self._number(start, room)
        is_whole = kind in _VALUE_BYTES and start + length <= len(self._data)
        return Entry(tag, kind, count, at, (start, start + length) if is_whole else None, is_inline)

    @property
    def _offset_bytes(self) -> int:
        return 8 if self._layout.big else 4

    def _number(self, at: int, length: int) -> int:
        code = {2: "H", 4: "I", 8: "Q"}[length]
        value: int = struct.unpack_from(f"{self._layout.order}{code}", self._data, at)[0]
        return value
