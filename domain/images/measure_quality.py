"""Measures how sharp, noisy and well exposed a picture is, and names plain faults."""

import math

import msgspec
import numpy as np

from domain.images.opencv import Pixels, cv2
from domain.images.shrink_image import shrink_image
from domain.images.values import Quality, Verdict

SIDE_PX = 512
"""Larger pictures are scaled down to this, so that their sharpness can be compared."""
# Chosen on half of the photographs of tests/unit/images/test_quality.py, measured on the others.
BLURRED_FROM = 0.563
NOISY_FROM = 7.6
DARK_TO = 116
CLIPPED_LEVEL, BRIGHT_FROM = 250, 0.74
FLAT_TO = 45
BLANK_TO = 4.0

_LAPLACIAN_PAIR = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_PAIR_GAIN = 6.0
"""Standard deviation of the filter's output for noise of 1."""
_MEDIAN_OF_NORMAL = 0.6745
"""Median of the absolute value of a standard normal variable."""
_BLUR_WINDOW_PX = 9


def measure_quality(small: Pixels) -> Quality:
    """Measure a picture, and give the verdicts that its figures justify.

    Verdicts: *blurred* from a blur of 0.563; *noisy* from a noise of 7.6 levels; *dark* if 95 % of
    the pixels have level 116 or less; *bright* from a glare of 0.74, see :func:`glare_of`; *flat*
    if 90 % lie within 45 levels and it is not dark; *blank* up to a contrast of 4 levels, and then
    it is neither blurred nor flat.

    Args:
        small: Gray, shape (height, width), 0 to 255, upright; large pictures shrunk first.

    Source:
        Sharpness: J. L. Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR
        2000. Blur: F. Crété-Roffet et al., "The blur effect", SPIE 6492, 2007. Noise: J. Immerkær,
        "Fast noise variance estimation", CVIU 64, 1996, with the median in place of the mean
        (D. Donoho, I. Johnstone, Biometrika 81, 1994), which edges disturb less. Thresholds:
        docs/learning.md, from real photographs and their copies with known faults.
    """
    picture = shrink_image(small, SIDE_PX)
    counts = cv2.calcHist([picture], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    shares = counts / counts.sum()
    low, high = (int(level) for level in np.searchsorted(shares.cumsum(), (0.05, 0.95)))
    levels = np.arange(256)
    mean = float(shares @ levels)
    contrast = math.sqrt(max(float(shares @ (levels - mean) ** 2), 0.0))
    seen = shares[shares > 0]
    figures = Quality(
        sharpness=_round(float(cv2.Laplacian(picture, cv2.CV_32F).var())),
        blur=_round(_blur_of(picture)),
        noise=_round(_noise_of(small)),
        low=low,
        high=min(high, 255),
        clipped=_round(float(shares[CLIPPED_LEVEL:].sum())),
        contrast=_round(contrast),
        entropy=_round(max(-float(seen @ np.log2(seen)), 0.0)),
        verdicts=[],
        mean=_round(mean),
    )
    return msgspec.structs.replace(figures, verdicts=judge(figures))


def judge(figures: Quality) -> list[Verdict]:
    """Return the verdicts that figures justify, in the order of ``Verdict``."""
    is_blank = figures.contrast <= BLANK_TO
    is_dark = figures.high <= DARK_TO
    holds = {
        Verdict.BLURRED: figures.blur >= BLURRED_FROM and not is_blank,
        Verdict.NOISY: figures.noise >= NOISY_FROM,
        Verdict.DARK: is_dark,
        Verdict.BRIGHT: glare_of(figures) >= BRIGHT_FROM,
        Verdict.FLAT: figures.high - figures.low <= FLAT_TO and not is_dark and not is_blank,
        Verdict.BLANK: is_blank,
    }
    return [verdict for verdict in Verdict if holds[verdict]]


def glare_of(figures: Quality) -> float:
    """Measure how overexposed a picture is, 0 to 3: its mean, and twice what has lost all detail.

    White paper with a few lines has a high mean, and so has a foggy day, which clips nothing.
    """
    return (figures.mean or 0.0) / 255 + 2 * figures.clipped


def _blur_of(picture: Pixels) -> float:
    """Compare the steps between neighbours with those that are left after blurring.

    Returns:
        0 to 1: a blurred picture loses few steps.
    """
    values = picture.astype(np.int16)
    along = []
    for axis in (0, 1):
        window = (1, _BLUR_WINDOW_PX) if axis == 0 else (_BLUR_WINDOW_PX, 1)
        steps = np.abs(np.diff(values, axis=axis))
        blurred = np.abs(np.diff(cv2.blur(values, window), axis=axis))
        lost = np.maximum(steps - blurred, 0).sum(dtype=np.int64)
        total = steps.sum(dtype=np.int64)
        along.append(float(total - lost) / float(total) if total else 0.0)
    return max(along)


def _noise_of(small: Pixels) -> float:
    """Estimate the standard deviation of the noise, in levels; 63 at most."""
    if min(small.shape) < 3:
        return 0.0
    found = cv2.filter2D(small, cv2.CV_16S, _LAPLACIAN_PAIR)[1:-1, 1:-1]
    sizes: Pixels = np.asarray(cv2.convertScaleAbs(found), np.uint8)
    counts = cv2.calcHist([sizes], [0], None, [256], [0, 256]).ravel().astype(np.float64)
    median = int(np.searchsorted(counts.cumsum(), sizes.size / 2))
    return median / (_PAIR_GAIN * _MEDIAN_OF_NORMAL)


def _round(value: float) -> float:
    """Keep four significant digits: more are not the same on every processor."""
    return float(f"{value:.4g}")
