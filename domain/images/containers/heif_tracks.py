"""The sample tables of picture sequences in HEIC and AVIF files."""

from collections.abc import Iterator

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import Box, NumberReader, find_box, read_boxes
from domain.images.containers.spans import Span
from domain.limits import STRUCTURE


def read_handler(data: bytes, track: Box, budget: Iterator[int]) -> bytes:
    """Read the kind of media in a track: four letters; empty if the track does not say.

    Raises:
        CorruptImage: A box is cut off.

    Source:
        ISO/IEC 14496-12 §8.4.3.
    """
    hdlr = _descend(data, track, (b"mdia", b"hdlr"), budget)
    return data[hdlr.body + 8 : hdlr.body + 12] if hdlr else b""


def read_chunks(data: bytes, track: Box, budget: Iterator[int]) -> list[Span]:
    """Read the positions of a track's chunks of samples.

    Raises:
        CorruptImage: A table is damaged or missing, or has too many entries.

    Source:
        ISO/IEC 14496-12 §8.7.
    """
    table = _descend(data, track, (b"mdia", b"minf", b"stbl"), budget)
    boxes = read_boxes(data, table.content, budget) if table else []
    offsets = find_box(boxes, b"stco") or find_box(boxes, b"co64")
    sizes, runs = find_box(boxes, b"stsz"), find_box(boxes, b"stsc")
    if offsets is None or sizes is None or runs is None:
        raise CorruptImage("The sample table of a sequence is missing.")
    starts = _read_rows(data, offsets, (8 if offsets.kind == b"co64" else 4,))
    samples = _read_samples(data, sizes)
    counts = _read_rows(data, runs, (4, 4, 4))
    return list(_locate([start for (start,) in starts], samples, counts))


def _descend(data: bytes, box: Box, kinds: tuple[bytes, ...], budget: Iterator[int]) -> Box | None:
    found: Box | None = box
    for kind in kinds:
        found = find_box(read_boxes(data, found.content, budget), kind) if found else None
    return found


def _read_rows(data: bytes, box: Box, columns: tuple[int, ...]) -> list[tuple[int, ...]]:
    reader = NumberReader(data, box.content)
    reader.number(4)
    count = reader.number(4)
    if count > STRUCTURE.heif_extents:
        raise CorruptImage("The sequence has too many pieces.")
    return [tuple(reader.number(length) for length in columns) for _ in range(count)]


def _read_samples(data: bytes, stsz: Box) -> list[int]:
    """Read the size of each sample, in bytes."""
    reader = NumberReader(data, stsz.content)
    reader.number(4)
    size, count = reader.number(4), reader.number(4)
    if count > STRUCTURE.heif_extents:
        raise CorruptImage("The sequence has too many pieces.")
    return [size or reader.number(4) for _ in range(count)]


def _locate(starts: list[int], samples: list[int], runs: list[tuple[int, ...]]) -> Iterator[Span]:
    """Yield each chunk; a run gives the samples in a chunk, from its first chunk on."""
    per_chunk = {first: samples_in_chunk for first, samples_in_chunk, _ in runs}
    count = position = 0
    for number, start in enumerate(starts, 1):
        count = per_chunk.get(number, count)
        yield start, start + sum(samples[position : position + count])
        position += count
