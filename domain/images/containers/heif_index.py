"""The index of a HEIC or AVIF file: items and tracks, and the positions of their bytes."""

from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import Box, NumberReader, find_box, read_boxes
from domain.images.containers.spans import Span
from domain.limits import STRUCTURE

_ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")


class Item(msgspec.Struct, frozen=True):
    """An entry of the index: its four letters are at ``kind_at``, and a name follows them."""

    number: int
    box: Box
    kind: bytes
    kind_at: int


class Reference(msgspec.Struct, frozen=True):
    """A reference of some kind, such as ``dimg``, from one item to others."""

    kind: bytes
    source: int
    targets: tuple[int, ...]


class Index(msgspec.Struct, frozen=True):
    """The index of a file.

    Attributes:
        extents: Positions of the bytes of each item.
        properties: Properties of each item, in the order in which they apply.
    """

    primary: int
    items: list[Item]
    references: list[Reference]
    extents: dict[int, list[Span]]
    properties: dict[int, list[Box]]


def read_index(data: bytes, top: list[Box], budget: Iterator[int]) -> Index | None:
    """Read the index; None if there is none, such as in a file that is only a sequence.

    Args:
        top: The outermost boxes of the file.

    Raises:
        CorruptImage: A box is damaged.
    """
    meta = find_box(top, b"meta")
    boxes = read_boxes(data, (meta.body + 4, meta.end), budget) if meta else []
    pitm, iinf, iloc = (find_box(boxes, kind) for kind in (b"pitm", b"iinf", b"iloc"))
    iref, iprp = find_box(boxes, b"iref"), find_box(boxes, b"iprp")
    if pitm is None or iinf is None or iloc is None:
        return None
    return Index(
        read_primary(data, pitm),
        read_items(data, iinf, budget),
        read_references(data, iref, budget) if iref else [],
        read_extents(data, iloc, find_box(boxes, b"idat")),
        read_properties(data, iprp, budget) if iprp else {},
    )


def read_items(data: bytes, iinf: Box, budget: Iterator[int]) -> list[Item]:
    """Read the entries of the index (ISO/IEC 14496-12 §8.11.6).

    Raises:
        CorruptImage: The box is damaged.
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
    """Read the number of the primary item (ISO/IEC 14496-12 §8.11.4).

    Raises:
        CorruptImage: The box is damaged.
    """
    reader = NumberReader(data, pitm.content)
    return reader.number(4 if reader.number(4) >> 24 else 2)


def read_references(data: bytes, iref: Box, budget: Iterator[int]) -> list[Reference]:
    """Read the references between items (ISO/IEC 14496-12 §8.11.12).

    Raises:
        CorruptImage: The box is damaged.
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


def read_properties(data: bytes, iprp: Box, budget: Iterator[int]) -> dict[int, list[Box]]:
    """Read the properties of each item, in the order in which they apply.

    Raises:
        CorruptImage: The box is damaged.

    Source:
        ISO/IEC 23008-12 §9.3.
    """
    boxes = read_boxes(data, iprp.content, budget)
    ipco = find_box(boxes, b"ipco")
    properties = read_boxes(data, ipco.content, budget) if ipco else []
    left = STRUCTURE.heif_extents
    found: dict[int, list[Box]] = {}
    for ipma in (box for box in boxes if box.kind == b"ipma"):
        reader = NumberReader(data, ipma.content)
        flags = reader.number(4)
        index_bytes, mask = (2, 0x7FFF) if flags & 1 else (1, 0x7F)
        for _ in range(reader.number(4)):
            number = reader.number(4 if flags >> 24 else 2)
            count = reader.number(1)
            left -= 1 + count
            _check_budget(left)
            indexes = [reader.number(index_bytes) & mask for _ in range(count)]
            known = (properties[index - 1] for index in indexes if 0 < index <= len(properties))
            found.setdefault(number, []).extend(known)
    return found


def is_alpha(data: bytes, properties: list[Box]) -> bool:
    """Return whether an item with these properties is an alpha plane (ISO/IEC 23008-12 §6.5.8)."""
    return any(
        box.kind == b"auxC" and data[box.body + 4 : box.end].startswith(_ALPHA)
        for box in properties
    )


def read_extents(data: bytes, iloc: Box, idat: Box | None) -> dict[int, list[Span]]:
    """Read the positions of items, by their number (ISO/IEC 14496-12 §8.11.3).

    They may reach past the end of the file.

    Raises:
        CorruptImage: The box is damaged.
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
            if method > 1:
                raise CorruptImage("An item is made of other items.")
            spans.append((start, max(start, end)))
    return extents


def _check_budget(left: int) -> None:
    if left < 0:
        raise CorruptImage("The index of items has too many entries.")


def read_handler(data: bytes, track: Box, budget: Iterator[int]) -> bytes:
    """Read the kind of media in a track: four letters, or nothing (ISO/IEC 14496-12 §8.4.3).

    Raises:
        CorruptImage: A box is cut off.
    """
    hdlr = _descend(data, track, (b"mdia", b"hdlr"), budget)
    return data[hdlr.body + 8 : hdlr.body + 12] if hdlr else b""


def read_chunks(data: bytes, track: Box, budget: Iterator[int]) -> list[Span]:
    """Read the positions of a track's chunks of samples (ISO/IEC 14496-12 §8.7).

    Raises:
        CorruptImage: A table is damaged or missing, or has too many entries.
    """
    table = _descend(data, track, (b"mdia", b"minf", b"stbl"), budget)
    boxes = read_boxes(data, table.content, budget) if table else []
    offsets = find_box(boxes, b"stco") or find_box(boxes, b"co64")
    sizes, runs = find_box(boxes, b"stsz"), find_box(boxes, b"stsc")
    if offsets is None or sizes is None or runs is None:
        raise CorruptImage("The sample table of a sequence is missing.")
    reader, count = _open_table(data, offsets)
    starts = [reader.number(8 if offsets.kind == b"co64" else 4) for _ in range(count)]
    reader, count = _open_table(data, runs)
    rows = [(reader.number(4), reader.number(4), reader.number(4)) for _ in range(count)]
    per_chunk = {first: samples_in_chunk for first, samples_in_chunk, _ in rows}
    return list(_locate(starts, _read_samples(data, sizes), per_chunk))


def _descend(data: bytes, box: Box, kinds: tuple[bytes, ...], budget: Iterator[int]) -> Box | None:
    found: Box | None = box
    for kind in kinds:
        found = find_box(read_boxes(data, found.content, budget), kind) if found else None
    return found


def _open_table(data: bytes, box: Box, head_bytes: int = 0) -> tuple[NumberReader, int]:
    """Return a reader of a table's rows, and their number."""
    reader = NumberReader(data, box.content)
    reader.take(4 + head_bytes)
    count = reader.number(4)
    if count > STRUCTURE.heif_extents:
        raise CorruptImage("The sequence has too many pieces.")
    return reader, count


def _read_samples(data: bytes, stsz: Box) -> list[int]:
    """Read the size of each sample, in bytes; one size may hold for all."""
    reader, count = _open_table(data, stsz, head_bytes=4)
    size = int.from_bytes(data[stsz.body + 4 : stsz.body + 8], "big")
    return [size or reader.number(4) for _ in range(count)]


def _locate(starts: list[int], samples: list[int], per_chunk: dict[int, int]) -> Iterator[Span]:
    """Yield each chunk; the number of samples in a chunk holds from that chunk on."""
    count = position = 0
    for number, start in enumerate(starts, 1):
        count = per_chunk.get(number, count)
        yield start, start + sum(samples[position : position + count])
        position += count
