"""JPEG files.

Source: ITU-T T.81, annex B; ITU-T T.871 for JFIF.
"""

import re
from collections.abc import Iterator

import msgspec

from domain.errors.files import CorruptImage, UnsupportedFormat
from domain.images.containers.exif import (
    EXIF_PREFIX,
    exif_fields,
    find_orientation,
    write_orientation,
)
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.limits import STRUCTURE

_END = b"\xff\xd9"
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_NOTHING = 255  # The precision of a coefficient that no scan holds.
_APP0, _APP1, _APP2, _APP12, _APP14 = 0xE0, 0xE1, 0xE2, 0xEC, 0xEE
_SOS, _EOI = 0xDA, 0xD9
_METADATA = frozenset({*range(_APP0, _APP0 + 16), 0xFE})
# Pillow reads on inside 0xFFC8, a segment that nothing uses.
_MAY_HAVE_TAGS = frozenset({_APP1, 0xC8})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_LS = b"\xff\xf7"
_MOST_BITS = 8
_UNKNOWN_FRAMES = {
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "hierarchical"),
    0xCB: "lossless arithmetic",
}
# Frames, tables, scans, restarts and hierarchy: every segment that decoders need.
_CODED = frozenset(range(0xC0, 0xE0)) - {0xC8} - frozenset(range(0xD0, 0xDA))
_JFIF, _PROFILE, _ADOBE = b"JFIF\x00", b"ICC_PROFILE\x00", b"Adobe"
_JFIF_BYTES, _ADOBE_BYTES = 12, 12

# A marker is 0xFF and a code. Inside a scan, 0xFF00 is a data byte and D0 to D7 are restarts;
# 0xFF before a code is padding.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
_SEGMENTS = _CODED | {0xC8} | _METADATA


class _Segment(msgspec.Struct, frozen=True):
    """A segment, or the end marker.

    Attributes:
        at: Position of the marker, in bytes.
        start: Start of the payload.
        end: End of the payload.
        coded_end: End of the coded pixels that follow a start of scan; for other segments, of
            the bytes that decoders skip.
    """

    code: int
    at: int
    start: int
    end: int
    coded_end: int


def read_jpeg(data: bytes) -> Header:
    """Read the dimensions and the first EXIF block, and note whether the end marker is there.

    Decoders silently fill what a cut-off file lacks with gray, so the walk is necessary. Bytes
    after the end marker are normal (motion photos, multi-picture files) and are not read.

    Raises:
        CorruptImage: The file holds no picture.
        UnsupportedFormat: No decoder knows this kind of JPEG.
    """
    size: tuple[int, int] | None = None
    exif: bytes | None = None
    notes: list[bytes] = []
    profile: list[bytes] = []
    scans = metadata_bytes = code = 0
    may_have_tags = False
    segment = _Segment(0, len(data), len(data), len(data), len(data))
    for segment in _walk_segments(data):
        code, payload = segment.code, data[segment.start : segment.end]
        metadata_bytes += len(payload) if code in _METADATA else 0
        may_have_tags |= code in _MAY_HAVE_TAGS
        if code in _FRAMES and size is None:
            _check_kind(code, payload)
            size = int.from_bytes(payload[3:5], "big"), int.from_bytes(payload[1:3], "big")
        elif code == _SOS:
            scans += 1
        elif code == _APP1 and exif is None and payload.startswith(EXIF_PREFIX):
            exif = payload.removeprefix(EXIF_PREFIX)
        elif code == _APP2 and payload.startswith(_PROFILE):
            profile.append(payload.removeprefix(_PROFILE))
        elif code in {_APP0, _APP12} and payload[:4] not in {b"JFIF", b"JFXX"}:
            notes.append(payload)
    mended = None if code == _EOI else _mend_end(data, segment)
    if size is None and _JPEG_LS in data:
        raise UnsupportedFormat("JPEG-LS cannot be decoded.")
    if size is None or not scans:
        raise CorruptImage("The file holds no picture.")
    if scans > STRUCTURE.jpeg_scans:
        raise CorruptImage(f"The picture is cut into more than {STRUCTURE.jpeg_scans} scans.")
    return Header(
        *size,
        profile=_join_profile(profile) if profile else None,
        **exif_fields(exif),
        may_have_tags=may_have_tags,
        metadata_bytes=metadata_bytes,
        camera_notes=tuple(notes[: STRUCTURE.camera_notes]),
        ends_early=mended is not None,
        decodable=(mended, ImageFormat.JPEG) if mended else None,
    )


def _check_kind(code: int, frame: bytes) -> None:
    """Refuse kinds of JPEG that are valid but that no decoder knows."""
    kind = _UNKNOWN_FRAMES.get(code)
    if kind is None and frame and frame[0] > _MOST_BITS:
        kind = f"{frame[0]}-bit"
    if kind is not None:
        raise UnsupportedFormat(f"JPEG of this kind ({kind}) cannot be decoded.")


def _mend_end(data: bytes, last: _Segment) -> bytes:
    """Put an end marker behind the last scan of a file that lacks it."""
    length = int.from_bytes(data[last.at + 2 : last.at + 4], "big")
    has_pixels = last.code == _SOS and last.at + 2 + length <= len(data)
    # Half a marker or half an escaped byte at the end is no pixel data.
    return data[: len(data) if has_pixels else last.at].rstrip(b"\xff") + _END


class Scans(msgspec.Struct, frozen=True):
    """What the scans of a picture hold.

    Attributes:
        is_single: Whether one scan holds all components, row by row.
        has_all_rows: Whether another scan follows the first one of the first component, which
            is the luma; so every row of it is there, if only coarsely.
        is_complete: Whether every component has a scan of each coefficient in full precision.
    """

    is_single: bool
    has_all_rows: bool
    is_complete: bool


def read_scans(data: bytes) -> Scans:
    """Read what the scans of a JPEG hold; the last one may be cut off."""
    components: tuple[int, ...] = ()
    precision: dict[int, list[int]] = {}
    is_progressive, scans = False, []
    for segment in _walk_segments(data):
        payload = data[segment.start : segment.end]
        if segment.code in _FRAMES and not components:
            components = tuple(payload[6 : 6 + 3 * payload[5] : 3])
            precision = {component: [_NOTHING] * 64 for component in components}
            is_progressive = segment.code in _PROGRESSIVE
        elif segment.code == _SOS and payload:
            count = payload[0]
            members = [of for of in payload[1 : 1 + 2 * count : 2] if of in precision]
            first, last, low = payload[1 + 2 * count : 4 + 2 * count].ljust(3, b"\x00")
            reach = (first, min(last, 63), low & 15) if is_progressive else (0, 63, 0)
            scans.append(members)
            for member in members:
                row = precision[member]
                row[reach[0] : reach[1] + 1] = [reach[2]] * (reach[1] + 1 - reach[0])
    luma = next((at for at, of in enumerate(scans) if components and components[0] in of), None)
    return Scans(
        is_single=len(scans) == 1 and len(scans[0]) == len(components),
        has_all_rows=luma is not None and luma + 1 < len(scans),
        is_complete=not any(any(row) for row in precision.values()),
    )


def strip_jpeg(data: bytes) -> bytes:
    """Keep the coded picture, its orientation, its colours and its density.

    Everything behind the end marker is dropped. A file that is cut off, or damaged within its
    scans, is kept as far as it goes.

    Raises:
        CorruptImage: There is no scan, or there are too many markers.
    """
    parts = [b"\xff\xd8"]
    has_exif = has_scan = False
    for segment in _walk_segments(data):
        if segment.code == _EOI:
            parts.append(data[segment.at : segment.end])
        elif segment.code in _CODED:
            is_scan = segment.code == _SOS
            has_scan = has_scan or is_scan
            parts.append(data[segment.at : segment.coded_end if is_scan else segment.end])
        elif not (has_exif and segment.code == _APP1):
            payload = data[segment.start : segment.end]
            has_exif = has_exif or (segment.code == _APP1 and payload.startswith(EXIF_PREFIX))
            kept = _strip_payload(segment.code, payload)
            if kept:
                parts += (bytes((0xFF, segment.code)), (len(kept) + 2).to_bytes(2, "big"), kept)
    if not has_scan:
        raise CorruptImage("The file holds no picture.")
    return b"".join(parts)


def _join_profile(parts: list[bytes]) -> bytes:
    """Join the parts of an ICC profile; each begins with its number and the number of parts.

    Returns:
        Nothing if a part is missing or the profile is too large.

    Source:
        ICC.1:2022, annex B.4.
    """
    numbered = {part[0]: part[2:] for part in parts if len(part) > 1}
    count = max((part[1] for part in parts if len(part) > 1), default=0)
    size = sum(len(part) for part in numbered.values())
    if sorted(numbered) != list(range(1, count + 1)) or size > STRUCTURE.profile_bytes:
        return b""
    return b"".join(numbered[number] for number in sorted(numbered))


def _strip_payload(code: int, payload: bytes) -> bytes:
    """Return the part of an application segment that stays; nothing if all of it goes."""
    if code == _APP1 and payload.startswith(EXIF_PREFIX):
        orientation = find_orientation(payload)
        return EXIF_PREFIX + write_orientation(orientation) if orientation else b""
    if code == _APP0 and payload.startswith(_JFIF):  # Version and density, no thumbnail.
        return payload[:_JFIF_BYTES].ljust(_JFIF_BYTES, b"\x00") + b"\x00\x00"
    if code == _APP2 and payload.startswith(_PROFILE):
        return payload
    if code == _APP14 and payload.startswith(_ADOBE):
        return payload[:_ADOBE_BYTES]
    return b""


def _walk_segments(data: bytes) -> Iterator[_Segment]:
    """Walk the segments up to the end marker, which is the last unless the file is cut off.

    A marker that is no segment is damage inside a scan: decoders continue at the next restart.
    """
    pending: tuple[int, int, int, int] | None = None
    position = 2
    for _ in range(STRUCTURE.jpeg_markers):
        found = _MARKER.search(data, position)
        if found is None:
            break
        at, code, position = found.start(), found[1][0], found.end()
        if code != _EOI and code not in _SEGMENTS:
            continue
        if pending is not None:
            yield _Segment(*pending, at)
        if code == _EOI:
            yield _Segment(_EOI, at, position, position, position)
            return
        length = int.from_bytes(data[position : position + 2], "big")
        end = min(position + max(length, 2), len(data))
        pending = code, at, min(position + 2, end), end
        position = end
    else:
        raise CorruptImage("The file has too many markers.")
    if pending is not None:
        yield _Segment(*pending, len(data))
