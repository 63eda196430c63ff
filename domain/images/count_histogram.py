"""Counts the pixels of each gray level."""

import numpy as np

from domain.images.opencv import Pixels, cv2
from domain.images.values import BINS


def count_histogram(grayscale: Pixels) -> bytes:
    """Count the gray levels of a picture.

    Args:
        grayscale: Shape (height, width), 0 to 255.

    Returns:
        256 counts, packed as little-endian unsigned 32-bit numbers (1,024 bytes). They add up
        to width × height.

    Source:
        OpenCV, imgproc, ``calcHist``. It counts in 32-bit floats, exact up to 2**24 in one
        bin, so a picture with more pixels is counted in bands of fewer.
    """
    height, width = grayscale.shape
    band_rows = max(2**24 // max(width, 1), 1)
    counts = np.zeros(BINS, np.uint32)
    for top in range(0, height, band_rows):
        band = grayscale[top : top + band_rows]
        counts += cv2.calcHist([band], [0], None, [BINS], [0, BINS]).ravel().astype(np.uint32)
    return counts.astype("<u4").tobytes()
