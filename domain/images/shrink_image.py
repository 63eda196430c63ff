"""Scales pictures down."""

import numpy as np

from domain.images.opencv import Pixels, cv2


def shrink_image(image: Pixels, max_side_px: int, last_step: int = cv2.INTER_AREA) -> Pixels:
    """Scale a picture down until no side is too long; one that fits stays as it is.

    Averages halve it as often as possible, and a last step brings it to size. A single step
    over fractional pixel counts takes ten times as long at 12 megapixels and looks the same
    (50 dB).

    Args:
        image: Gray or colour, shape (height, width) or (height, width, 3), 0 to 255.
        max_side_px: Longest side of the result.
        last_step: ``cv2.INTER_AREA``, or ``cv2.INTER_LINEAR`` for speed.
    """
    height, width = image.shape[:2]
    longest = max(height, width)
    if longest <= max_side_px:
        return image
    scale = max_side_px / longest
    target = max(round(width * scale), 1), max(round(height * scale), 1)
    while max(image.shape[:2]) >= 2 * max_side_px and min(image.shape[:2]) > 1:
        rows, columns = image.shape[0] // 2, image.shape[1] // 2
        even = image[: rows * 2, : columns * 2]  # An odd last row or column is dropped.
        image = np.asarray(
            cv2.resize(even, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8
        )
    return np.asarray(cv2.resize(image, target, interpolation=last_step), np.uint8)
