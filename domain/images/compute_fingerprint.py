"""Computes a perceptual hash that survives scaling and compression."""

import numpy as np

from domain.images.opencv import Pixels, cv2

_SIDE_PX = 32
_LOW = slice(1, 9)
_HALF = 32


def compute_fingerprint(small: Pixels) -> str:
    """Hash the coarse structure of a picture.

    The picture is reduced to 32×32, transformed by a discrete cosine transform, and each of
    the 8×8 lowest frequencies (without the rows and columns of the mean) becomes one bit:
    whether it lies above their median.

    Args:
        small: Gray, shape (height, width), 0 to 255, upright; large pictures shrunk first, for
            speed.

    Returns:
        64 bits as 16 hex digits. Near-duplicates differ in a few bits.

    Source:
        C. Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010,
        §3.2.1; OpenCV, core, ``dct``.
    """
    tiny = cv2.resize(small, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
    low = cv2.dct(tiny.astype(np.float32))[_LOW, _LOW]
    ordered = np.sort(low, axis=None)
    # np.median gives the same and takes longer than the transform.
    median = (ordered[_HALF - 1] + ordered[_HALF]) / np.float32(2)
    return np.packbits(low > median).tobytes().hex()
