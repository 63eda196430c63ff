"""Strips the metadata of TIFF files."""

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.spans import Span, keep_spans, merge, overlaps
from domain.images.containers.tiff import (
    ORIENTATION,
    Directory,
    Entry,
    Layout,
    locate_values,
    read_directory,
    read_integers,
    read_layout,
)
from domain.limits import STRUCTURE

_SUBFILE_TYPE, _IS_REDUCED = 254, 1
_PIECES = ((273, 279), (324, 325), (513, 514))
"""Tags of offsets and lengths: strips, tiles, and the stream of an old JPEG compression."""
_OLD_JPEG_TABLES = frozenset({519, 520, 521})
_QUANTIZATION_TABLE, _QUANTIZATION_BYTES, _HUFFMAN_COUNTS = 519, 64, 16
_ARRAYS = frozenset({_SUBFILE_TYPE, *(tag for pair in _PIECES for tag in pair), *_OLD_JPEG_TABLES})
# Size and kind of the picture; compression; colours, their profile and their range.
_KEPT = frozenset(
    {
        *(255, 256, 257, 258, 259, 262, 263, 264, 265, 266, ORIENTATION, 277, 278),
        *(280, 281, 282, 283, 284, 290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321),
        *(322, 323, 332, 334, 336, 338, 339, 340, 341, 342, 347, 512, 515, 517, 518),
        *(529, 530, 531, 532, 32996, 32997, 34675, 37439, 50674),
        *_ARRAYS,
    }
)


class _Page(msgspec.Struct):
    """A directory, the entries of it that stay, and the bytes that these need."""

    directory: Directory
    entries: list[Entry]
    spans: list[Span]


def strip_tiff(data: bytes) -> bytes:
    """Keep the pixels of each page, and the tags that decoders need, at their positions.

    All other bytes become zeros; those at the end are dropped. Pages that are smaller copies
    of another page are dropped.

    Args:
        data: The file, classic or BigTIFF.

    Raises:
        CorruptImage: The first directory is damaged, a directory lies within pixels or values,
            or there are too many entries.

    Source:
        TIFF revision 6.0; the tags of libtiff 4.7 for later compressions.
    """
    layout = read_layout(data)
    pages = _read_pages(data, layout)
    kept = merge(span for page in pages for span in page.spans)
    directories = merge((page.directory.start, page.directory.end) for page in pages)
    own_bytes = sum(page.directory.end - page.directory.start for page in pages)
    lies_apart = own_bytes == sum(end - start for start, end in directories)
    if not lies_apart or any(overlaps(kept, span) for span in directories):
        raise CorruptImage("A tag directory lies within something else.")
    stripped = keep_spans(data, merge((*kept, (0, layout.header_bytes))))
    ends = [end for _, end in kept[-1:]]
    starts = [page.directory.start for page in pages[1:]]
    for page, following in zip(pages, [*starts, 0], strict=True):
        ends.append(_write_directory(stripped, layout, page, following))
    return bytes(stripped[: max(ends)])


def _read_pages(data: bytes, layout: Layout) -> list[_Page]:
    pages: list[_Page] = []
    seen: set[int] = set()
    start, left = layout.first, STRUCTURE.tag_values
    while start and start not in seen:
        seen.add(start)
        try:
            directory = read_directory(data, layout, start)
        except CorruptImage:
            if not pages:
                raise
            break
        page = _choose_entries(data, layout, directory)
        left -= len(directory.entries)
        left -= sum(entry.count for entry in page.entries if entry.tag in _ARRAYS)
        if left < 0 or len(seen) > STRUCTURE.directories:
            raise CorruptImage("The file has too many tags.")
        if not pages or not _is_reduced(data, layout, page):
            pages.append(page)
        start = directory.link
    return pages


def _is_reduced(data: bytes, layout: Layout, page: _Page) -> bool:
    kinds = [entry for entry in page.entries if entry.tag == _SUBFILE_TYPE]
    return any(value & _IS_REDUCED for of in kinds for value in read_integers(data, layout, of))


def _choose_entries(data: bytes, layout: Layout, directory: Directory) -> _Page:
    """Choose the first entry of each tag that stays, and the bytes that it points to."""
    chosen: dict[int, Entry] = {}
    spans: list[Span] = []
    for entry in directory.entries:
        span = locate_values(data, layout, entry)
        if entry.tag in _KEPT and entry.tag not in chosen and span is not None:
            chosen[entry.tag] = entry
            is_inline = span[0] == entry.at + 4 + len(entry.inline)
            spans += [] if is_inline else [span]
    for offsets_tag, lengths_tag in _PIECES:
        if offsets_tag in chosen and lengths_tag in chosen:
            starts = read_integers(data, layout, chosen[offsets_tag])
            lengths = read_integers(data, layout, chosen[lengths_tag])
            pieces = zip(starts, lengths, strict=False)
            spans += [(start, min(start + length, len(data))) for start, length in pieces]
    for tag in _OLD_JPEG_TABLES & chosen.keys():
        for start in read_integers(data, layout, chosen[tag]):
            spans.append((start, start + _table_bytes(data, tag, start)))
    return _Page(directory, [*chosen.values()], spans)


def _table_bytes(data: bytes, tag: int, start: int) -> int:
    if tag == _QUANTIZATION_TABLE:
        return _QUANTIZATION_BYTES
    return _HUFFMAN_COUNTS + sum(data[start : start + _HUFFMAN_COUNTS])


def _write_directory(stripped: bytearray, layout: Layout, page: _Page, following: int) -> int:
    """Write a directory to its position, with zeros after it, and return its end."""
    offset_bytes = 8 if layout.big else 4
    rows = [
        entry.tag.to_bytes(2, layout.byte_order)
        + entry.kind.to_bytes(2, layout.byte_order)
        + entry.count.to_bytes(offset_bytes, layout.byte_order)
        + entry.inline
        for entry in page.entries
    ]
    count = len(rows).to_bytes(8 if layout.big else 2, layout.byte_order)
    link = following.to_bytes(offset_bytes, layout.byte_order)
    start, end = page.directory.start, page.directory.end
    written = b"".join((count, *rows, link))[: end - start]
    stripped[start:end] = written.ljust(end - start, b"\x00")
    return start + len(written)
