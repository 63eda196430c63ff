"""Plots are static SVG: they run nothing, load nothing, and pass under a strict policy."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest

from benchmarks.growth_plot import plot_growth
from domain.calendar.days import find_zone
from domain.learning.metrics import measure
from domain.learning.models import Watched
from domain.plots.drift import describe_drift, plot_drift
from domain.plots.histogram import plot_histogram
from domain.plots.model import plot_model
from domain.plots.uploads import plot_uploads
from domain.plots.week import DatedHistogram, plot_week
from domain.statistics import DayCount

TITLE = 'u1 <script>alert("1")</script> & "2"'
WEEK = [DatedHistogram("<b>", datetime(2026, 11, 18, tzinfo=UTC), [1] * 256)]
NOW = datetime(2026, 11, 18, tzinfo=UTC)
NIGHTS = [
    Watched(NOW + timedelta(days=night), 500, 0.1 * night, None, 0, 0.9 if night else None)
    for night in range(5)
]
METRICS = measure(["<a>", "b"], ["<a>", "b"], np.array([[0.9, 0.1], [0.6, 0.4]], np.float32))
PLOTS: dict[str, Callable[[], str]] = {
    "histogram": lambda: plot_histogram([1.0] * 256, TITLE),
    "uploads": lambda: plot_uploads([DayCount(date(2026, 3, 1), 3)], TITLE),
    "week": lambda: plot_week(WEEK, TITLE, find_zone("UTC")),
    "model": lambda: plot_model(TITLE, ["<a>", "b"], METRICS),
    "drift": lambda: plot_drift(TITLE, NIGHTS, 0.9),
    "first night": lambda: plot_drift(TITLE, NIGHTS[:1], None),
    "growth": lambda: plot_growth(TITLE, "Users", {"a": [(10, 1.0), (100, 2.0)]}),
}
STATIC = {"svg", "title", "desc", "style", "g", "rect", "line", "path", "text"}


@pytest.mark.parametrize("name", PLOTS)
def test_plot_runs_nothing_and_loads_nothing(name: str) -> None:
    text = PLOTS[name]()
    root = ElementTree.fromstring(text)  # noqa: S314
    assert {element.tag.partition("}")[2] for element in root.iter()} <= STATIC
    attributes = {attribute for element in root.iter() for attribute in element.attrib}
    assert not {of for of in attributes if of.startswith("on") or of.endswith("href")}
    assert "style" not in attributes
    urls = re.findall(r"\w+://[^\s\"]+|url\(|@import", text)
    assert urls == ["http://www.w3.org/2000/svg"]


@pytest.mark.parametrize("name", PLOTS)
def test_plots_have_one_look(name: str) -> None:
    root = ElementTree.fromstring(PLOTS[name]())  # noqa: S314
    assert root.get("width") == "720"
    assert root.get("role") == "img"
    assert "prefers-color-scheme: dark" in (root.findtext("{*}style") or "")
    assert root.findtext("{*}desc")


@pytest.mark.parametrize("most", [0, 1, 3, 7, 21, 43, 99, 1234])
def test_axis_of_uploads_has_whole_numbers(most: int) -> None:
    plot = plot_uploads([DayCount(date(2026, 3, 1), most)], "UTC")
    texts = [element.text for element in ElementTree.fromstring(plot).iter()]  # noqa: S314
    numbers = [float(text) for text in texts if text and re.fullmatch(r"[\d.]+", text)]
    assert numbers
    assert all(number == int(number) for number in numbers)


def test_drift_is_described_by_its_last_night() -> None:
    assert "the pictures have changed (PSI 0.400 of 500 images)" in describe_drift(NIGHTS)
    assert "the pictures are as before" in describe_drift(NIGHTS[:2])
    few = Watched(NOW, 3, None, None, 0, None)
    assert describe_drift([few]) == "2026-11-18: too few images to compare, 3."
