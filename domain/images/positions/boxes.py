"""Read the boxes of HEIC and AVIF files, and what their index says of the items within."""

from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.images.positions import LIMITS
from domain.images.positions.spans import Span


class Box(msgspec.Struct, frozen=True):
    """A box.

    Attributes:
        kind: Its four letters.
        start: Where its header begins.
        body: Where its content begins.
        end: Where it ends.
    """

    kind: bytes
    start: int
    body: int
    end: int


class Reader:
    """Reads numbers one after another, within bounds.

    Args:
        data: The file.
        span: What may be read of it.
    """

    def __init__(self, data: bytes, span: Span) -> None:
        self._data = data
        self.position, self._end = span

    def number(self, length: int) -> int:
        """Read a number of so many bytes.

        Raises:
            CorruptImage: There are not as many left.
        """
        return int.from_bytes(self.take(length), "big")

    def take(self, length: int) -> bytes:
        """Read so many bytes.

        Raises:
            CorruptImage: There are not as many left.
        """
        start, self.position = self.position, self.position + length
        if self.position > self._end:
            raise CorruptImage("A box ends within a number.")
        return self._data[start : self.position]

    def text(self) -> bytes:
        """Read up to a byte of zero, or to the end."""
        end = self._data.find(b"\x00", self.position, self._end)
        start, end = self.position, self._end if end < 0 else end
        self.position = min(end + 1, self._end)
        return self._data[start:end]


def read_boxes(data: bytes, span: Span, budget: Iterator[int]) -> list[Box]:
    """Read the boxes that lie one after another.

    Args:
        data: The file.
        span: Where they lie.
        budget: Bounds how many boxes there may be in all.

    Raises:
        CorruptImage: One is cut off, or there are too many.

    Source:
        ISO/IEC 14496-12 §4.2.
    """
    boxes: list[Box] = []
    position, stop = span
    while position + 8 <= stop:
        if next(budget, None) is None:
            raise CorruptImage("The file has too many boxes.")
        length = int.from_bytes(data[position : position + 4], "big")
        body = position + 8
        if length == 1:
            length, body = int.from_bytes(data[body : body + 8], "big"), body + 8
        end = stop if length == 0 else position + length
        if not body <= end <= stop:
            raise CorruptImage("A box is cut off.")
        boxes.append(Box(data[position + 4 : position + 8], position, body, end))
        position = end
    return boxes


class Item(msgspec.Struct, frozen=True):
    """What the index says of an item.

    Attributes:
        kind: Its four letters.
        content_type: Its media type, where its kind is ``mime``.
        is_encoded: Whether its bytes are packed.
    """

    kind: bytes
    content_type: bytes = b""
    is_encoded: bool = False


def read_items(data: bytes, iinf: Box, budget: Iterator[int]) -> dict[int, Item]:
    """Read what the items are, by their number.

    Raises:
        CorruptImage: The box is damaged.

    Source:
        ISO/IEC 14496-12 §8.11.6.
    """
    reader = Reader(data, (iinf.body, iinf.end))
    version = reader.number(4) >> 24
    reader.number(4 if version else 2)
    items: dict[int, Item] = {}
    for box in read_boxes(data, (reader.position, iinf.end), budget):
        entry = Reader(data, (box.body, box.end))
        version = entry.number(4) >> 24
        if box.kind != b"infe" or version < 2:
            raise CorruptImage("The index of items is of no known kind.")
        number = entry.number(4 if version > 2 else 2)
        entry.number(2)
        kind = entry.take(4)
        entry.text()
        items[number] = Item(kind)
        if kind == b"mime":
            items[number] = Item(kind, entry.text().lower(), bool(entry.text()))
    return items


def read_places(data: bytes, iloc: Box, idat: Box | None) -> dict[int, list[Span]]:
    """Read where the bytes of items lie, by their number.

    Raises:
        CorruptImage: The box is damaged, or places lie outside the file.

    Source:
        ISO/IEC 14496-12 §8.11.3.
    """
    reader = Reader(data, (iloc.body, iloc.end))
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    places: dict[int, list[Span]] = {}
    budget = iter(range(LIMITS.extents))
    for _ in range(min(reader.number(4 if version > 1 else 2), LIMITS.items)):
        number = reader.number(4 if version > 1 else 2)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(base_bytes)
        spans: list[Span] = []
        for _ in range(reader.number(2)):
            if next(budget, None) is None:
                raise CorruptImage("The items lie in too many pieces.")
            reader.number(index_bytes)
            start, length = base + reader.number(offset_bytes), reader.number(length_bytes)
            if method == 1 and idat is not None:
                start += idat.body
            end = start + length if length else (idat.end if method == 1 and idat else len(data))
            if method > 1 or end > len(data) or start > end:
                raise CorruptImage("An item lies outside the file.")
            spans.append((start, end))
        places[number] = spans
    return places
