"""Signatures of users: exact sums of the histograms of their images.

The shares of a histogram (counts / pixels) are rounded to whole numbers of :data:`UNIT`. Their sum
does not depend on the order, and a subtraction restores the sum before an addition exactly.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from domain.images.values import BINS

UNIT = 2**40
"""A share of 1 is this many. 8,388,607 images of one user fit into 64 bits."""

Sums = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]


def read_counts(histograms: Sequence[bytes]) -> npt.NDArray[np.uint32]:
    """Read packed histograms, 1,024 bytes each, as counts of shape (histograms, 256)."""
    packed = np.frombuffer(b"".join(histograms), "<u4")
    return packed.reshape(len(histograms), BINS)


def count_units(counts: npt.NDArray[np.uint32], pixels: Sequence[int] | Sums) -> Sums:
    """Compute the contribution of each image to the signature of its user.

    It is ``round(counts / pixels * UNIT)``, halves to even, shape (images, 256).
    """
    shares = counts / np.asarray(pixels, np.int64)[:, np.newaxis]
    units: Sums = np.rint(shares * UNIT).astype(np.int64)
    return units


def mean_shares(sums: Sums, images: int | npt.NDArray[np.int64]) -> Shares:
    """Compute the mean histogram of users, as shares of the pixels that add up to about 1.

    Args:
        sums: Shape (256,), or (users, 256).
        images: Number of images in the sums, 1 or more; for several users shape (users, 1).
    """
    mean: Shares = sums / (np.float64(UNIT) * images)
    return mean
