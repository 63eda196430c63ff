"""The median of normalised histograms, bin by bin."""

import msgspec
import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float64]


def find_median(values: Shares) -> float:
    """Find the median: the middle one, or the mean of the two in the middle.

    There is at least one value, and none is NaN. They are reordered in place.

    Returns:
        The same as ``numpy.median``, to the last bit.

    Source:
        Selection instead of sorting: ``numpy.partition`` (introselect), linear in the number.
    """
    middle = len(values) // 2
    values.partition(middle)
    upper = values[middle]
    if len(values) % 2:
        return float(upper)
    # All smaller values stand before the middle; the largest of them is its neighbour.
    return float((values[:middle].max() + upper) / 2)


class Median(msgspec.Struct, frozen=True):
    """A median histogram of a number of images.

    Attributes:
        bins: 256 shares of the pixels, each 0 to 1; zeros without images.
    """

    images: int
    bins: list[float]
