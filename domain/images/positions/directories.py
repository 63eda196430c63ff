"""Read and write the tag directories of a TIFF structure."""

import struct
from collections.abc import Iterator

import msgspec

from domain.images.headers.ifd import read_layout
from domain.images.positions import LIMITS, NotUnderstood
from domain.images.positions.spans import Span

_VALUE_BYTES = {
    1: 1,
    2: 1,
    6: 1,
    7: 1,
    129: 1,
    3: 2,
    8: 2,
    4: 4,
    9: 4,
    11: 4,
    13: 4,
    5: 8,
    10: 8,
    12: 8,
    16: 8,
    17: 8,
    18: 8,
}
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


class _Directory(msgspec.Struct, frozen=True):
    start: int
    entries: list[Entry]
    link_at: int  # Where the next directory of the chain is named.
    end: int
    link: int  # 0 where there is none, or the structure ends before it.


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

    def offsets(self, entry: Entry) -> list[int]:
        code = _OFFSET_CODES.get(entry.kind)
        if code is None or entry.value is None:
            return []
        self._spend(entry.count // 8)
        return [
            *struct.unpack_from(
                f"{self._layout.order}{entry.count}{code}", self._data, entry.value[0]
            )
        ]

    def read(self, start: int, *, is_alone: bool = False) -> Directory | None:
        count_bytes, count_code = (8, "Q") if self._layout.big else (2, "H")
        entry_bytes = 20 if self._layout.big else 12
        if not 0 < start <= len(self._data) - count_bytes:
            return None
        count = self._number(start, count_code)
        first = start + count_bytes
        link_at = first + count * entry_bytes
        if link_at > len(self._data):
            return None
        self._spend(count)
        entries = [*self._read_entries(first, count, entry_bytes)]
        if is_alone or link_at + self._offset_bytes > len(self._data):
            return Directory(start, entries, link_at, link_at, 0)
        link = self._number(link_at, self._offset_code)
        return Directory(start, entries, link_at, link_at + self._offset_bytes, link)

    def _read_entries(self, first: int, count: int, entry_bytes: int) -> Iterator[Entry]:
        order, room = self._layout.order, self._offset_bytes
        for at in range(first, first + count * entry_bytes, entry_bytes):
            tag, kind, values = struct.unpack_from(f"{order}HH{self._offset_code}", self._data, at)
            length = values * _VALUE_BYTES.get(kind, 0)
            inline = length <= room
            start = at + 4 + room if inline else self._number(at + 4 + room, self._offset_code)
            whole = start + length <= len(self._data) and kind in _VALUE_BYTES
            span = (start, start + length) if whole else None
            yield Entry(tag, kind, values, at, span, inline)

    def write(
        self, data: bytearray, directory: Directory, entries: list[Entry]
    ) -> None:
        """Write a directory with fewer entries, to the same place."""
        count_code, entry_bytes = ("Q", 20) if self._layout.big else ("H", 12)
        rows = [data[entry.at : entry.at + entry_bytes] for entry in entries]
        link = data[directory.link_at : directory.end]
        count = struct.pack(f"{self._layout.order}{count_code}", len(entries))
        written = b"".join((count, *rows, link))
        data[directory.start : directory.end] = written.ljust(
            directory.end - directory.start, b"\x00"
        )

    @property
    def _offset_code(self) -> str:
        return "Q" if self._layout.big else "I"

    def _number(self, at: int, code: str) -> int:
        value: int = struct.unpack_from(f"{self._layout.order}{code}", self._data, at)[0]
        return value

    def _spend(self, entries: int) -> None:
        self._budget -= 1 + entries
        if self._budget < 0:
            raise NotUnderstood
    @property
    def _offset_bytes(self) -> int:
        return _INLINE_BYTES[self._layout.big]

