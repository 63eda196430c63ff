"""HEIC and AVIF files.

Source: ISO/IEC 14496-12; ISO/IEC 23008-12; AV1 Image File Format 1.1.
"""

from domain.errors.files import CorruptImage
from domain.images.containers.boxes import Box, box_budget, read_boxes, read_top_boxes
from domain.images.containers.exif import exif_fields
from domain.images.containers.heif_index import (
    Item,
    Reference,
    is_alpha,
    read_chunks,
    read_handler,
    read_index,
    read_items,
)
from domain.images.containers.heif_picture import read_picture
from domain.images.containers.heif_profile import read_profile
from domain.images.containers.heif_turn import read_crop, read_turn
from domain.images.containers.spans import Span, keep_spans, merge
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.pillow import open_picture
from domain.images.values import ImageWarning

_PICTURES = frozenset(b"hvc1 av01 avc1 vvc1 jpeg j2k1 unci grid iden iovl".split())
_SHOWN = frozenset({b"pict", b"vide", b"auxv"})
_FREE, _SKIPPED_ITEM = b"free", b"skip"

# Boxes that stay, by the box around them; what is not listed becomes a box that readers skip.
_TOP = frozenset(b"ftyp meta moov mdat".split())
_META = frozenset(b"hdlr pitm iloc iinf iref iprp idat".split())
_WITHIN = {
    b"iprp": frozenset(b"ipco ipma".split()),
    b"ipco": frozenset(
        b"hvcC lhvC av1C avcC vvcC jpgC j2kH uncC cmpd cmpC ispe pasp colr pixi irot imir clap "
        b"auxC a1op a1lx lsel rloc clli mdcv cclv amve ndwt reve".split()
    ),
    b"moov": frozenset(b"mvhd trak".split()),
    b"trak": frozenset(b"tkhd tref edts mdia".split()),
    b"edts": frozenset(b"elst".split()),
    b"mdia": frozenset(b"mdhd hdlr minf".split()),
    b"minf": frozenset(b"vmhd nmhd dinf stbl".split()),
    b"stbl": frozenset(b"stsd stts ctts cslg stsc stsz stco co64 stss sdtp sgpd sbgp".split()),
}
_TIMES = frozenset(b"mvhd tkhd mdhd".split())
_HANDLER_BYTES = 24  # The rest of a handler box is a name.


def read_heif(data: bytes, image_format: ImageFormat) -> Header:
    """Check that the picture is whole, and read the dimensions with the decoder.

    Only the boxes ``irot`` and ``imir`` turn the picture; an EXIF orientation does not. The
    decoder of HEIC turns it itself, so its size is the upright one.

    Raises:
        CorruptImage: The picture is cut off, or the decoder cannot read the header.
    """
    found = read_picture(data)
    properties = found.index.properties.get(found.index.primary, []) if found.index else []
    turn = read_turn(data, properties)
    fields = exif_fields(found.exif) | {"named_orientation": turn if turn > 1 else None}
    if found.ends_early:
        fields["warnings"] += (ImageWarning.END_MISSING,)
    with open_picture(found.mended or data, image_format) as picture:
        is_avif = image_format is ImageFormat.AVIF
        return Header(
            *picture.size,
            **fields | {"orientation": turn if is_avif else 1},
            # The decoder of HEIC cuts and turns the picture itself.
            crop=read_crop(data, properties, picture.size) if is_avif else None,
            frames=int(getattr(picture, "n_frames", 1)),
            has_alpha="A" in picture.getbands(),
            profile=read_profile(data, properties),
            metadata_bytes=len(found.exif or b"")
            + sum(len(of) for of in picture.info.values() if isinstance(of, bytes)),
            decodable=(found.mended, image_format) if found.mended else None,
        )


def strip_heif(data: bytes) -> bytes:
    """Keep the pictures with their alpha planes, their turn and their colours.

    The file keeps its length, and every part its position. Thumbnails, depth and gain maps,
    EXIF, XMP and whatever else lies in the file become zeros.

    Raises:
        CorruptImage: Its index cannot be followed.
    """
    return _Stripper(read_picture(data).mended or data).strip()


class _Stripper:
    """One file: reads which items and tracks stay, then writes the boxes anew."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._budget = box_budget()
        self._pixels = bytearray()  # The file with nothing but the bytes of pictures.
        self._kept_items: set[int] = set()

    def strip(self) -> bytes:
        top, _ = read_top_boxes(self._data, self._budget)
        spans: list[Span] = []
        for box in top:
            if box.kind == b"meta":
                spans += self._find_pictures(box)
            elif box.kind == b"moov":
                for track in self._read(box.content):
                    if track.kind == b"trak" and self._is_shown(track):
                        spans += read_chunks(self._data, track, self._budget)
        within = [(start, min(end, len(self._data))) for start, end in spans]
        self._pixels = keep_spans(self._data, merge(within))
        return b"".join(self._write(box, _TOP) for box in top)

    def _read(self, span: Span) -> list[Box]:
        return read_boxes(self._data, span, self._budget)

    def _is_shown(self, track: Box) -> bool:
        return read_handler(self._data, track, self._budget) in _SHOWN

    def _find_pictures(self, meta: Box) -> list[Span]:
        """Find the items that stay, and return the positions of their bytes."""
        index = read_index(self._data, [meta], self._budget)
        if index is None:
            raise CorruptImage("The index of items is missing.")
        alphas = {number for number, of in index.properties.items() if is_alpha(self._data, of)}
        self._kept_items = choose_items(index.items, index.primary, index.references, alphas)
        return [span for number in self._kept_items for span in index.extents.get(number, ())]

    def _write(self, box: Box, allowed: frozenset[bytes]) -> bytes:
        """Write a box to as many bytes."""
        header = self._data[box.start : box.body]
        body = self._data[box.body : box.end]
        if box.kind not in allowed or (box.kind == b"trak" and not self._is_shown(box)):
            return header[:4] + _FREE + header[8:] + bytes(len(body))
        if box.kind in {b"mdat", b"idat"}:
            body = bytes(self._pixels[box.body : box.end])
        elif box.kind == b"meta":
            body = body[:4] + self._write_all((box.body + 4, box.end), _META)
        elif box.kind in _WITHIN:
            body = self._write_all(box.content, _WITHIN[box.kind])
        elif box.kind == b"iinf":
            body = self._write_index(box)
        elif box.kind == b"hdlr":
            body = body[:_HANDLER_BYTES].ljust(len(body), b"\x00")
        elif box.kind in _TIMES and body:
            end = 20 if body[0] else 12
            body = (body[:4] + bytes(end - 4) + body[end:])[: len(body)]
        return header + body

    def _write_all(self, span: Span, allowed: frozenset[bytes]) -> bytes:
        boxes = b"".join(self._write(box, allowed) for box in self._read(span))
        return boxes.ljust(span[1] - span[0], b"\x00")

    def _write_index(self, iinf: Box) -> bytes:
        """Write the index without names; items that go are of a kind that readers skip."""
        written = bytearray(self._data[iinf.body : iinf.end])
        for item in read_items(self._data, iinf, self._budget):
            start, end = item.kind_at - iinf.body, item.box.end - iinf.body
            kind = item.kind if item.number in self._kept_items else _SKIPPED_ITEM
            written[start:end] = kind.ljust(end - start, b"\x00")
        return bytes(written)


def choose_items(
    items: list[Item], primary: int, references: list[Reference], alphas: set[int]
) -> set[int]:
    """Choose the items that stay.

    A tiled picture refers to its tiles (``dimg``), an auxiliary picture to its main picture
    (``auxl``), and a thumbnail likewise (``thmb``).

    Args:
        primary: Number of the primary item.
        alphas: Numbers of the items that are alpha planes.

    Returns:
        Numbers of the pictures that stand for themselves, of the pictures that these are made
        of, and of their alpha planes.
    """
    pictures = {item.number for item in items if item.kind in _PICTURES}
    parts = {target for of in references if of.kind == b"dimg" for target in of.targets}
    beside = {of.source for of in references if of.kind in {b"auxl", b"thmb"}}
    kept = (pictures - parts - beside) | ({primary} & pictures)
    kept |= {
        of.source
        for of in references
        if of.kind == b"auxl" and of.source in pictures & alphas and kept & {*of.targets}
    }
    tiles = {of.source: of.targets for of in references if of.kind == b"dimg"}
    waiting = [*kept]
    while waiting:
        more = pictures.intersection(tiles.get(waiting.pop(), ())) - kept
        kept |= more
        waiting += more
    return kept
