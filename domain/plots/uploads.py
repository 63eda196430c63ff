"""Draw uploads per day as an SVG picture."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

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
from domain.statistics import DayCount

_GAP = 0.2
"""Share of a day's width that is left free between two bars."""
_DAYS_PER_LABEL = 7
_LEAST_TOP = 4
"""Counts are whole, and so are the numbers at the lines then."""


def plot_uploads(days: Sequence[DayCount], zone: str) -> str:
    """Draw the uploads of days as bars.

    Args:
        days: One after the other, at least one.
        zone: Name of the time zone of the days.

    Returns:
        A standalone SVG document that follows the reader's light or dark scheme.
    """
    most = max(days, key=lambda day: day.count)
    top = max(choose_top(most.count), _LEAST_TOP)
    total = sum(day.count for day in days)
    description = (
        f"{total} uploads from {days[0].date} to {days[-1].date}. "
        f"Most were on {most.date}: {most.count}."
    )
    svg = start_plot(f"Uploads per day ({zone})", description if total else "No uploads.")
    add_count_axis(svg, top, "Uploads")
    base, step = TOP + PLOT_HEIGHT, PLOT_WIDTH / len(days)
    for number, day in enumerate(days):
        left = LEFT + (number + _GAP / 2) * step
        height = day.count / top * PLOT_HEIGHT
        bar = {
            "class": "area",
            "x": f"{left:.2f}",
            "y": f"{base - height:.2f}",
            "width": f"{step * (1 - _GAP):.2f}",
            "height": f"{height:.2f}",
        }
        ET.SubElement(ET.SubElement(svg, "rect", bar), "title").text = f"{day.date}: {day.count}"
    add_line(svg, (LEFT, base), (LEFT + PLOT_WIDTH, base), "axis")
    for number in range(len(days) - 1, -1, -_DAYS_PER_LABEL):
        middle = LEFT + (number + 0.5) * step
        add_line(svg, (middle, base), (middle, base + 5), "axis")
        add_text(svg, middle, base + 21, f"{days[number].date:%m-%d}", "middle")
    add_text(svg, LEFT + PLOT_WIDTH / 2, base + 46, "Day", "middle")
    return ET.tostring(svg, encoding="unicode")
