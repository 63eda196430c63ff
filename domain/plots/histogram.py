"""Plot of one histogram."""

import math
from collections.abc import Sequence

from leather import Series

from domain.images.values import BINS
from domain.plots.svg import (
    HEIGHT,
    WIDTH,
    ExactScale,
    HistogramShape,
    choose_top,
    start_chart,
    write_svg,
)

_LEVEL_TICKS = (0, 32, 64, 96, 128, 160, 192, 224, 255)


def plot_histogram(bins: Sequence[float], title: str = "Brightness histogram") -> str:
    """Plot 256 counts over the gray levels.

    Args:
        bins: 256 counts or shares, each 0 or more; index 0 is black.
        title: Shown above the plot and read out by screen readers; any text.

    Raises:
        ValueError: There are not 256 finite values of 0 or more.
    """
    if len(bins) != BINS or not all(0 <= count < math.inf for count in bins):
        raise ValueError(f"a histogram has {BINS} values of 0 or more")
    unit = "Pixels" if max(bins) > 1 else "Share of pixels"
    top = choose_top(max(bins))
    chart = start_chart(title, top, unit)
    chart.set_x_scale(ExactScale(0, BINS))
    ticks = [level + 0.5 for level in _LEVEL_TICKS]
    chart.add_x_axis(ticks, lambda middle, *_: str(int(middle)), "Gray level")
    chart.add_series(Series([*enumerate(bins)], name=unit), HistogramShape(top))
    return write_svg(title, describe_histogram(bins, unit), chart.to_svg_group(WIDTH, HEIGHT))


def describe_histogram(bins: Sequence[float], unit: str = "Pixels") -> str:
    """Describe a histogram for those who do not see its plot."""
    total = sum(bins)
    if not total:
        return "An empty histogram."
    mean = sum(level * count for level, count in enumerate(bins)) / total
    peak = max(range(BINS), key=lambda level: bins[level])
    return (
        f"{unit} for each gray level from 0, black, to 255, white. "
        f"The most frequent level is {peak}; the mean is {mean:.1f}."
    )
