"""The primary picture of a HEIC or AVIF file: how it is turned and cut out, its EXIF, its faults.

Source: ISO/IEC 23008-12 §6.5.9 (``clap``), §6.5.10 (``irot``), §6.5.12 (``imir``), annex A (EXIF).
"""

import msgspec

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import Box, box_budget, read_top_boxes
from domain.images.containers.exif import EXIF_PREFIX
from domain.images.containers.heif_index import Index, is_alpha, read_index
from domain.limits import STRUCTURE

_EXIF = b"Exif"
_SKIPPED_ITEM = b"skip"
_TIFF_STARTS = (b"II*\x00", b"MM\x00*")


class Picture(msgspec.Struct, frozen=True):
    """What the boxes say about the primary picture.

    Attributes:
        index: None if it cannot be read, or the file is a sequence without one.
        exif: The TIFF structure with the EXIF tags; empty if it is broken, None if there is none.
        mended: The file without EXIF, by which some decoders refuse a picture, and with boxes
            that end within it; None if it is so already.
        ends_early: Whether a box is cut off.
    """

    index: Index | None
    exif: bytes | None
    mended: bytes | None
    ends_early: bool


def read_picture(data: bytes) -> Picture:
    """Read what the boxes say about the primary picture.

    Raises:
        CorruptImage: There is no box, or the file ends before the end of the picture.
    """
    top, ends_early = read_top_boxes(data, box_budget())
    if not top:
        raise CorruptImage("The file ends before the end of the picture.")
    try:
        index = read_index(data, top, box_budget())
    except CorruptImage:
        index = None
    if ends_early and (index is None or not _is_whole(data, index)):
        raise CorruptImage("The file ends before the end of the picture.")
    exif = _read_exif(data, index) if index else None
    mended = bytearray()
    if exif is not None or ends_early or top[-1].end < len(data):
        mended = bytearray(data[: top[-1].end])
        if ends_early:
            _close(mended, top[-1])
        for item in index.items if index else ():
            if item.kind == _EXIF:
                mended[item.kind_at : item.kind_at + 4] = _SKIPPED_ITEM
    return Picture(index, exif, bytes(mended) or None, ends_early)


def _is_whole(data: bytes, index: Index) -> bool:
    """Return whether the primary picture, its tiles and its alpha planes lie within the file."""
    parts = {index.primary}
    for of in index.references:
        is_plane = of.kind == b"auxl" and is_alpha(data, index.properties.get(of.source, []))
        if is_plane and index.primary in of.targets:
            parts.add(of.source)
    tiles = {of.source: of.targets for of in index.references if of.kind == b"dimg"}
    waiting = [*parts]
    while waiting:
        more = {*tiles.get(waiting.pop(), ())} - parts
        parts |= more
        waiting += more
    return all(_is_within(data, index, number) for number in parts)


def _is_within(data: bytes, index: Index | None, number: int) -> bool:
    spans = index.extents.get(number, ()) if index else ()
    return bool(spans) and all(end <= len(data) for _, end in spans)


def _read_exif(data: bytes, index: Index) -> bytes | None:
    """Read the EXIF block of the primary picture; empty if it is broken or lies elsewhere."""
    numbers = [item.number for item in index.items if item.kind == _EXIF]
    if not numbers:
        return None
    own = {of.source for of in index.references if index.primary in of.targets}
    number = next((number for number in numbers if number in own), numbers[0])
    spans = index.extents.get(number, [])
    too_long = sum(end - start for start, end in spans) > STRUCTURE.tag_read_bytes
    if too_long or not _is_within(data, index, number):
        return b""
    payload = b"".join(data[start:end] for start, end in spans)
    # A position of the TIFF structure precedes it; some writers forget it.
    starts = 4 + int.from_bytes(payload[:4], "big"), 0, len(EXIF_PREFIX)
    return next((payload[at:] for at in starts if payload.startswith(_TIFF_STARTS, at)), b"")


def _close(mended: bytearray, box: Box) -> None:
    """Let the last box of a file end where the file ends."""
    if box.body - box.start == 16:
        mended[box.start + 8 : box.start + 16] = (len(mended) - box.start).to_bytes(8, "big")
    else:
        mended[box.start : box.start + 4] = bytes(4)  # Up to the end of the file.
