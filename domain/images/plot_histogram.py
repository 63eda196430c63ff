"""Draw a histogram as an SVG picture."""

import math
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from domain.images.values import BINS

_NAMESPACE = "http://www.w3.org/2000/svg"
_WIDTH, _HEIGHT = 720, 400
_LEFT, _TOP, _RIGHT, _BOTTOM = 76, 56, 24, 64
_PLOT_WIDTH = _WIDTH - _LEFT - _RIGHT
_PLOT_HEIGHT = _HEIGHT - _TOP - _BOTTOM
_LEVEL_TICKS = (0, 32, 64, 96, 128, 160, 192, 224, 255)
_COUNT_TICKS = 4
_MAX_TITLE_CHARS = 70

_STYLE = """
svg { color-scheme: light dark; background: #ffffff; }
text { font: 13px system-ui, sans-serif; fill: #3b4252; }
.title { font-size: 17px; font-weight: 600; fill: #14181f; }
.area { fill: #3b6fb6; fill-opacity: .85; }
.grid { stroke: #dfe3ea; }
.axis { stroke: #6b7482; fill: none; }
@media (prefers-color-scheme: dark) {
  svg { background: #14181f; }
  text { fill: #c3cad6; }
  .title { fill: #f2f4f8; }
  .area { fill: #7fb0f0; }
  .grid { stroke: #2c333f; }
  .axis { stroke: #8b95a5; }
}
"""


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
    top = _choose_top(max(bins))
    svg = ET.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "viewBox": f"0 0 {_WIDTH} {_HEIGHT}",
            "width": str(_WIDTH),
            "height": str(_HEIGHT),
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    ET.SubElement(svg, "title", id="title").text = _printable(title)
    ET.SubElement(svg, "desc", id="desc").text = _describe(bins)
    ET.SubElement(svg, "style").text = _STYLE
    _add_text(svg, _LEFT, 32, _printable(title), "start", "title")
    _add_count_axis(svg, top)
    ET.SubElement(svg, "path", {"class": "area", "d": _trace(bins, top)})
    _add_level_axis(svg)
    return ET.tostring(svg, encoding="unicode")


def _choose_top(highest: float) -> float:
    """Choose a round number at or above the highest value: 1, 2, 2.5, 4, 5 or 10 × 10ⁿ."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next((step * power for step in (1, 2, 2.5, 4, 5) if step * power >= highest), 10 * power)


def _describe(bins: Sequence[float]) -> str:
    total = sum(bins)
    if not total:
        return "An empty histogram."
    mean = sum(level * count for level, count in enumerate(bins)) / total
    peak = max(range(BINS), key=lambda level: bins[level])
    return (
        f"Number of pixels for each gray level from 0, black, to 255, white. "
        f"The most frequent level is {peak}; the mean is {mean:.1f}."
    )


def _trace(bins: Sequence[float], top: float) -> str:
    """Outline all bars as one path."""
    base = _TOP + _PLOT_HEIGHT
    parts = [f"M{_LEFT} {base}"]
    for level, count in enumerate(bins):
        height = base - count / top * _PLOT_HEIGHT
        parts.append(f"V{height:.2f}H{_LEFT + (level + 1) * _PLOT_WIDTH / BINS:.2f}")
    parts.append(f"V{base}Z")
    return "".join(parts)


def _add_count_axis(svg: ET.Element, top: float) -> None:
    for tick in range(_COUNT_TICKS + 1):
        count = top * tick / _COUNT_TICKS
        y = _TOP + _PLOT_HEIGHT * (1 - tick / _COUNT_TICKS)
        _add_line(svg, (_LEFT, y), (_LEFT + _PLOT_WIDTH, y), "grid")
        _add_text(svg, _LEFT - 8, y + 4, _format_count(count), "end")
    label = _add_text(svg, 0, 0, "Pixels" if top > 1 else "Share of pixels", "middle")
    label.set("transform", f"translate(18 {_TOP + _PLOT_HEIGHT / 2:g}) rotate(-90)")


def _add_level_axis(svg: ET.Element) -> None:
    base = _TOP + _PLOT_HEIGHT
    _add_line(svg, (_LEFT, base), (_LEFT + _PLOT_WIDTH, base), "axis")
    for level in _LEVEL_TICKS:
        x = _LEFT + (level + 0.5) * _PLOT_WIDTH / BINS
        _add_line(svg, (x, base), (x, base + 5), "axis")
        _add_text(svg, x, base + 21, str(level), "middle")
    _add_text(svg, _LEFT + _PLOT_WIDTH / 2, base + 46, "Gray level", "middle")


def _add_line(
    svg: ET.Element, start: tuple[float, float], end: tuple[float, float], style: str
) -> None:
    (x1, y1), (x2, y2) = start, end
    ends = {"x1": f"{x1:g}", "y1": f"{y1:g}", "x2": f"{x2:g}", "y2": f"{y2:g}"}
    ET.SubElement(svg, "line", {"class": style, **ends})


def _add_text(
    svg: ET.Element, x: float, y: float, text: str, anchor: str, style: str | None = None
) -> ET.Element:
    attributes = {"x": f"{x:g}", "y": f"{y:g}", "text-anchor": anchor}
    element = ET.SubElement(svg, "text", attributes | ({"class": style} if style else {}))
    element.text = text
    return element


def _format_count(count: float) -> str:
    for limit, suffix in ((1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:g}{suffix}"
    return f"{count:g}"


def _printable(text: str) -> str:
    """Leave out what XML cannot hold, and what has no room."""
    kept = "".join(character for character in text if character.isprintable())
    return kept if len(kept) <= _MAX_TITLE_CHARS else f"{kept[: _MAX_TITLE_CHARS - 1]}…"
