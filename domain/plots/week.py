"""Draw the histograms of a week as small multiples: one SVG picture of many small ones."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import msgspec

from domain.images.values import BINS
from domain.plots.svg import WIDTH, add_line, add_text, choose_top, start_plot

_COLUMNS = 5
_MARGIN = 24
_HEAD = 76
_CELL_WIDTH = (WIDTH - 2 * _MARGIN) / _COLUMNS
_CELL_HEIGHT = 112
_PLOT_WIDTH = _CELL_WIDTH - 12
_PLOT_HEIGHT = 76
# Heights are whole numbers of these, which keeps the paths short.
_STEPS = 400
_CUT_AT_MOST = 0.01
"""Share of all bars that may be higher than the picture."""


class DatedHistogram(msgspec.Struct, frozen=True):
    """A histogram and where it belongs.

    Attributes:
        image_id: The image.
        uploaded_at: UTC.
        bins: 256 counts, at least one of them above 0.
    """

    image_id: str
    uploaded_at: datetime
    bins: Sequence[int]


def plot_week(histograms: Sequence[DatedHistogram], title: str, zone: ZoneInfo) -> str:
    """Draw histograms side by side, as shares of their pixels and all to the same scale.

    Args:
        histograms: In the order in which they are drawn, line by line.
        title: Shown above and read out by screen readers; any text.
        zone: Of the times that are shown.

    Returns:
        A standalone SVG document that follows the reader's light or dark scheme.
    """
    lines = -(-len(histograms) // _COLUMNS)
    shares = [_shares(histogram.bins) for histogram in histograms]
    top = _choose_top(shares)
    height = _HEAD + max(lines, 1) * _CELL_HEIGHT
    svg = start_plot(title, _describe(len(histograms), top), height, _MARGIN)
    if not histograms:
        add_text(svg, _MARGIN, _HEAD, "No histograms.", "start")
        return ET.tostring(svg, encoding="unicode")
    add_text(
        svg,
        _MARGIN,
        56,
        f"Share of pixels by gray level, up to {top:.3g}; higher bars are cut",
        "start",
    )
    for number, (histogram, of) in enumerate(zip(histograms, shares, strict=True)):
        left = _MARGIN + number % _COLUMNS * _CELL_WIDTH
        base = _HEAD + number // _COLUMNS * _CELL_HEIGHT + _PLOT_HEIGHT
        ceiling = base - _PLOT_HEIGHT
        add_line(svg, (left, ceiling), (left + _PLOT_WIDTH, ceiling), "grid")
        scale = f"scale({_PLOT_WIDTH / BINS:.4f} {_PLOT_HEIGHT / _STEPS:.4f})"
        area = {
            "class": "area",
            "transform": f"translate({left:.1f} {base}) {scale}",
            "d": _trace(of, top),
        }
        ET.SubElement(ET.SubElement(svg, "path", area), "title").text = histogram.image_id
        add_line(svg, (left, base), (left + _PLOT_WIDTH, base), "axis")
        moment = histogram.uploaded_at.astimezone(zone)
        add_text(svg, left, base + 17, f"{moment:%a %d, %H:%M}", "start")
    return ET.tostring(svg, encoding="unicode")


def _choose_top(shares: Sequence[Sequence[float]]) -> float:
    """Choose the scale by all bars but the highest: a white margin would flatten all others."""
    bars = sorted(chain.from_iterable(shares))
    return choose_top(bars[int(len(bars) * (1 - _CUT_AT_MOST))] if bars else 0.0)


def _shares(bins: Sequence[int]) -> list[float]:
    pixels = sum(bins)
    return [count / pixels for count in bins]


def _trace(shares: Sequence[float], top: float) -> str:
    """Outline all bars as one path: a bin is 1 wide, the top is :data:`_STEPS` high."""
    parts, height, width = ["M0 0"], 0, 0
    for share in shares:
        reached = min(round(share / top * _STEPS), _STEPS)
        if reached != height:
            parts.append(f"h{width}v{height - reached}" if width else f"v{height - reached}")
            height, width = reached, 0
        width += 1
    return "".join([*parts, f"h{width}V0z"])


def _describe(images: int, top: float) -> str:
    if not images:
        return "No image of this time has a histogram."
    return (
        f"Share of the pixels of {images} images for each gray level, from black on the left to "
        f"white on the right. All are drawn to the same scale, from 0 to {top:.3g}; higher bars "
        f"are cut."
    )
