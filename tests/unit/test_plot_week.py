"""Small multiples: every histogram is there, to one scale, and can be read back from its path."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest

from domain.calendar.days import find_zone
from domain.plots.svg import choose_top
from domain.plots.week import DatedHistogram, plot_week
from tests.plain_medians import random_counts

SVG = "{http://www.w3.org/2000/svg}"
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def _histograms(images: int) -> list[DatedHistogram]:
    return [
        DatedHistogram(str(number), NOON + timedelta(hours=number), bins.tolist())
        for number, bins in enumerate(random_counts(images))
    ]


def _heights(path: str) -> list[int]:
    """Walk along a path and give the height above each gray level."""
    heights: list[int] = []
    height = 0
    for step, length in re.findall(r"([hv])(-?\d+)", path):
        if step == "v":
            height -= int(length)
        else:
            heights += [height] * int(length)
    return heights


@pytest.mark.parametrize("images", [1, 5, 6, 100])
def test_each_histogram_can_be_read_from_its_path(images: int) -> None:
    histograms = _histograms(images)
    shares = [[count / sum(of.bins) for count in of.bins] for of in histograms]
    bars = sorted(share for of in shares for share in of)
    top = choose_top(bars[int(len(bars) * 0.99)])
    plot = ElementTree.fromstring(plot_week(histograms, "u1", find_zone("UTC")))  # noqa: S314
    paths = list(plot.iter(f"{SVG}path"))
    assert [path[0].text for path in paths] == [of.image_id for of in histograms]
    for path, of in zip(paths, shares, strict=True):
        heights = _heights(path.get("d", ""))
        assert heights == [min(round(share / top * 400), 400) for share in of]


def test_pictures_lie_within_the_frame_and_apart() -> None:
    plot = ElementTree.fromstring(plot_week(_histograms(12), "u1", find_zone("UTC")))  # noqa: S314
    width, height = (float(plot.get(side, "")) for side in ("width", "height"))
    places = [
        tuple(map(float, re.findall(r"[\d.]+", cell.get("transform", ""))))
        for cell in plot.iterfind(f".//{SVG}g[@class='cell']")
    ]
    assert len(set(places)) == 12
    for left, top in places:
        assert 0 < left < width - 100
        assert 70 < top < height - 100


def test_times_are_those_of_the_zone() -> None:
    assert "Wed 18, 12:00" in plot_week(_histograms(1), "u1", find_zone("UTC"))
    assert "Thu 19, 02:00" in plot_week(_histograms(1), "u1", find_zone("Pacific/Kiritimati"))


def test_empty_week_says_so() -> None:
    assert "No histograms." in plot_week([], "u1", find_zone("UTC"))


def test_one_gray_level_is_a_full_bar() -> None:
    black = DatedHistogram("a", NOON, [9, *[0] * 255])
    plot = ElementTree.fromstring(plot_week([black], "u1", find_zone("UTC")))  # noqa: S314
    (path,) = plot.iter(f"{SVG}path")
    assert _heights(path.get("d", "")) == [400] + [0] * 255


def test_a_white_margin_does_not_flatten_the_others() -> None:
    white = DatedHistogram("a", NOON, [*[1] * 255, 255])
    even = DatedHistogram("b", NOON, [1] * 256)
    plot = ElementTree.fromstring(plot_week([white, even], "u1", find_zone("UTC")))  # noqa: S314
    margin, others = (_heights(path.get("d", "")) for path in plot.iter(f"{SVG}path"))
    assert margin[-1] == 400
    assert min(others) > 300
