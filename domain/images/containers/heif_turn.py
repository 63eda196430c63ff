"""How HEIC and AVIF files turn their picture.

Source: ISO/IEC 23008-12 §6.5.10 (``irot``) and §6.5.12 (``imir``).
"""

from domain.images.containers.boxes import Box

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


def _compose(first: int, second: int) -> int:
    """Return the orientation that turns as one and then another one do."""
    a, b, c, d = _TURNS[second]
    e, f, g, h = _TURNS[first]
    return _ORIENTATIONS[a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h]
