"""What plots have in common: their frame, their colours, the axis of counts."""

import math
from xml.etree import ElementTree as ET

_NAMESPACE = "http://www.w3.org/2000/svg"
WIDTH, HEIGHT = 720, 400
LEFT, TOP, RIGHT, BOTTOM = 76, 56, 24, 64
PLOT_WIDTH = WIDTH - LEFT - RIGHT
PLOT_HEIGHT = HEIGHT - TOP - BOTTOM
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


def start_plot(
    title: str, description: str, height: float = HEIGHT, left: float = LEFT
) -> ET.Element:
    """Begin a standalone SVG document that follows the reader's light or dark scheme.

    Args:
        title: Shown above the plot and read out by screen readers; any text.
        description: Read out by screen readers.
        height: Of the whole picture.
        left: Where the title begins.

    Returns:
        The root.
    """
    svg = ET.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "viewBox": f"0 0 {WIDTH} {height:g}",
            "width": str(WIDTH),
            "height": f"{height:g}",
            "role": "img",
            "aria-labelledby": "title desc",
        },
    )
    ET.SubElement(svg, "title", id="title").text = _printable(title)
    ET.SubElement(svg, "desc", id="desc").text = description
    ET.SubElement(svg, "style").text = _STYLE
    add_text(svg, left, 32, _printable(title), "start", "title")
    return svg


def choose_top(highest: float) -> float:
    """Choose a round number at or above the highest value: 1, 2, 2.5, 4, 5 or 10 × 10ⁿ."""
    if highest <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next((step * power for step in (1, 2, 2.5, 4, 5) if step * power >= highest), 10 * power)


def add_count_axis(svg: ET.Element, top: float, label: str) -> None:
    """Add horizontal lines with their counts, from 0 to the top, and what is counted."""
    for tick in range(_COUNT_TICKS + 1):
        count = top * tick / _COUNT_TICKS
        y = TOP + PLOT_HEIGHT * (1 - tick / _COUNT_TICKS)
        add_line(svg, (LEFT, y), (LEFT + PLOT_WIDTH, y), "grid")
        add_text(svg, LEFT - 8, y + 4, _format_count(count), "end")
    text = add_text(svg, 0, 0, label, "middle")
    text.set("transform", f"translate(18 {TOP + PLOT_HEIGHT / 2:g}) rotate(-90)")


def add_line(
    svg: ET.Element, start: tuple[float, float], end: tuple[float, float], style: str
) -> None:
    """Add a line in one of the styles ``grid`` and ``axis``."""
    (x1, y1), (x2, y2) = start, end
    ends = {"x1": f"{x1:g}", "y1": f"{y1:g}", "x2": f"{x2:g}", "y2": f"{y2:g}"}
    ET.SubElement(svg, "line", {"class": style, **ends})


def add_text(
    svg: ET.Element, x: float, y: float, text: str, anchor: str, style: str | None = None
) -> ET.Element:
    """Add text that starts, ends or has its middle at a place."""
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
