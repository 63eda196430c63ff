"""Plot of uploads per day."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from domain.plots.svg import HEIGHT, WIDTH, choose_top, start_chart, write_svg
from domain.statistics import DayCount

_DAYS_PER_LABEL = 7
_LEAST_TOP = 4
"""Keeps the numbers on the axis whole."""


def plot_uploads(days: Sequence[DayCount], zone: str) -> str:
    """Plot the uploads of consecutive days, at least one, in a named time zone, as an SVG."""
    most = max(days, key=lambda day: day.count)
    total = sum(day.count for day in days)
    description = (
        f"{total} uploads from {days[0].date} to {days[-1].date}. "
        f"Most were on {most.date}: {most.count}."
    )
    title = f"Uploads per day ({zone})"
    chart = start_chart(title, max(choose_top(most.count), _LEAST_TOP), "Uploads")
    rows = [(str(day.date), day.count) for day in days]
    labels = [date for date, _ in rows[::-_DAYS_PER_LABEL]]
    chart.add_x_axis(labels, lambda date, *_: date[-5:], "Day")  # Without the year.
    chart.add_columns(rows)
    plot = chart.to_svg_group(WIDTH, HEIGHT)
    for day, bar in zip(days, plot.iterfind(".//g[@class='series columns']/rect"), strict=True):
        ET.SubElement(bar, "title").text = f"{day.date}: {day.count}"
    return write_svg(title, description if total else "No uploads.", plot)
