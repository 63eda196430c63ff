"""Take places out of JPEG files, and out of the pictures that follow or lie within them."""

import re
from collections.abc import Iterator
from functools import partial

import msgspec

from domain.errors.files import CorruptImage
from domain.images.positions import LIMITS, PLACE_NAME, NotUnderstood
from domain.images.positions.iptc import strip_photoshop
from domain.images.positions.tiff import Strip, strip_exif
from domain.images.positions.xmp import strip_xmp

_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
_SEGMENTS = (
    frozenset(range(0xC0, 0xFF)) - frozenset(range(0xD0, 0xDA)) - frozenset(range(0xF0, 0xFE))
)
_EOI, _COMMENT = 0xD9, 0xFE
_APPLICATION = frozenset(range(0xE0, 0xF0))
_APP0, _APP1, _APP2, _APP13, _APP14 = 0xE0, 0xE1, 0xE2, 0xED, 0xEE

_EXIF = b"Exif\x00\x00"
_XMP = b"http://ns.adobe.com/xap/1.0/\x00"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\x00"
_MORE_XMP_HEAD = len(_MORE_XMP) + 40  # A digest, the length of all and the place of the piece.
_PHOTOSHOP = b"Photoshop 3.0\x00"
_HARMLESS = {
    _APP0: (b"JFIF\x00",),
    # Colour, the index of pictures that follow, and how a gain map brightens the picture.
    _APP2: (b"ICC_PROFILE\x00", b"MPF\x00", b"urn:iso:std:iso:ts:21496:"),
    _APP14: (b"Adobe",),
}
_NEXT_PICTURE = re.compile(rb"\x00*(\xff\xd8\xff)")


class _Segment(msgspec.Struct, frozen=True):
    code: int
    start: int  # Of its payload.
    end: int


def strip_jpeg(data: bytes, depth: int = 0) -> bytes:
    """Take the place out of a JPEG file.

    Segments keep their length. Those of makers, which only they can read, are emptied. Of what
    follows the picture, other pictures stay (gain maps, previews); a film or a maker's block,
    which hold places of their own, is cut off.

    Args:
        data: The file; one that is cut off, or damaged within its scans, as far as it goes.
        depth: How many pictures it lies within.

    Returns:
        The file, of the same length or shorter.

    Raises:
        CorruptImage: It has more segments than any honest file.

    Source:
        ITU-T T.81, annex B; CIPA DC-007, Multi-Picture Format, §5; for the segments of makers,
        ExifTool's tables of JPEG segments.
    """
    stripped = bytearray(data)
    budget = iter(range(LIMITS.segments))
    start = 0
    while True:
        segments, end = _read_segments(data, start + 2, budget)
        _strip_segments(stripped, segments, depth)
        following = _NEXT_PICTURE.match(data, end)
        if following is None:
            return bytes(stripped[:end])
        start = following.start(1)


def strip_within(data: bytes, depth: int) -> bytes:
    """Take the place out of a JPEG that lies within something else.

    Returns:
        As many bytes: with zeros at its end for what was cut off, all zeros where it lies too
        deep or cannot be followed.
    """
    if depth > LIMITS.depth or not data.startswith(b"\xff\xd8"):
        return bytes(len(data))
    try:
        return strip_jpeg(data, depth).ljust(len(data), b"\x00")
    except CorruptImage:
        return bytes(len(data))


def _read_segments(data: bytes, position: int, budget: Iterator[int]) -> tuple[list[_Segment], int]:
    """Find the segments of one picture, and where it ends."""
    segments: list[_Segment] = []
    for _ in budget:
        found = _MARKER.search(data, position)
        if found is None:
            return segments, len(data)
        code = found[1][0]
        position = found.end()
        if code == _EOI:
            return segments, position
        if code in _SEGMENTS:
            length = int.from_bytes(data[position : position + 2], "big")
            end = min(position + max(length, 2), len(data))
            segments.append(_Segment(code, min(position + 2, end), end))
            position = end
    raise CorruptImage("The file has too many markers.")


def _strip_segments(data: bytearray, segments: list[_Segment], depth: int) -> None:
    strip_picture = partial(strip_within, depth=depth + 1)
    photoshop: list[_Segment] = []
    more_xmp: list[_Segment] = []
    for segment in segments:
        if segment.code not in _APPLICATION and segment.code != _COMMENT:
            continue
        payload = bytes(data[segment.start : segment.end])
        if segment.code == _APP1 and payload.startswith(_MORE_XMP):
            more_xmp.append(segment)
        elif segment.code == _APP13 and payload.startswith(_PHOTOSHOP):
            photoshop.append(segment)
        elif segment.code == _APP1 and payload.startswith(_EXIF):
            block = strip_exif(payload[len(_EXIF) :], strip_picture)
            data[segment.start : segment.end] = _EXIF + block
        elif segment.code == _APP1 and payload.startswith(_XMP):
            data[segment.start : segment.end] = _XMP + strip_xmp(payload[len(_XMP) :])
        elif not _is_harmless(segment.code, payload):
            _empty(data, segment)
    _strip_photoshop(data, photoshop, partial(strip_exif, strip_picture=strip_picture))
    _strip_more_xmp(data, more_xmp)


def _is_harmless(code: int, payload: bytes) -> bool:
    if code == _COMMENT:
        return PLACE_NAME.search(payload.decode("latin-1")) is None
    return payload.startswith(_HARMLESS.get(code, ()))


def _strip_photoshop(data: bytearray, segments: list[_Segment], strip_block: Strip) -> None:
    """Strip Photoshop's blocks, which may go on from one segment to the next."""
    head = len(_PHOTOSHOP)
    blocks = b"".join(data[of.start + head : of.end] for of in segments)
    try:
        stripped = strip_photoshop(blocks, strip_block)
    except NotUnderstood:
        stripped = bytes(len(blocks))
    position = 0
    for of in segments:
        length = of.end - of.start - head
        data[of.start + head : of.end] = stripped[position : position + length]
        position += length


def _strip_more_xmp(data: bytearray, segments: list[_Segment]) -> None:
    """Empty what did not fit into the first packet, if it tells a place.

    The pieces are named after a digest of them all, so that they stay as they are or go.
    """
    pieces = sorted(
        (bytes(data[of.start + len(_MORE_XMP) : of.start + _MORE_XMP_HEAD]), of.start, of.end)
        for of in segments
    )
    whole = b"".join(data[start + _MORE_XMP_HEAD : end] for _, start, end in pieces)
    if strip_xmp(whole) != whole:
        for of in segments:
            _empty(data, of)


def _empty(data: bytearray, segment: _Segment) -> None:
    data[segment.start : segment.end] = bytes(segment.end - segment.start)
