"""Take places out of HEIC and AVIF files."""

from functools import partial

from domain.errors.files import CorruptImage
from domain.images.positions import LIMITS
from domain.images.positions.boxes import Box, Item, read_boxes, read_items, read_places
from domain.images.positions.jpeg import strip_within
from domain.images.positions.spans import Span, merge, overlap_each_other, overlaps
from domain.images.positions.tiff import blank_exif, strip_exif
from domain.images.positions.xmp import strip_xmp

_PICTURES = frozenset(b"hvc1 av01 avc1 vvc1 j2k1 unci grid iden iovl tmap".split())
_XMP_TYPE = b"application/rdf+xml"
_TOP = frozenset(b"ftyp styp meta moov mdat idat moof mfra free skip wide".split())
_OF_META = frozenset(b"hdlr pitm iloc iinf iref iprp idat grpl dinf free skip".split())
_OF_MOVIE = frozenset(b"mvhd trak mvex iods free skip".split())
_OF_TRACK = frozenset(b"tkhd tref trgr edts mdia free skip".split())
_SHOWN = frozenset({b"pict", b"vide", b"auxv", b"soun"})
_FREE = b"free"
_EXIF_HEAD = b"Exif\x00\x00"


def strip_heif(data: bytes) -> bytes:
    """Take the place out of a HEIC or AVIF file; what is not known to be part of the picture goes.

    Args:
        data: The file.

    Returns:
        As many bytes: every number that says where something lies stays right.

    Raises:
        CorruptImage: Its index cannot be followed.

    Source:
        ISO/IEC 23008-12 annex A for EXIF and XMP; ISO/IEC 14496-12 §8.11 for the index.
    """
    return _Stripper(data).strip()


class _Stripper:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._stripped = bytearray(data)
        self._budget = iter(range(LIMITS.chunks))
        self._strip_exif = partial(strip_exif, strip_picture=partial(strip_within, depth=1))

    def strip(self) -> bytes:
        for box in self._read((0, len(self._data))):
            if box.kind not in _TOP:
                self._free(box)
            elif box.kind == b"meta":
                self._strip_meta(box)
            elif box.kind == b"moov":
                self._strip_movie(box)
        return bytes(self._stripped)

    def _strip_meta(self, meta: Box) -> None:
        boxes = self._read((meta.body + 4, meta.end))
        for box in boxes:
            if box.kind not in _OF_META:
                self._free(box)
        found = {box.kind: box for box in reversed(boxes)}
        if b"iinf" not in found or b"iloc" not in found:
            raise CorruptImage("The index of items is missing.")
        items = read_items(self._data, found[b"iinf"], self._budget)
        places = read_places(self._data, found[b"iloc"], found.get(b"idat"))
        kept = [(box.start, box.end) for box in boxes if box.kind != b"idat"]
        others: list[tuple[Item, list[Span]]] = []
        for number, spans in places.items():
            item = items.get(number, Item(b""))
            if item.kind in _PICTURES:
                kept += spans
            else:
                others.append((item, spans))
        merged, apart = merge(kept), [span for _, spans in others for span in spans]
        if overlap_each_other(apart) or any(overlaps(merged, span) for span in apart):
            raise CorruptImage("An item lies within another one.")
        for item, spans in others:
            self._strip_item(item, spans)

    def _strip_item(self, item: Item, spans: list[Span]) -> None:
        content = b"".join(self._data[start:end] for start, end in spans)
        if item.kind == b"Exif":
            # A number says how much lies between it and the EXIF block: a signature, or nothing.
            head = 4 + int.from_bytes(content[:4], "big")
            if head in {4, 4 + len(_EXIF_HEAD)}:
                content = content[:head] + self._strip_exif(content[head:])
            else:
                content = (bytes(4) + blank_exif(content[4:]))[: len(content)]
        elif item.kind == b"jpeg":
            content = strip_within(content, 1)
        elif item.content_type == _XMP_TYPE and not item.is_encoded:
            content = strip_xmp(content)
        else:
            content = bytes(len(content))
        position = 0
        for start, end in spans:
            self._stripped[start:end] = content[position : position + end - start]
            position += end - start

    def _strip_movie(self, movie: Box) -> None:
        """Leave what tells of a sequence of pictures, and take out what is told beside it."""
        for box in self._read((movie.body, movie.end)):
            if box.kind not in _OF_MOVIE or (box.kind == b"trak" and not self._is_shown(box)):
                self._free(box)
            elif box.kind == b"trak":
                for inner in self._read((box.body, box.end)):
                    if inner.kind not in _OF_TRACK:
                        self._free(inner)

    def _is_shown(self, track: Box) -> bool:
        for media in self._read((track.body, track.end)):
            for box in self._read((media.body, media.end)) if media.kind == b"mdia" else []:
                if box.kind == b"hdlr":
                    return self._data[box.body + 8 : box.body + 12] in _SHOWN
        return False

    def _read(self, span: Span) -> list[Box]:
        return read_boxes(self._data, span, self._budget)

    def _free(self, box: Box) -> None:
        """Make a box one that readers skip."""
        self._stripped[box.start + 4 : box.start + 8] = _FREE
        self._stripped[box.body : box.end] = bytes(box.end - box.body)
