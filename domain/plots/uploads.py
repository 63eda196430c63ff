"""Plot of uploads per day."""

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from domain.plots.svg import COUNT_TICKS, HEIGHT, WIDTH, choose_top, start_chart, write_svg
from domain.statistics import DayCount

_DAYS_PER_LABEL = 7


def plot_uploads(days: Sequence[DayCount], zone: str) -> str:
    """Plot the uploads of consecutive days, at least one, in a named time zone, as an SVG."""
    most = max(days, key=lambda day: day.count)
    total = sum(day.count for day in days)
    description = (
        f"{total} uploads from {days[0].date} to {days[-1].date}. "
        f"Most were on {most.date}: {most.count}."
    )
    title = f"Uploads per day ({zone})"
    # A whole number for each tick, so that no part of an upload stands on the axis.
    top = COUNT_TICKS * choose_top(-(-most.count // COUNT_TICKS))
    chart = start_chart(title, top, "Uploads")
    rows = [(str(day.date), day.count) for day in days]
    labels = [date for date, _ in rows[::-_DAYS_PER_LABEL]]
    chart.add_x_axis(labels, lambda date, *_: date[-5:], "Day")  # Without the year.
    chart.add_columns(rows)
    plot = chart.to_svg_group(WIDTH, HEIGHT)
    for day, bar in zip(days, plot.iterfind(".//g[@class='series columns']/rect"), strict=True):
        ET.SubElement(bar, "title").text = f"{day.date}: {day.count}"
    return write_svg(title, description if total else "No uploads.", plot)
