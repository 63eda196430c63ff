"""Distances of histograms in plain NumPy, as the books have them, and histograms to compare."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.histograms.similarity import Metric

Floats = npt.NDArray[np.float64]


def draw_counts(images: int, seed: int = 1) -> npt.NDArray[np.int64]:
    """Draw counts of 256 gray levels: a few hills, empty bins, pictures of all sizes."""
    chance = np.random.default_rng(seed)
    level = np.arange(256)
    shares = np.zeros((images, 256))
    for _ in range(3):
        middle, width = chance.uniform(0, 255, (images, 1)), chance.uniform(3, 40, (images, 1))
        shares += chance.random((images, 1)) * np.exp(-0.5 * ((level - middle) / width) ** 2)
    pixels = chance.integers(100, 20_000, (images, 1))
    counts = np.rint(shares / shares.sum(axis=1, keepdims=True) * pixels).astype(np.int64)
    counts[:, 0] += counts.sum(axis=1) == 0
    drawn: npt.NDArray[np.int64] = counts
    return drawn


def _correlation(one: Floats, others: Floats) -> Any:
    return 1 - np.array([np.corrcoef(one, other)[0, 1] for other in others])


def _chi2(one: Floats, others: Floats) -> Any:
    both = np.where(others + one > 0, others + one, 1)
    return np.sum((one - others) ** 2 / both, axis=1) / 2


PLAIN: Mapping[Metric, Callable[[Floats, Floats], Any]] = {
    Metric.HELLINGER: lambda p, q: np.linalg.norm(np.sqrt(p) - np.sqrt(q), axis=1) / np.sqrt(2),
    Metric.CHI2: _chi2,
    Metric.INTERSECTION: lambda p, q: 1 - np.minimum(p, q).sum(axis=1),
    Metric.EMD: lambda p, q: np.abs(np.cumsum(p) - np.cumsum(q, axis=1)).sum(axis=1),
    Metric.CORRELATION: _correlation,
}
