"""Histograms at random, and their median as plain NumPy finds it."""

import numpy as np
import numpy.typing as npt

from domain.images.values import BINS

Counts = npt.NDArray[np.uint32]


def random_counts(images: int, levels: int = 2000) -> Counts:
    """Make counts that add up to another number of pixels for each image; shape (images, 256)."""
    counts = np.random.default_rng(images).integers(0, levels, (images, BINS), np.uint32)
    counts[:, 0] += 1
    return counts


def plain_median(counts: Counts) -> list[float]:
    """Find the median of normalised histograms, of at least one."""
    pixels = counts.sum(axis=1, dtype=np.int64)
    shares: list[float] = np.median(counts / pixels[:, np.newaxis], axis=0).tolist()
    return shares
