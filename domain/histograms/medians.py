"""The median of normalised histograms, bin by bin."""

import msgspec
import numpy as np
import numpy.typing as npt

Shares = npt.NDArray[np.float64]


def find_median(values: Shares) -> float:
    """Find the median of one value or more, none of them NaN; reorders them in place.

    The result equals that of ``numpy.median``, to the last bit.

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
    """A median histogram: 256 shares of the pixels, each 0 to 1; zeros without images."""

    images: int
    bins: list[float]
