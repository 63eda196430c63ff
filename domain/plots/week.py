"""Plot of many histograms as small multiples."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import leather
import msgspec

from domain.images.values import BINS
from domain.plots.svg import WIDTH, ExactScale, HistogramShape, choose_top, printable, write_svg

_COLUMNS = 5
_MARGIN = 24
_HEAD = 76
_CELL_WIDTH = (WIDTH - 2 * _MARGIN) / _COLUMNS
_CELL_HEIGHT = 116
_CUT_AT_MOST = 0.01
"""Share of all bars that may be higher than the picture."""


class DatedHistogram(msgspec.Struct, frozen=True):
    """A histogram of an image: 256 counts, at least one above 0; the time is in UTC."""

    image_id: str
    uploaded_at: datetime
    bins: Sequence[int]


def plot_week(histograms: Sequence[DatedHistogram], title: str, zone: ZoneInfo) -> str:
    """Plot histograms side by side, as shares of their pixels, all to the same scale.

    Args:
        histograms: In the order of the plot, line by line.
        title: Shown above and read out by screen readers; any text.
        zone: Time zone of the times that are shown.
    """
    shares = [[count / sum(of.bins) for count in of.bins] for of in histograms]
    top = _choose_top(shares)
    note = f"Share of pixels by gray level, up to {top:.3g}; higher bars are cut"
    plot = ET.Element("g")
    _add_text(plot, (_MARGIN, 32), printable(title), 17)
    _add_text(plot, (_MARGIN, 56), note if histograms else "No histograms.", 13)
    for number, (histogram, of) in enumerate(zip(histograms, shares, strict=True)):
        left = _MARGIN + number % _COLUMNS * _CELL_WIDTH
        place = f"translate({left:.1f} {_HEAD + number // _COLUMNS * _CELL_HEIGHT})"
        cell = ET.SubElement(plot, "g", {"class": "cell", "transform": place})
        cell.append(_plot_cell(histogram.image_id, of, top))
        moment = f"{histogram.uploaded_at.astimezone(zone):%a %d, %H:%M}"
        _add_text(cell, (16, _CELL_HEIGHT - 14), moment, 13)
    lines = max(-(-len(histograms) // _COLUMNS), 1)
    description = _describe(len(histograms), top)
    return write_svg(title, description, plot, _HEAD + lines * _CELL_HEIGHT)


def _plot_cell(name: str, shares: Sequence[float], top: float) -> ET.Element:
    chart = leather.Chart()
    chart.set_x_scale(ExactScale(0, BINS))
    chart.set_y_scale(ExactScale(0, top))
    chart.add_x_axis([0], lambda *_: "")
    chart.add_y_axis([0, top], lambda *_: "")
    bars = [(level, min(share, top)) for level, share in enumerate(shares)]
    chart.add_series(leather.Series(bars, name=name), HistogramShape(top))
    group: ET.Element = chart.to_svg_group(_CELL_WIDTH, _CELL_HEIGHT)
    return group


def _add_text(parent: ET.Element, place: tuple[float, float], text: str, size_px: int) -> None:
    x, y = place
    attributes = {"x": f"{x:g}", "y": f"{y:g}", "font-size": f"{size_px}"}
    ET.SubElement(parent, "text", attributes).text = text


def _choose_top(shares: Sequence[Sequence[float]]) -> float:
    """Choose the scale by all bars but the highest: a white margin would flatten all others."""
    bars = sorted(chain.from_iterable(shares))
    return choose_top(bars[int(len(bars) * (1 - _CUT_AT_MOST))] if bars else 0.0)


def _describe(images: int, top: float) -> str:
    if not images:
        return "No image of this time has a histogram."
    return (
        f"Share of the pixels of {images} images for each gray level, from black on the left to "
        f"white on the right. All have the same scale, from 0 to {top:.3g}; higher bars are cut."
    )
