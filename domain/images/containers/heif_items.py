"""The index of items in HEIC and AVIF files: kinds, references, properties and positions."""

from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import Box, NumberReader, find_box, read_boxes
from domain.images.containers.spans import Span
from domain.limits import STRUCTURE

_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")


class Item(msgspec.Struct, frozen=True):
    """An entry of the index.

    Attributes:
        number: Number of the item.
        box: The entry.
        kind: Four letters.
        kind_at: Position of these letters; a name follows them.
    """

    number: int
    box: Box
    kind: bytes
    kind_at: int


class Reference(msgspec.Struct, frozen=True):
    """A reference from one item to others.

    Attributes:
        kind: Four letters.
        source: The item that refers.
        targets: The items that it refers to.
    """

    kind: bytes
    source: int
    targets: tuple[int, ...]


def read_items(data: bytes, iinf: Box, budget: Iterator[int]) -> list[Item]:
    """Read the entries of the index.

    Raises:
        CorruptImage: The box is damaged.

    Source:
        ISO/IEC 14496-12 §8.11.6.
    """
    reader = NumberReader(data, iinf.content)
    version = reader.number(4) >> 24
    reader.number(4 if version else 2)
    items: list[Item] = []
    for box in read_boxes(data, (reader.position, iinf.end), budget):
        entry = NumberReader(data, box.content)
        version = entry.number(4) >> 24
        if box.kind != b"infe" or version < 2:
            raise CorruptImage("The index of items is of no known kind.")
        number = entry.number(4 if version > 2 else 2)
        entry.number(2)
        items.append(Item(number, box, entry.take(4), entry.position - 4))
    return items


def read_primary(data: bytes, pitm: Box) -> int:
    """Read the number of the primary item.

    Raises:
        CorruptImage: The box is damaged.

    Source:
        ISO/IEC 14496-12 §8.11.4.
    """
    reader = NumberReader(data, pitm.content)
    return reader.number(4 if reader.number(4) >> 24 else 2)


def read_references(data: bytes, iref: Box, budget: Iterator[int]) -> list[Reference]:
    """Read the references between items.

    Raises:
        CorruptImage: The box is damaged.

    Source:
        ISO/IEC 14496-12 §8.11.12.
    """
    reader = NumberReader(data, iref.content)
    number_bytes = 4 if reader.number(4) >> 24 else 2
    references: list[Reference] = []
    left = STRUCTURE.heif_extents
    for box in read_boxes(data, (reader.position, iref.end), budget):
        entry = NumberReader(data, box.content)
        source, count = entry.number(number_bytes), entry.number(2)
        left -= count
        _check_budget(left)
        targets = tuple(entry.number(number_bytes) for _ in range(count))
        references.append(Reference(box.kind, source, targets))
    return references


def read_alpha_items(data: bytes, iprp: Box, budget: Iterator[int]) -> set[int]:
    """Read which items have the property of an alpha plane.

    Raises:
        CorruptImage: The box is damaged.

    Source:
        ISO/IEC 23008-12 §6.5.8 and §9.3.
    """
    boxes = read_boxes(data, iprp.content, budget)
    ipco = find_box(boxes, b"ipco")
    properties = read_boxes(data, ipco.content, budget) if ipco else []
    alphas = {
        index
        for index, box in enumerate(properties, 1)
        if box.kind == b"auxC" and data[box.body + 4 : box.end].startswith(_ALPHA)
    }
    found: set[int] = set()
    for ipma in (box for box in boxes if box.kind == b"ipma"):
        reader = NumberReader(data, ipma.content)
        flags = reader.number(4)
        index_bytes, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)
        count = reader.number(4)
        _check_budget(STRUCTURE.heif_extents - count)
        for _ in range(count):
            number = reader.number(4 if flags >> 24 else 2)
            associated = {reader.number(index_bytes) & mask for _ in range(reader.number(1))}
            if associated & alphas:
                found.add(number)
    return found


def read_extents(data: bytes, iloc: Box, idat: Box | None) -> dict[int, list[Span]]:
    """Read the positions of items, by their number.

    Raises:
        CorruptImage: The box is damaged, or an item lies outside the file.

    Source:
        ISO/IEC 14496-12 §8.11.3.
    """
    reader = NumberReader(data, iloc.content)
    version = reader.number(4) >> 24
    sizes = reader.number(2)
    offset_bytes, length_bytes, base_bytes = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_bytes = sizes & 15 if version else 0
    extents: dict[int, list[Span]] = {}
    left = STRUCTURE.heif_extents
    for _ in range(reader.number(4 if version > 1 else 2)):
        number = reader.number(4 if version > 1 else 2)
        method = reader.number(2) & 15 if version else 0
        reader.number(2)
        base = reader.number(base_bytes)
        spans = extents.setdefault(number, [])
        pieces = reader.number(2)
        left -= 1 + pieces
        _check_budget(left)
        for _ in range(pieces):
            reader.number(index_bytes)
            start, length = base + reader.number(offset_bytes), reader.number(length_bytes)
            limit = len(data)
            if method == 1 and idat is not None:
                start, limit = start + idat.body, idat.end
            end = start + length if length else limit
            if method > 1 or end > limit or start > end:
                raise CorruptImage("An item lies outside the file.")
            spans.append((start, end))
    return extents


def _check_budget(left: int) -> None:
    if left < 0:
        raise CorruptImage("The index of items has too many entries.")
