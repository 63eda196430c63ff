"""GIF files. Their end marker may be missing, which is common.

Source: GIF89a specification (CompuServe, 1990), §15 to §27; ICC.1:2022, annex B.3.
"""

import struct
from collections.abc import Iterator

from domain.errors.files import CorruptImage
from domain.images.formats import ImageFormat
from domain.images.header import Header
from domain.images.values import ImageWarning
from domain.limits import STRUCTURE

_IMAGE, _EXTENSION, _END = 0x2C, 0x21, b"\x3b"
_CLOSED = b"\x00\x3b"
_SCREEN_BYTES = 13
_GRAPHIC_CONTROL = b"\x21\xf9\x04"
_GRAPHIC_CONTROL_BYTES = 7
_LOOPS = (b"\x21\xff\x0bNETSCAPE2.0\x03\x01", b"\x21\xff\x0bANIMEXTS1.0\x03\x01")
_LOOP_BYTES = 18
_PROFILE = b"\x21\xff\x0bICCRGBG1012"


def read_gif(data: bytes) -> Header:
    """Read the size of the screen, count the frames, and note whether a block is cut off.

    Raises:
        CorruptImage: There is no frame, or there are too many blocks.
    """
    frames, has_alpha, mended, ends_early = 0, False, None, False
    width, height = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
    last_end = _screen_end(data)
    for start, end in _walk_blocks(data):
        if end > len(data):
            ends_early = not frames and data[start] == _IMAGE
            mended = _mend_block(data, start) if ends_early else data[:last_end] + _END
        last_end = end
        if data[start] == _IMAGE:
            if not frames:  # The screen grows with the first frame, as in browsers.
                right, bottom = _edges(data[start : start + 9])
                width, height = max(width, right), max(height, bottom)
            frames += 1 if ends_early or not mended else 0
        elif not frames and data[start + 1] == _GRAPHIC_CONTROL[1]:
            has_alpha = end > start + 3 and bool(data[start + 3] & 1)
    if not frames:
        raise CorruptImage("The file holds no picture.")
    return Header(
        width,
        height,
        frames=frames,
        has_alpha=has_alpha,
        warnings=(ImageWarning.END_MISSING,) if mended and not ends_early else (),
        ends_early=ends_early,
        decodable=(mended, ImageFormat.GIF) if mended else None,
    )


def _edges(descriptor: bytes) -> tuple[int, int]:
    """Return the right and the bottom edge of a frame on the screen, in pixels."""
    left, top, width, height = struct.unpack("<4H", descriptor[1:].ljust(8, b"\x00"))
    return left + width, top + height


def strip_gif(data: bytes) -> bytes:
    """Keep the frames, their timing and transparency, the loop count and the colour profile.

    A frame that is cut off is kept as far as it goes if it is the first one.

    Raises:
        CorruptImage: There are too many blocks.
    """
    parts = [data[: _screen_end(data)]]
    frames = 0
    for start, end in _walk_blocks(data):
        is_frame = data[start] == _IMAGE
        if end <= len(data):
            parts.append(_strip_block(data[start:end]))
        elif is_frame and not frames:
            return b"".join(parts) + _mend_block(data, start)[start:]
        frames += is_frame
    return b"".join(parts) + _END


def _mend_block(data: bytes, start: int) -> bytes:
    """Close the sub-blocks of a frame that begins at a position and is cut off, and the file."""
    position = _coded_start(data, start)
    while position < len(data):
        following = position + 1 + data[position]
        if following > len(data):
            left = len(data) - position - 1
            return data[:position] + bytes((left,)) * (left > 0) + data[position + 1 :] + _CLOSED
        position = following
    return data + _CLOSED


def _coded_start(data: bytes, start: int) -> int:
    """Return the position of the first sub-block of a frame."""
    descriptor = data[start : start + 10]
    return start + 11 + _palette_bytes(descriptor[-1])


def _strip_block(content: bytes) -> bytes:
    if content[0] == _IMAGE or content.startswith(_PROFILE):
        return content
    if content.startswith(_GRAPHIC_CONTROL):
        return content[:_GRAPHIC_CONTROL_BYTES] + b"\x00"
    if content.startswith(_LOOPS):
        return content[:_LOOP_BYTES] + b"\x00"
    return b""


def _walk_blocks(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield frames and extensions, up to the end marker or to what no decoder reads on from.

    A block that is cut off is the last one; its end is behind the end of the file.
    """
    position = _screen_end(data)
    budget = iter(range(STRUCTURE.gif_blocks))
    while position < len(data) and data[position] in {_IMAGE, _EXTENSION}:
        start, position = position, position + 2
        if data[start] == _IMAGE:
            position = _coded_start(data, start)
        position = _skip_sub_blocks(data, position, budget)
        yield start, position


def _skip_sub_blocks(data: bytes, position: int, budget: Iterator[int]) -> int:
    """Return the position after the empty block that ends data sub-blocks."""
    for _ in budget:
        if position >= len(data):
            return len(data) + 1
        length = data[position]
        position += 1 + length
        if not length:
            return position
    raise CorruptImage("The file has too many blocks.")


def _screen_end(data: bytes) -> int:
    """Return the end of the signature, the screen descriptor and the global colour table."""
    if len(data) < _SCREEN_BYTES:
        raise CorruptImage("The file ends within its header.")
    return _SCREEN_BYTES + _palette_bytes(data[10])


def _palette_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
