"""Draw a histogram as an SVG picture."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from domain.images.values import BINS
from domain.plots.svg import (
    LEFT,
    PLOT_HEIGHT,
    PLOT_WIDTH,
    TOP,
    add_count_axis,
    add_line,
    add_text,
    choose_top,
    start_plot,
)

_LEVEL_TICKS = (0, 32, 64, 96, 128, 160, 192, 224, 255)


def plot_histogram(bins: Sequence[float], title: str = "Brightness histogram") -> str:
    """Draw 256 counts over the gray levels.

    Args:
        bins: 256 counts or shares, each 0 or more; index 0 is black.
        title: Shown above the plot and read out by screen readers; any text.

    Returns:
        A standalone SVG document that follows the reader's light or dark scheme.

    Raises:
        ValueError: There are not 256 finite values of 0 or more.
    """
    if len(bins) != BINS or not all(0 <= count < math.inf for count in bins):
        raise ValueError(f"a histogram has {BINS} values of 0 or more")
    top = choose_top(max(bins))
    svg = start_plot(title, _describe(bins))
    add_count_axis(svg, top, _unit(bins))
    ET.SubElement(svg, "path", {"class": "area", "d": _trace(bins, top)})
    _add_level_axis(svg)
    return ET.tostring(svg, encoding="unicode")


def _unit(bins: Sequence[float]) -> str:
    return "Pixels" if max(bins) > 1 else "Share of pixels"


def _describe(bins: Sequence[float]) -> str:
    total = sum(bins)
    if not total:
        return "An empty histogram."
    mean = sum(level * count for level, count in enumerate(bins)) / total
    peak = max(range(BINS), key=lambda level: bins[level])
    return (
        f"{_unit(bins)} for each gray level from 0, black, to 255, white. "
        f"The most frequent level is {peak}; the mean is {mean:.1f}."
    )


def _trace(bins: Sequence[float], top: float) -> str:
    """Outline all bars as one path."""
    base = TOP + PLOT_HEIGHT
    parts = [f"M{LEFT} {base}"]
    for level, count in enumerate(bins):
        height = base - count / top * PLOT_HEIGHT
        parts.append(f"V{height:.2f}H{LEFT + (level + 1) * PLOT_WIDTH / BINS:.2f}")
    parts.append(f"V{base}Z")
    return "".join(parts)


def _add_level_axis(svg: ET.Element) -> None:
    base = TOP + PLOT_HEIGHT
    add_line(svg, (LEFT, base), (LEFT + PLOT_WIDTH, base), "axis")
    for level in _LEVEL_TICKS:
        x = LEFT + (level + 0.5) * PLOT_WIDTH / BINS
        add_line(svg, (x, base), (x, base + 5), "axis")
        add_text(svg, x, base + 21, str(level), "middle")
    add_text(svg, LEFT + PLOT_WIDTH / 2, base + 46, "Gray level", "middle")
