"""The common look of plots: theme, scales, the shape of histograms, and the SVG document."""

import math
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree as ET

import leather
from leather import theme
from leather.scales.base import Scale

WIDTH, HEIGHT = 720, 400
COUNT_TICKS = 4
"""Ticks of an axis of counts above its 0."""
_MAX_TITLE_CHARS = 70
_SHAPE_HEIGHT = 400
"""Units from the base to the top of a histogram; whole numbers keep the paths short."""

_STYLE = """
svg { color-scheme: light dark; background: #ffffff; }
text { font-family: system-ui, sans-serif; fill: #3f4a45; }
@media (prefers-color-scheme: dark) { svg { background: #1c211f; } text { fill: #c3cec8; } }
text.on-colour { fill: #ffffff; font-weight: 600; }
"""
# These colours show on a light and on a dark background.
theme.background_color = "none"
theme.default_series_colors = ["#2b8a7b", "#c4764a", "#4da070", "#9470c4", "#858f9c"]
theme.tick_color, theme.zero_color = "#8b95a544", "#8b95a5"
theme.title_font_size = 17
theme.tick_font_size = theme.axis_title_font_size = theme.legend_font_size = 13


class ExactScale(Scale):  # type: ignore[misc]
    """A linear scale that ends at its highest value; that of the library rounds it up."""

    def __init__(self, lowest: float, highest: float) -> None:
        self._lowest, self._highest = lowest, highest

    def contains(self, value: float) -> bool:
        """Return whether the axis reaches a value."""
        return self._lowest <= value <= self._highest

    def project(self, value: float, start: float, end: float) -> float:
        """Return the position of a value between the ends of the axis, in pixels."""
        return start + (value - self._lowest) / (self._highest - self._lowest) * (end - start)


class HistogramShape(leather.Shape):  # type: ignore[misc]
    """The outline of adjacent bars as one path, with the name of the series as its tooltip."""

    def __init__(self, top: float) -> None:
        self._top = top

    def validate_series(self, series: leather.Series) -> None:
        """Accept every series."""

    def to_svg(
        self, width: float, height: float, _x: Scale, _y: Scale, series: Any, palette: Any
    ) -> ET.Element:
        """Draw the path: a bar is 1 wide, and the top is :data:`_SHAPE_HEIGHT` high."""
        values = [datum.y for datum in series.data()]
        scale = f"scale({width / len(values):.4f} {height / _SHAPE_HEIGHT:.4f})"
        outline = {
            "fill": next(palette),
            "transform": f"translate(0 {height:.1f}) {scale}",
            "d": "".join(self._trace(values)),
        }
        path = ET.Element("path", outline)
        ET.SubElement(path, "title").text = series.name
        return path

    def _trace(self, values: Sequence[float]) -> Iterator[str]:
        height = width = 0
        yield "M0 0"
        for value in values:
            reached = min(round(value / self._top * _SHAPE_HEIGHT), _SHAPE_HEIGHT)
            if reached != height:
                yield f"h{width}v{height - reached}" if width else f"v{height - reached}"
                height, width = reached, 0
            width += 1
        yield f"h{width}V0z"


def start_chart(title: str, top: float, counted: str) -> leather.Chart:
    """Create a chart with any title and an axis of counts, from 0 to the top."""
    chart = leather.Chart(printable(title))
    chart.set_y_scale(ExactScale(0, top))
    ticks = [top * tick / COUNT_TICKS for tick in range(COUNT_TICKS + 1)]
    chart.add_y_axis(ticks, lambda count, *_: _format_count(count), counted)
    return chart


def write_svg(title: str, description: str, content: ET.Element, height: float = HEIGHT) -> str:
    """Write a standalone SVG document that follows the reader's light or dark scheme.

    Title, which may be any text, and description are read out by screen readers. The width is
    :data:`WIDTH`.
    """
    box = f"0 0 {WIDTH} {height:g}"
    attributes = {"viewBox": box, "width": f"{WIDTH}", "height": f"{height:g}"}
    spoken = {"role": "img", "aria-labelledby": "title desc"}
    svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **attributes, **spoken})
    ET.SubElement(svg, "title", id="title").text = printable(title)
    ET.SubElement(svg, "desc", id="desc").text = description
    ET.SubElement(svg, "style").text = _STYLE
    for group in content.iter():
        # The library draws a rectangle behind a chart that has no background, too.
        for shape in group.findall("rect[@fill='none']"):
            group.remove(shape)
    svg.append(content)
    return ET.tostring(svg, encoding="unicode")


def add_text(
    parent: ET.Element, x: float, y: float, text: str, size_px: int, anchor: str = "start"
) -> ET.Element:
    """Add a line of text; `anchor` says which of its ends, or its middle, is at x."""
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": f"{size_px}", "text-anchor": anchor}
    added = ET.SubElement(parent, "text", place)
    added.text = text
    return added


def choose_top(highest: float) -> float:
    """Choose a round number at or above the highest value: 1, 2, 2.5, 4, 5 or 10 × 10ⁿ."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next((step * power for step in (1, 2, 2.5, 4, 5) if step * power >= highest), 10 * power)


def printable(text: str) -> str:
    """Remove the characters that XML cannot hold, and shorten a text that is too long to show."""
    kept = "".join(character for character in text if character.isprintable())
    return kept if len(kept) <= _MAX_TITLE_CHARS else f"{kept[: _MAX_TITLE_CHARS - 1]}…"


def _format_count(count: float) -> str:
    for limit, suffix in ((1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:g}{suffix}"
    return f"{count:g}"
