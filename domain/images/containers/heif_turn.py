"""The turn, the mirror and the clean aperture of pictures in HEIC and AVIF files.

Source: ISO/IEC 23008-12 §6.5.10 (``irot``) and §6.5.12 (``imir``); ISO/IEC 14496-12 §12.1.4
(``clap``).
"""

import struct
from fractions import Fraction

from domain.images.containers.boxes import Box, find_box

_Turn = tuple[int, int, int, int]
"""The upright x and y as multiples of the stored x and y: (xx, xy, yx, yy)."""

_TURNS: dict[int, _Turn] = {
    1: (1, 0, 0, 1),
    2: (-1, 0, 0, 1),
    3: (-1, 0, 0, -1),
    4: (1, 0, 0, -1),
    5: (0, 1, 1, 0),
    6: (0, -1, 1, 0),
    7: (0, -1, -1, 0),
    8: (0, 1, -1, 0),
}
_ORIENTATIONS = {turn: orientation for orientation, turn in _TURNS.items()}
_BY_QUARTERS = (1, 8, 3, 6)  # Quarter turns against the clock.
_BY_AXIS = (4, 2)  # Top and bottom change places, or left and right.


def read_turn(data: bytes, properties: list[Box]) -> int:
    """Read how a picture with some properties is turned, as an EXIF orientation, 1 to 8."""
    turn = 1
    for box in properties:
        if box.body < box.end and box.kind == b"irot":
            turn = _compose(turn, _BY_QUARTERS[data[box.body] & 3])
        elif box.body < box.end and box.kind == b"imir":
            turn = _compose(turn, _BY_AXIS[data[box.body] & 1])
    return turn


def read_crop(
    data: bytes, properties: list[Box], size: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """Read which part of a picture is shown: its clean aperture.

    Args:
        size: Width and height of the whole picture, in pixels.

    Returns:
        Left, top, right and bottom in pixels; None for all of it, and for an aperture that is not
        of whole pixels within the picture.
    """
    box = find_box(properties, b"clap")
    if box is None or box.end - box.body < 32:
        return None
    fields = struct.unpack_from(">IIIIiIiI", data, box.body)
    if 0 in fields[1::2]:
        return None
    width, height, across, down = (Fraction(*fields[at : at + 2]) for at in (0, 2, 4, 6))
    left, top = across + (size[0] - width) / 2, down + (size[1] - height) / 2
    edges = left, top, left + width, top + height
    is_within = 0 <= left < edges[2] <= size[0] and 0 <= top < edges[3] <= size[1]
    if not is_within or any(edge.denominator != 1 for edge in edges):
        return None
    crop = int(left), int(top), int(edges[2]), int(edges[3])
    return None if crop == (0, 0, *size) else crop


def _compose(first: int, second: int) -> int:
    """Return the orientation that turns as one and then another one do."""
    a, b, c, d = _TURNS[second]
    e, f, g, h = _TURNS[first]
    return _ORIENTATIONS[a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h]
