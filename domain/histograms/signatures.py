"""Signatures of users: exact sums of the histograms of their images.

A histogram's shares (counts / pixels) are rounded to whole numbers of :data:`UNIT`. Whole numbers
add up to the same in any order, and what was added can be taken back without a trace.
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
    """Read packed histograms, 1,024 bytes each.

    Returns:
        Counts, shape (histograms, 256).
    """
    packed = np.frombuffer(b"".join(histograms), "<u4")
    return packed.reshape(len(histograms), BINS)


def count_units(counts: npt.NDArray[np.uint32], pixels: Sequence[int] | Sums) -> Sums:
    """Give what images add to the signatures of their users.

    Args:
        counts: Shape (images, 256).
        pixels: Of each image, 1 or more.

    Returns:
        ``round(counts / pixels * UNIT)``, halves to even, shape (images, 256).
    """
    shares = counts / np.asarray(pixels, np.int64)[:, np.newaxis]
    units: Sums = np.rint(shares * UNIT).astype(np.int64)
    return units


def mean_shares(sums: Sums, images: int | npt.NDArray[np.int64]) -> Shares:
    """Give the mean histogram of users.

    Args:
        sums: Shape (256,), or (users, 256).
        images: How many images the sums are of, 1 or more; for several users shape (users, 1).

    Returns:
        Shares of the pixels, adding up to about 1; the shape of ``sums``.
    """
    mean: Shares = sums / (np.float64(UNIT) * images)
    return mean
