"""Turns pictures upright: the one place where an orientation is applied."""

import numpy as np
from PIL import Image

from domain.images.opencv import Pixels, cv2

_PILLOW = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ROTATIONS = {
    3: cv2.ROTATE_180,
    6: cv2.ROTATE_90_CLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def turn_upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels by an EXIF orientation, 1 to 8.

    Source:
        EXIF 2.32 §4.6.4, tag Orientation.
    """
    if orientation in _ROTATIONS:
        turned = cv2.rotate(pixels, _ROTATIONS[orientation])
    elif orientation in {2, 4}:
        turned = cv2.flip(pixels, 1 if orientation == 2 else 0)
    elif orientation in {5, 7}:
        turned = cv2.transpose(pixels)
        turned = turned if orientation == 5 else cv2.rotate(turned, cv2.ROTATE_180)
    else:
        return pixels
    return np.asarray(turned, np.uint8)


def turn_picture_upright(picture: Image.Image, orientation: int) -> Image.Image:
    """Turn a picture of Pillow by an EXIF orientation, 1 to 8."""
    method = _PILLOW.get(orientation)
    return picture if method is None else picture.transpose(method)
