"""The pictures of docs/scale.md: shares and replicas over time."""

import math
from collections.abc import Mapping, Sequence

import leather

from domain.plots.svg import HEIGHT, WIDTH, ExactScale, write_svg

Points = Sequence[tuple[float, float]]
_DASHES = ("none", "9 5", "2 5", "12 4 2 4", "5 3")


def plot_over_time(
    title: str, curves: Mapping[str, Points], *, seconds: float, shares: bool
) -> str:
    """Plot curves over the seconds after 10:00.

    Args:
        title: Shown above.
        curves: Points by name.
        seconds: Where the time ends.
        shares: Whether the values are shares of 1, else numbers of pods.

    Returns:
        An SVG document.
    """
    top = 1.0 if shares else max(value for points in curves.values() for _, value in points)
    chart = leather.Chart(title)
    chart.set_x_scale(ExactScale(0, seconds))
    chart.set_y_scale(ExactScale(0, top))
    ticks = [seconds * part / 6 for part in range(7)]
    chart.add_x_axis(ticks, lambda value, *_: f"{value:.0f} s", "after 10:00:00")
    steps = [top * part / 4 for part in range(5)]
    chart.add_y_axis(steps, lambda value, *_: f"{value:.0%}" if shares else f"{value:.0f}")
    texts = []
    for (name, points), dashes in zip(curves.items(), _DASHES, strict=False):
        shown = [(time, value) for time, value in points if 0 <= time <= seconds]
        shown = shown or [(0.0, 0.0)]
        # The last value holds until the end.
        chart.add_line([*shown, (seconds, shown[-1][1])], name=name, stroke_dasharray=dashes)
        texts.append(f"{name}: {_end_of(shown, shares=shares)}")
    return write_svg(title, "; ".join(texts) + ".", chart.to_svg_group(WIDTH, HEIGHT))


def _end_of(points: Points, *, shares: bool) -> str:
    time, value = points[-1]
    return f"{value:.0%} after {math.ceil(time)} s" if shares else f"{value:.0f} at the end"
