"""Header of a WebP file."""

from domain.errors.files import CorruptImage
from domain.images.containers.tiff import find_orientation
from domain.images.containers.webp import EXIF_HEAD, RIFF_BYTES, declared_end, walk_chunks
from domain.images.header import Header

_LOSSY_START_CODE = b"\x9d\x01\x2a"
_LOSSLESS_SIGNATURE = 0x2F
_ALPHA_FLAG = 0x10
_METADATA = frozenset({b"EXIF", b"XMP ", b"ICCP"})


def read_webp(data: bytes) -> Header:
    """Read the dimensions and check that the file has its declared length.

    Args:
        data: The file; of an animation the canvas counts.

    Raises:
        CorruptImage: It is shorter than declared, or holds no picture.

    Source:
        RFC 9649, WebP image format, §2.
    """
    size: tuple[int, int] | None = None
    has_alpha, frames, exif, pictured, metadata_bytes = False, 0, None, False, 0
    for kind, payload in walk_chunks(data, RIFF_BYTES, declared_end(data)):
        metadata_bytes += len(payload) if kind in _METADATA else 0
        if kind == b"VP8X" and size is None and len(payload) >= 10:
            has_alpha = bool(payload[0] & _ALPHA_FLAG)
            size = _read_uint24(payload[4:7]) + 1, _read_uint24(payload[7:10]) + 1
        elif kind in {b"VP8 ", b"VP8L"}:
            pictured = True
            size = size or _read_frame(kind, payload)
            has_alpha = has_alpha or (kind == b"VP8L" and bool(payload[4] & _ALPHA_FLAG))
        elif kind == b"ANMF":
            frames += 1
        elif kind == b"EXIF" and exif is None:
            exif = payload.removeprefix(EXIF_HEAD)
    if size is None or not (pictured or frames):
        raise CorruptImage("The file holds no picture.")
    return Header(
        *size,
        frames=max(frames, 1),
        orientation=find_orientation(exif) or 1,
        has_alpha=has_alpha,
        exif=exif,
        metadata_bytes=metadata_bytes,
    )


def _read_frame(kind: bytes, payload: bytes) -> tuple[int, int]:
    if kind == b"VP8 " and len(payload) >= 10 and payload[3:6] == _LOSSY_START_CODE:
        width = int.from_bytes(payload[6:8], "little") & 0x3FFF
        height = int.from_bytes(payload[8:10], "little") & 0x3FFF
        if width and height:
            return width, height
    elif kind == b"VP8L" and len(payload) >= 5 and payload[0] == _LOSSLESS_SIGNATURE:
        bits = int.from_bytes(payload[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    raise CorruptImage("The picture's header is damaged.")


def _read_uint24(data: bytes) -> int:
    return int.from_bytes(data, "little")
