"""PNG files.

Source: Portable Network Graphics (PNG) Specification, third edition, §5 and §11.
"""

import struct
import zlib
from collections.abc import Iterator

from domain.errors.files import CorruptImage
from domain.images.colorimetry import profile_of_code, profile_of_gamma
from domain.images.containers.tiff_directories import find_orientation, write_orientation
from domain.images.header import Header
from domain.limits import STRUCTURE

_SIGNATURE_BYTES = 8
_ALPHA_COLOR_TYPES = frozenset({4, 6})
_CODE_BYTES, _FULL_RANGE_RGB = 4, b"\x00\x01"
_UNIT = 100_000  # Of chromaticities and gamma.
_PIXELS = frozenset({b"IDAT", b"fdAT"})
# The picture, its transparency and animation; its colours; the shape of its pixels.
_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS acTL fcTL fdAT "
    b"cHRM gAMA iCCP sBIT sRGB cICP mDCV mDCv cLLI cLLi pHYs".split()
)


def read_png(data: bytes) -> Header:
    """Read the dimensions and check that every chunk is whole.

    Raises:
        CorruptImage: A chunk is missing, cut off or out of place, or there are too many.
    """
    chunks: dict[bytes, bytes] = {}
    metadata_bytes = 0
    for kind, start, end in _walk_chunks(data):
        if not chunks and kind != b"IHDR":
            break
        if kind in _PIXELS:
            chunks.setdefault(kind, b"")
            continue
        metadata_bytes += end - start
        if kind not in chunks:
            chunks[kind] = data[start:end]
    header = chunks.get(b"IHDR", b"")
    if len(header) != 13:
        raise CorruptImage("The file does not begin with its header.")
    if b"IDAT" not in chunks:
        raise CorruptImage("The file holds no picture.")
    exif = chunks.get(b"eXIf")
    orientation = find_orientation(exif)
    return Header(
        width=int.from_bytes(header[:4], "big"),
        height=int.from_bytes(header[4:8], "big"),
        frames=max(int.from_bytes(chunks.get(b"acTL", b"")[:4], "big"), 1),
        orientation=orientation or 1,
        named_orientation=orientation,
        profile=_read_profile(chunks),
        has_alpha=header[9] in _ALPHA_COLOR_TYPES or b"tRNS" in chunks,
        exif=exif,
        metadata_bytes=metadata_bytes,
    )


def _read_profile(chunks: dict[bytes, bytes]) -> bytes | None:
    """Return the ICC profile that a file holds or describes by numbers.

    ``gAMA`` alone is not enough: many programs have written it without a meaning.

    Returns:
        A profile; nothing if it is broken, None for sRGB.

    Source:
        Portable Network Graphics (PNG) Specification, third edition, §4.3 and §11.3.2.
    """
    code, packed = chunks.get(b"cICP", b""), chunks.get(b"iCCP")
    if len(code) == _CODE_BYTES and code[2:] == _FULL_RANGE_RGB:
        return profile_of_code(code[0], code[1])
    if packed is not None:
        return _unpack_profile(packed)
    gamma, primaries = chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b"")
    if b"sRGB" in chunks or len(gamma) != 4 or len(primaries) != 32 or not any(gamma):
        return None
    white, *others = struct.iter_unpack(">II", primaries)
    chromaticities = tuple(value / _UNIT for pair in (*others, white) for value in pair)
    try:
        return profile_of_gamma(chromaticities, _UNIT / int.from_bytes(gamma, "big"))
    except ValueError:
        return b""


def _unpack_profile(chunk: bytes) -> bytes:
    """Unpack a profile behind its name and its method; nothing if it is broken or too large."""
    unpacking = zlib.decompressobj()
    try:
        packed = chunk[chunk.index(b"\x00") + 2 :]
        profile = unpacking.decompress(packed, STRUCTURE.profile_bytes)
    except (ValueError, zlib.error):
        return b""
    return profile if unpacking.eof else b""


def strip_png(data: bytes) -> bytes:
    """Keep the picture, its orientation, its colours and the shape of its pixels.

    Raises:
        CorruptImage: A chunk is cut off, or there are too many.
    """
    parts = [data[:_SIGNATURE_BYTES]]
    has_exif = False
    for kind, start, end in _walk_chunks(data):
        if kind in _KEPT:
            parts.append(data[start - 8 : end + 4])
        elif kind == b"eXIf" and not has_exif:
            has_exif = True
            orientation = find_orientation(data[start:end])
            parts.append(_write_exif(orientation) if orientation else b"")
    return b"".join(parts)


def _write_exif(orientation: int) -> bytes:
    exif = write_orientation(orientation)
    content = b"eXIf" + exif
    return len(exif).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")


def _walk_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the letters and the payload's span of each chunk; the last one is ``IEND``."""
    position = _SIGNATURE_BYTES
    for _ in range(STRUCTURE.png_chunks):
        start = position + 8
        kind = data[position + 4 : start]
        end = start + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data) or len(kind) != 4:
            raise CorruptImage("The file ends before the end of the picture.")
        yield kind, start, end
        if kind == b"IEND":
            return
        position = end + 4
    raise CorruptImage("The file has too many chunks.")
