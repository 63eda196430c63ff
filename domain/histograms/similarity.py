"""Five distances between histograms, computed in float64.

A histogram is 256 shares of the pixels, which add up to 1; index 0 is black. The histogram of a
user is the mean over the images. A smaller distance is more alike, and 0 is equal.

Equal histograms have equal distances to the last bit, because sums run along each row on its own.
So ties are exact, and their order is stable.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from domain.images.values import BINS

Floats = npt.NDArray[np.float64]


class Metric(StrEnum):
    """A distance; the functions have the formulas."""

    HELLINGER = "hellinger"
    CHI2 = "chi2"
    INTERSECTION = "intersection"
    EMD = "emd"
    CORRELATION = "correlation"


def distances(metric: Metric, one: Floats, others: Floats) -> Floats:
    """Compute the distances of histograms, shape (n, 256), from one histogram.

    Returns:
        Shape (n,). From 0 to 1; with ``emd`` 0 to 255 gray levels, with ``correlation`` 0 to 2.
    """
    return _DISTANCES[metric](one, np.ascontiguousarray(others))


def _hellinger(one: Floats, others: Floats) -> Floats:
    """Compute √(½ Σ (√p − √q)²).

    Source:
        E. Hellinger, "Neue Begründung der Theorie quadratischer Formen von unendlichvielen
        Veränderlichen", Journal für die reine und angewandte Mathematik 136, 1909. For
        histograms of pictures: R. Arandjelović and A. Zisserman, "Three things everyone should
        know to improve object retrieval", CVPR 2012.
    """
    apart = np.sqrt(others)
    apart -= np.sqrt(one)
    found: Floats = np.sqrt(0.5 * np.square(apart, out=apart).sum(axis=1))
    return found


def _chi2(one: Floats, others: Floats) -> Floats:
    """Compute ½ Σ (p − q)² / (p + q) over the bins that are not empty in both.

    Source:
        J. Puzicha, T. Hofmann and J. M. Buhmann, "Non-parametric similarity measures for
        unsupervised texture segmentation and image retrieval", CVPR 1997.
    """
    apart = np.square(others - one)
    both = others + one
    np.divide(apart, both, out=apart, where=both > 0)
    found: Floats = 0.5 * apart.sum(axis=1)
    return found


def _intersection(one: Floats, others: Floats) -> Floats:
    """Compute 1 − Σ min(p, q), as ½ Σ |p − q|: the same where both add up to 1, and 0 for equals.

    Source:
        M. J. Swain and D. H. Ballard, "Color indexing", International Journal of Computer
        Vision 7, 1991, equation 2 and the appendix.
    """
    apart = others - one
    found: Floats = 0.5 * np.abs(apart, out=apart).sum(axis=1)
    return found


def _emd(one: Floats, others: Floats) -> Floats:
    """Compute Σ |P − Q| of the cumulative sums: how far, in gray levels, pixels have to move.

    Source:
        Y. Rubner, C. Tomasi and L. J. Guibas, "The Earth Mover's Distance as a metric for image
        retrieval", International Journal of Computer Vision 40, 2000; for one dimension in
        this closed form: S. S. Vallender, "Calculation of the Wasserstein distance between
        probability distributions on the line", Theory of Probability and its Applications 18,
        1974.
    """
    apart = np.cumsum(others - one, axis=1)
    found: Floats = np.abs(apart, out=apart).sum(axis=1)
    return found


def _correlation(one: Floats, others: Floats) -> Floats:
    """Compute 1 − r, r being Pearson's coefficient of the 256 pairs of bins.

    A histogram whose bins are all equal has no r: it is at 1 from all others, and at 0 from its
    equal.

    Source:
        OpenCV, imgproc, ``compareHist``, ``HISTCMP_CORREL``, which is r.
    """
    centred = _centre(one[None])[0]
    theirs = _centre(others)
    scale = np.sqrt(np.square(theirs).sum(axis=1) * np.square(centred).sum())
    products = np.multiply(theirs, centred, out=theirs).sum(axis=1)
    has_any = scale > 0
    similar = np.divide(products, scale, out=np.zeros_like(products), where=has_any)
    apart = np.clip(1 - similar, 0, 2)
    apart[(others == one).all(axis=1)] = 0
    return np.asarray(apart, np.float64)


def _centre(histograms: Floats) -> Floats:
    """Take the mean away; a flat histogram becomes zeros, whatever the mean was rounded to."""
    centred = histograms - histograms.mean(axis=1, keepdims=True)
    centred[(histograms == histograms[:, :1]).all(axis=1)] = 0
    return np.asarray(centred, np.float64)


def rounding_bounds(metric: Metric, others: Floats, error: float) -> Floats:
    """Bound how far distances are off where the shares of the others (n, 256) are rounded.

    To the first order of the largest relative error of a share, and doubled: an error of 1e-6
    leaves the rest far behind.

    Returns:
        Shape (n,). Infinite where nothing is known.

    Raises:
        ValueError: The metric is ``hellinger``, which does not grow in step with the shares.
    """
    match metric:
        case Metric.CHI2:  # The slope of (p − q)² / (p + q) is 3 at most.
            bound = 3.0 * error
        case Metric.INTERSECTION:
            bound = error
        case Metric.EMD:  # Each of the cumulative sums is off by the error at most.
            bound = 2.0 * BINS * error
        case Metric.CORRELATION:
            size = np.sqrt(np.square(others).sum(axis=1))
            spread = np.sqrt(np.square(_centre(others)).sum(axis=1))
            bounds = np.full(len(others), np.inf)
            np.divide(4.0 * error * size, spread, out=bounds, where=spread > error * size)
            return bounds
        case Metric.HELLINGER:
            raise ValueError("rounded shares do not bound Hellinger distances")
    return np.full(len(others), bound)


_DISTANCES: Mapping[Metric, Callable[[Floats, Floats], Floats]] = {
    Metric.HELLINGER: _hellinger,
    Metric.CHI2: _chi2,
    Metric.INTERSECTION: _intersection,
    Metric.EMD: _emd,
    Metric.CORRELATION: _correlation,
}
