"""The colour profile of HEIC and AVIF files.

Source: ISO/IEC 14496-12 §12.1.5 (``colr``); ITU-T H.273 for its numbers.
"""

from domain.images.colorimetry import profile_of_code
from domain.images.containers.boxes import Box
from domain.limits import STRUCTURE

_ICC = frozenset({b"prof", b"rICC"})
_NUMBERS = b"nclx"


def read_profile(data: bytes, properties: list[Box]) -> bytes | None:
    """Read the ICC profile of a picture, or write the one that its numbers stand for.

    Args:
        properties: Those of the picture.

    Returns:
        A profile; nothing if it is too large, None for sRGB.
    """
    code: bytes = b""
    for box in properties:
        kind, content = data[box.body : box.body + 4], data[box.body + 4 : box.end]
        if box.kind == b"colr" and kind in _ICC:
            return content if len(content) <= STRUCTURE.profile_bytes else b""
        if box.kind == b"colr" and kind == _NUMBERS and len(content) >= 4:
            code = content
    numbers = int.from_bytes(code[:2], "big"), int.from_bytes(code[2:4], "big")
    return profile_of_code(*numbers) if code else None
