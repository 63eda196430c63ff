"""PNG files.

Source: Portable Network Graphics (PNG) Specification, third edition, §5 and §11.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

from domain.errors.files import CorruptImage
from domain.images.colorimetry import profile_of_code, profile_of_gamma
from domain.images.containers.exif import (
    EXIF_PREFIX,
    exif_fields,
    find_orientation,
    write_orientation,
)
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.limits import STRUCTURE

_SIGNATURE_BYTES = 8
_END_CHUNK, _FRAME = b"IEND", b"fcTL"
_ANIMATION, _ANIMATION_BYTES = b"acTL", 8
_TEXTS = frozenset({b"tEXt", b"zTXt"})
_RAW_EXIF = b"Raw profile type exif\x00"
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
    """Read the dimensions, and note whether the file reaches its last chunk.

    EXIF is in ``eXIf``, or, without turning the picture, in the text that ImageMagick wrote
    before that chunk existed.

    Raises:
        CorruptImage: A chunk is missing or out of place, or there are too many.
    """
    chunks: dict[bytes, bytes] = {}
    metadata_bytes = frames = 0
    kind, end = b"", _SIGNATURE_BYTES
    for kind, start, end in _walk_chunks(data):
        if not chunks and kind != b"IHDR":
            break
        if kind in _PIXELS:
            chunks.setdefault(kind, b"")
            continue
        metadata_bytes += end - start
        frames += kind == _FRAME
        if kind not in chunks:
            chunks[kind] = data[start:end]
        if kind in _TEXTS and data.startswith(_RAW_EXIF, start):
            chunks.setdefault(_RAW_EXIF, data[start:end])
    mended = None if kind == _END_CHUNK else _mend_end(data, end + 4)
    ends_early = mended is not None
    if len(chunks.get(_ANIMATION, bytes(_ANIMATION_BYTES))) != _ANIMATION_BYTES:
        mended = _drop_animation(mended or data)
    header = chunks.get(b"IHDR", b"")
    if len(header) != 13:
        raise CorruptImage("The file does not begin with its header.")
    if b"IDAT" not in (mended or chunks):
        raise CorruptImage("The file holds no picture.")
    return Header(
        width=int.from_bytes(header[:4], "big"),
        height=int.from_bytes(header[4:8], "big"),
        frames=max(frames, 1),  # The number in acTL may be a lie.
        profile=_read_profile(chunks),
        has_alpha=header[9] in _ALPHA_COLOR_TYPES or b"tRNS" in chunks,
        metadata_bytes=metadata_bytes,
        ends_early=ends_early,
        decodable=(mended, ImageFormat.PNG) if mended else None,
        **_read_exif(chunks),
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

    A chunk of pixels that is cut off is kept as far as it goes.

    Raises:
        CorruptImage: There are too many chunks.
    """
    parts = [data[:_SIGNATURE_BYTES]]
    has_exif = False
    kind, end = b"", _SIGNATURE_BYTES - 4
    for kind, start, end in _walk_chunks(data):
        if kind in _KEPT:
            parts.append(data[start - 8 : end + 4])
        elif kind == b"eXIf" and not has_exif:
            has_exif = True
            orientation = find_orientation(data[start:end])
            parts.append(
                _write_chunk(b"eXIf", write_orientation(orientation)) if orientation else b""
            )
    if kind != _END_CHUNK:
        parts.append(_write_end(data, end + 4))
    return b"".join(parts)


def _drop_animation(data: bytes) -> bytes:
    """Drop a damaged head of an animation, which decoders would refuse."""
    start, end = next((at, end) for kind, at, end in _walk_chunks(data) if kind == _ANIMATION)
    return data[: start - 8] + data[end + 4 :]


def _mend_end(data: bytes, position: int) -> bytes:
    """Write an end behind the last whole chunk, which ends at a position."""
    return data[:position] + _write_end(data, position)


def _write_end(data: bytes, position: int) -> bytes:
    """Write the pixels of a chunk that is cut off, if it holds pixels, and the last chunk."""
    start = position + 8
    kind = data[position + 4 : start]
    end = start + int.from_bytes(data[position : position + 4], "big")
    cut = _write_chunk(kind, data[start:end]) if kind == b"IDAT" else b""
    return cut + _write_chunk(_END_CHUNK, b"")


def _write_chunk(kind: bytes, payload: bytes) -> bytes:
    content = kind + payload
    return len(payload).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")


def _read_exif(chunks: dict[bytes, bytes]) -> dict[str, Any]:
    if b"eXIf" in chunks or _RAW_EXIF not in chunks:
        exif = chunks.get(b"eXIf")
        return exif_fields(None if exif is None else exif.removeprefix(EXIF_PREFIX))
    text = chunks[_RAW_EXIF].removeprefix(_RAW_EXIF)
    return exif_fields(_read_raw_profile(text)) | {"orientation": 1, "named_orientation": None}


def _read_raw_profile(text: bytes) -> bytes:
    """Read a text of hexadecimal digits behind a name and a length; nothing if it is damaged."""
    if text.startswith(b"\x00"):  # A compressed text begins with its method.
        try:
            text = zlib.decompressobj().decompress(text[1:], STRUCTURE.tag_read_bytes)
        except zlib.error:
            return b""
    name, _, rest = text.strip().partition(b"\n")
    try:
        profile = bytes.fromhex(rest.strip().partition(b"\n")[2].decode("ascii"))
    except ValueError:
        return b""
    return profile.removeprefix(EXIF_PREFIX) if name in {b"exif", b"APP1"} else b""


def _walk_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the letters and the payload's span of each whole chunk, up to ``IEND``."""
    position = _SIGNATURE_BYTES
    for _ in range(STRUCTURE.png_chunks):
        start = position + 8
        kind = data[position + 4 : start]
        end = start + int.from_bytes(data[position : position + 4], "big")
        if end + 4 > len(data) or len(kind) != 4:
            return
        yield kind, start, end
        if kind == _END_CHUNK:
            return
        position = end + 4
    raise CorruptImage("The file has too many chunks.")
