"""Plot of a time that grows with a number, on logarithmic scales."""

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

from domain.plots.svg import LEFT, PLOT_HEIGHT, PLOT_WIDTH, TOP, add_line, add_text, start_plot

Curve = Sequence[tuple[float, float]]
_DASHES = ("", "9 5", "2 5", "12 4 2 4", "5 3")


def plot_growth(title: str, across: str, curves: Mapping[str, Curve]) -> str:
    """Draw curves with different dashes and a legend.

    Args:
        title: Title of the plot.
        across: Label of the horizontal axis.
        curves: Points by name of the curve: a number and a time in ms, both above 0.

    Returns:
        A standalone SVG document that follows the reader's light or dark scheme.
    """
    points = [point for curve in curves.values() for point in curve]
    lowest = [math.floor(math.log10(min(values))) for values in zip(*points, strict=True)]
    highest = [math.ceil(math.log10(max(values))) for values in zip(*points, strict=True)]
    ends = (f"{name}: {curve[-1][1]:.3g} ms at {curve[-1][0]:,}" for name, curve in curves.items())
    svg = start_plot(title, "; ".join(ends) + ".")

    def place(point: tuple[float, float]) -> tuple[float, float]:
        x, y = (
            (math.log10(value) - low) / max(high - low, 1)
            for value, low, high in zip(point, lowest, highest, strict=True)
        )
        return LEFT + x * PLOT_WIDTH, TOP + (1 - y) * PLOT_HEIGHT

    for power in range(lowest[1], highest[1] + 1):
        y = place((10.0 ** lowest[0], 10.0**power))[1]
        add_line(svg, (LEFT, y), (LEFT + PLOT_WIDTH, y), "grid")
        add_text(svg, LEFT - 8, y + 4, f"{10.0**power:g} ms", "end")
    for power in range(lowest[0], highest[0] + 1):
        x = place((10.0**power, 10.0 ** lowest[1]))[0]
        add_line(svg, (x, TOP + PLOT_HEIGHT), (x, TOP + PLOT_HEIGHT + 5), "axis")
        add_text(svg, x, TOP + PLOT_HEIGHT + 21, f"{10**power:,}", "middle")
    base = TOP + PLOT_HEIGHT
    add_line(svg, (LEFT, base), (LEFT + PLOT_WIDTH, base), "axis")
    add_text(svg, LEFT + PLOT_WIDTH / 2, base + 46, across, "middle")
    for number, (name, curve) in enumerate(curves.items()):
        dashes = _DASHES[number % len(_DASHES)]
        _add_curve(svg, [place(point) for point in curve], dashes)
        y = TOP + 14 + 20 * number
        _add_curve(svg, [(LEFT + 12, y - 4), (LEFT + 52, y - 4)], dashes)
        add_text(svg, LEFT + 60, y, name, "start")
    return ET.tostring(svg, encoding="unicode")


def _add_curve(svg: ET.Element, points: Curve, dashes: str) -> None:
    path = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    style = {"class": "axis", "stroke-width": "2", "stroke-dasharray": dashes}
    ET.SubElement(svg, "path", {"d": path} | style)
