"""Plot of a time that grows with a number, on logarithmic scales."""

import math
from collections.abc import Mapping, Sequence

import leather

from domain.plots.svg import HEIGHT, WIDTH, ExactScale, write_svg

Curve = Sequence[tuple[float, float]]
_DASHES = ("none", "9 5", "2 5", "12 4 2 4", "5 3")


def plot_growth(title: str, across: str, curves: Mapping[str, Curve]) -> str:
    """Plot curves with different dashes.

    Args:
        title: Shown above.
        across: Name of the number that grows.
        curves: By name, points of a number and a time in ms, both above 0.

    Returns:
        An SVG document.
    """
    points = [point for curve in curves.values() for point in curve]
    lowest = [math.floor(math.log10(min(values))) for values in zip(*points, strict=True)]
    highest = [math.ceil(math.log10(max(values))) for values in zip(*points, strict=True)]
    chart = leather.Chart(title)
    chart.set_x_scale(ExactScale(lowest[0], highest[0]))
    chart.set_y_scale(ExactScale(lowest[1], highest[1]))
    numbers, times = ([*range(low, high + 1)] for low, high in zip(lowest, highest, strict=True))
    chart.add_x_axis(numbers, lambda power, *_: f"{10**power:,}", across)
    chart.add_y_axis(times, lambda power, *_: f"{10.0**power:g} ms")
    for (name, curve), dashes in zip(curves.items(), _DASHES, strict=False):
        logarithms = [(math.log10(number), math.log10(time)) for number, time in curve]
        chart.add_line(logarithms, name=name, stroke_dasharray=dashes)
    ends = (f"{name}: {curve[-1][1]:.3g} ms at {curve[-1][0]:,}" for name, curve in curves.items())
    return write_svg(title, "; ".join(ends) + ".", chart.to_svg_group(WIDTH, HEIGHT))
