"""The boxes of HEIC and AVIF files."""

from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.spans import Span
from domain.limits import STRUCTURE

_LAST = frozenset({b"mdat", b"free", b"skip"})
_KNOWN = _LAST | {b"ftyp", b"meta", b"moov", b"moof", b"uuid"}


class Box(msgspec.Struct, frozen=True):
    """A box: its four letters, and where its header, its content, and its end are, in bytes."""

    kind: bytes
    start: int
    body: int
    end: int

    @property
    def content(self) -> Span:
        """Position of its content."""
        return self.body, self.end


class NumberReader:
    """Reads numbers one after another from a span of a file, and nothing behind it."""

    def __init__(self, data: bytes, span: Span) -> None:
        self._data = data
        self.position, self._end = span

    def number(self, length: int) -> int:
        """Read a big-endian number of some bytes.

        Raises:
            CorruptImage: Fewer bytes are left.
        """
        return int.from_bytes(self.take(length), "big")

    def take(self, length: int) -> bytes:
        """Read bytes.

        Raises:
            CorruptImage: Fewer bytes are left.
        """
        start, self.position = self.position, self.position + length
        if self.position > self._end:
            raise CorruptImage("A box ends within a number.")
        return self._data[start : self.position]


def box_budget() -> Iterator[int]:
    """Return a bound on the number of boxes that are read of one file."""
    return iter(range(STRUCTURE.heif_boxes))


def read_boxes(data: bytes, span: Span, budget: Iterator[int]) -> list[Box]:
    """Read boxes that follow one another; each takes one from the budget.

    Raises:
        CorruptImage: A box is cut off, or there are too many.

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


def read_top_boxes(data: bytes, budget: Iterator[int]) -> tuple[list[Box], bool]:
    """Read the outermost boxes of a file.

    Returns:
        The boxes, of which the last one may be cut off: then it ends where the file ends; and
        whether the file ends before the end that a box declares. Bytes that are no box are left
        out.

    Raises:
        CorruptImage: There are too many boxes.
    """
    boxes: list[Box] = []
    position = 0
    while position + 8 <= len(data):
        if next(budget, None) is None:
            raise CorruptImage("The file has too many boxes.")
        length = int.from_bytes(data[position : position + 4], "big")
        kind = data[position + 4 : position + 8]
        body = position + 8
        if length == 1:
            length, body = int.from_bytes(data[body : body + 8], "big"), body + 8
        end = len(data) if length == 0 else position + length
        if end < body or (end > len(data) and kind not in _LAST):
            return boxes, end > len(data) and kind in _KNOWN
        boxes.append(Box(kind, position, body, min(end, len(data))))
        if end > len(data):
            return boxes, True
        position = end
    return boxes, False


def find_box(boxes: list[Box], kind: bytes) -> Box | None:
    """Return the first box of a kind; None if there is none."""
    return next((box for box in boxes if box.kind == kind), None)
