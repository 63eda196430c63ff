"""Header of a JPEG file."""

from domain.errors.files import CorruptImage
from domain.images.containers.jpeg import APP0, APP1, APP12, EOI, EXIF, METADATA, SOS, walk_segments
from domain.images.containers.tiff import find_orientation
from domain.images.header import Header
from domain.limits import STRUCTURE

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def read_jpeg(data: bytes) -> Header:
    """Read the dimensions and the EXIF block, and check that the file reaches its end marker.

    Decoders silently fill what a cut-off file lacks with gray, so the walk is necessary. Bytes
    after the end marker are normal (motion photos, multi-picture files) and are not read.

    Raises:
        CorruptImage: The file holds no picture, or ends early.

    Source:
        ITU-T T.81, annex B.
    """
    size: tuple[int, int] | None = None
    exif: bytes | None = None
    notes: list[bytes] = []
    scans = metadata_bytes = code = 0
    for segment in walk_segments(data):
        code, payload = segment.code, data[segment.start : segment.end]
        metadata_bytes += len(payload) if code in METADATA else 0
        if code in _FRAMES and size is None:
            size = _read_frame(payload)
        elif code == SOS:
            scans += 1
        elif code == APP1 and exif is None and payload.startswith(EXIF):
            exif = payload.removeprefix(EXIF)
        elif code in {APP0, APP12} and payload[:4] not in {b"JFIF", b"JFXX"}:
            notes.append(payload)
    if code != EOI:
        raise CorruptImage("The file ends before the end of the picture.")
    if size is None or not scans:
        raise CorruptImage("The file holds no picture.")
    if scans > STRUCTURE.jpeg_scans:
        raise CorruptImage(f"The picture is cut into more than {STRUCTURE.jpeg_scans} scans.")
    return Header(
        *size,
        orientation=find_orientation(exif) or 1,
        exif=exif,
        metadata_bytes=metadata_bytes,
        camera_notes=tuple(notes[: STRUCTURE.camera_notes]),
    )


def _read_frame(payload: bytes) -> tuple[int, int]:
    height = int.from_bytes(payload[1:3], "big")
    width = int.from_bytes(payload[3:5], "big")
    if len(payload) < 6 or not width or not height:
        raise CorruptImage("The frame has no size.")
    return width, height
