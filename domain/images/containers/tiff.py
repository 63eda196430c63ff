"""TIFF files, classic and BigTIFF.

Source: TIFF revision 6.0; the tags of libtiff 4.7 for later compressions.
"""

import struct
from itertools import islice

import msgspec

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.containers.exif import exif_fields
from domain.images.containers.spans import Span, keep_spans, merge, overlaps
from domain.images.containers.tiff_directories import (
    INTEGER_CODES,
    ORIENTATION,
    Directory,
    Entry,
    Layout,
    hide_metadata,
    locate_values,
    read_block,
    read_entries,
    read_integers,
    read_layout,
    read_tags,
    walk_directories,
)
from domain.images.containers.tiff_raw import is_raw_tiff
from domain.images.formats import CAMERA_RAW, ImageFormat
from domain.images.header import Header
from domain.limits import STRUCTURE

_SUBFILE_TYPE, _IS_REDUCED = 254, 1
_WIDTH, _HEIGHT, _SAMPLES, _EXTRA_SAMPLES = 256, 257, 277, 338
_COMPRESSION, _PROFILE = 259, 34675
_DECODED_COMPRESSIONS = frozenset(
    # None, fax, LZW, JPEG of two kinds, deflate, fax by words, PackBits, ThunderScan, deflate by
    # its older number, LogLuv of two kinds, LZMA, Zstandard.
    {1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32809, 32946, 34676, 34677, 34925, 50000}
)
"""What the libtiff of Pillow decodes; that of OpenCV knows no more."""
_BITS, _PALETTE, _JPEG_TABLES = 258, 320, 347
_SAMPLE_FORMAT, _INTEGERS, _FLOAT, _COMPLEX = 339, frozenset({1, 2}), 3, frozenset({5, 6})
_STRIPS, _TILES, _OLD_JPEG = (273, 279), (324, 325), (513, 514)
"""Tags of offsets and lengths: strips, tiles, and the stream of an old JPEG compression."""
_OLD_JPEG_TABLES = frozenset({519, 520, 521})
_QUANTIZATION_TABLE, _QUANTIZATION_BYTES, _HUFFMAN_COUNTS = 519, 64, 16
_ARRAYS = frozenset({_SUBFILE_TYPE, *_STRIPS, *_TILES, *_OLD_JPEG, *_OLD_JPEG_TABLES})
# Tags whose values must lie within the file.
_READ = frozenset(
    {
        *(_WIDTH, _HEIGHT, _BITS, _SAMPLE_FORMAT, _COMPRESSION, _SAMPLES, _EXTRA_SAMPLES),
        ORIENTATION,
        *(_PALETTE, _JPEG_TABLES, *_STRIPS, *_TILES),
    }
)
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


def read_tiff(data: bytes) -> Header:
    """Read the dimensions of the first page, and note whether its strips lie within the file.

    Raises:
        CorruptImage: The directory is damaged, or there are no pixels.
        UnsupportedFormat: No decoder knows the compression or such pixels, or it is a camera raw
            file, of which only a small preview could be shown.
    """
    layout = read_layout(data)
    if is_raw_tiff(data, layout):
        raise UnsupportedFormat(CAMERA_RAW)
    tags = read_tags(data, layout, _READ)
    _check_samples(tags)
    compression = tags.get(_COMPRESSION, (1,))[0]
    if compression not in _DECODED_COMPRESSIONS:
        raise UnsupportedFormat(f"TIFF compression {compression} cannot be decoded.")
    pieces, ends_early = 0, False
    for offsets_tag, lengths_tag in (_STRIPS, _TILES):
        offsets, lengths = tags.get(offsets_tag, ()), tags.get(lengths_tag, ())
        pieces += len(offsets)
        spans = zip(offsets, lengths, strict=False)
        ends_early = ends_early or any(start + length > len(data) for start, length in spans)
    if not pieces:
        raise CorruptImage("The file holds no picture.")
    width, height = (tags.get(tag, (0,))[0] for tag in (_WIDTH, _HEIGHT))
    plain = hide_metadata(data, layout)
    raw_bytes = width * height * tags.get(_BITS, (1,))[0] // 8
    if ends_early and compression == 1 and raw_bytes > 2 * len(data):
        raise CorruptImage("The file ends before half of the picture's rows.")
    if ends_early:
        plain = _shorten_pieces(plain, layout)
    return Header(
        width,
        height,
        frames=sum(1 for _ in islice(walk_directories(data, layout), STRUCTURE.directories)),
        has_alpha=_EXTRA_SAMPLES in tags and tags.get(_SAMPLES, (1,))[0] in {2, 4},
        profile=read_block(data, layout, _PROFILE, STRUCTURE.profile_bytes),
        ends_early=ends_early,
        decodable=(plain, ImageFormat.TIFF) if plain is not data else None,
        **exif_fields(data),
    )


def _check_samples(tags: dict[int, tuple[int, ...]]) -> None:
    """Refuse kinds of pixels that are valid but that no decoder knows."""
    bits, kind = (tags.get(tag, (1,))[0] for tag in (_BITS, _SAMPLE_FORMAT))
    is_known = kind != _FLOAT or bits in {16, 32, 64}
    if kind in _INTEGERS:
        is_known = bits <= 16 or bits in {24, 32}
    if not is_known or kind in _COMPLEX:
        name = {_FLOAT: "floating-point", **dict.fromkeys(_COMPLEX, "complex")}.get(kind, "integer")
        raise UnsupportedFormat(f"TIFF pixels of {bits}-bit {name} samples cannot be decoded.")


def _shorten_pieces(data: bytes, layout: Layout) -> bytes:
    """Let the strips and tiles of the first page end within the file."""
    shortened = bytearray(data)
    directory = next(walk_directories(data, layout))
    entries = {entry.tag: entry for entry in reversed(read_entries(data, layout, directory))}
    for offsets_tag, lengths_tag in (_STRIPS, _TILES):
        if offsets_tag in entries and lengths_tag in entries:
            starts = read_integers(data, layout, entries[offsets_tag])
            entry = entries[lengths_tag]
            lengths = read_integers(data, layout, entry)
            pairs = zip(starts, lengths, strict=False)
            left = [max(min(length, len(data) - start), 0) for start, length in pairs]
            span = locate_values(data, layout, entry)
            if span and left:
                code = f"{layout.order}{len(left)}{INTEGER_CODES[entry.kind]}"
                struct.pack_into(code, shortened, span[0], *left)
    return bytes(shortened)


def strip_tiff(data: bytes) -> bytes:
    """Keep the pixels of each page, and the tags that decoders need, at their positions.

    All other bytes become zeros; those at the end are dropped. Pages that are smaller copies
    of another page are dropped.

    Raises:
        CorruptImage: The first directory is damaged, a directory lies within pixels or values,
            or there are too many entries.
    """
    layout = read_layout(data)
    pages = _read_pages(data, layout)
    kept = merge(span for page in pages for span in page.spans)
    directories = merge((page.directory.start, page.directory.end) for page in pages)
    own_bytes = sum(page.directory.end - page.directory.start for page in pages)
    lies_apart = own_bytes == sum(end - start for start, end in directories)
    if not lies_apart or any(overlaps(kept, span) for span in directories):
        raise CorruptImage("A tag directory lies within something else.")
    stripped = keep_spans(data, merge((*kept, (0, 16 if layout.big else 8))))
    ends = [end for _, end in kept[-1:]]
    starts = [page.directory.start for page in pages[1:]]
    for page, following in zip(pages, [*starts, 0], strict=True):
        ends.append(_write_directory(stripped, layout, page, following))
    return bytes(stripped[: max(ends)])


def _read_pages(data: bytes, layout: Layout) -> list[_Page]:
    pages: list[_Page] = []
    left = STRUCTURE.tag_values
    for number, directory in enumerate(walk_directories(data, layout), 1):
        entries = read_entries(data, layout, directory)
        page = _choose_entries(data, layout, directory, entries)
        left -= len(entries) + sum(of.count for of in page.entries if of.tag in _ARRAYS)
        if left < 0 or number > STRUCTURE.directories:
            raise CorruptImage("The file has too many tags.")
        if not pages or not _is_reduced(data, layout, page):
            pages.append(page)
    return pages


def _is_reduced(data: bytes, layout: Layout, page: _Page) -> bool:
    kinds = [entry for entry in page.entries if entry.tag == _SUBFILE_TYPE]
    return any(value & _IS_REDUCED for of in kinds for value in read_integers(data, layout, of))


def _choose_entries(
    data: bytes, layout: Layout, directory: Directory, entries: list[Entry]
) -> _Page:
    """Choose the first entry of each tag that stays, and the bytes that it points to."""
    chosen: dict[int, Entry] = {}
    spans: list[Span] = []
    for entry in entries:
        span = locate_values(data, layout, entry)
        if entry.tag in _KEPT and entry.tag not in chosen and span is not None:
            chosen[entry.tag] = entry
            spans += [] if span[0] == entry.at else [span]
    for offsets_tag, lengths_tag in (_STRIPS, _TILES, _OLD_JPEG):
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
    rows = [layout.entry.pack(of.tag, of.kind, of.count, of.inline) for of in page.entries]
    content = b"".join((layout.count.pack(len(rows)), *rows, layout.offset.pack(following)))
    start, end = page.directory.start, page.directory.end
    written = content[: end - start]
    stripped[start:end] = written.ljust(end - start, b"\x00")
    return start + len(written)
