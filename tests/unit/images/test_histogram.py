import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.images.count_histogram import count_histogram
from domain.images.values import unpack_bins
from domain.plots.histogram import plot_histogram
from tests.unit.images.drawing import draw

SVG = "{http://www.w3.org/2000/svg}"


def test_counts_add_up_to_the_pixels() -> None:
    gray = np.asarray(draw(333, 211).convert("L"))
    bins = unpack_bins(count_histogram(gray))
    assert bins == np.bincount(gray.ravel(), minlength=256).tolist()
    assert sum(bins) == 333 * 211


def test_counts_are_exact_beyond_what_a_float_holds() -> None:
    gray = np.full((4100, 4100), 9, np.uint8)
    gray[0, 0] = 0
    bins = unpack_bins(count_histogram(gray))
    assert (bins[0], bins[9]) == (1, 4100 * 4100 - 1)


def test_plot_says_in_words_what_it_shows() -> None:
    bins = [0] * 256
    bins[40], bins[200] = 3_000, 1_000
    root = ET.fromstring(plot_histogram(bins, 'IMG <1> & "2"'))  # noqa: S314
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{SVG}title") == 'IMG <1> & "2"'
    description = root.findtext(f"{SVG}desc") or ""
    assert "most frequent level is 40" in description
    assert "mean is 80.0" in description
    labels = [text.text for text in root.iter(f"{SVG}text")]
    assert {"0", "64", "128", "255", "Gray level", "Pixels", "4k"} <= set(labels)


def test_plot_follows_the_readers_colour_scheme_and_runs_nothing() -> None:
    text = plot_histogram([1.0] * 256)
    assert "prefers-color-scheme: dark" in text
    assert "<script" not in text
    assert "href" not in text


def test_plot_shows_shares_too() -> None:
    assert "Share of pixels" in plot_histogram([1 / 256] * 256)


@pytest.mark.parametrize("bins", [[], [1] * 255, [-1] * 256, [float("nan")] * 256])
def test_plot_refuses_what_is_no_histogram(bins: list[float]) -> None:
    with pytest.raises(ValueError, match="256"):
        plot_histogram(bins)


@settings(max_examples=25)
@given(
    st.lists(st.integers(0, 2**32), min_size=256, max_size=256),
    st.text(max_size=200),
)
def test_plot_is_well_formed_whatever_it_shows(bins: list[int], title: str) -> None:
    root = ET.fromstring(plot_histogram(bins, title))  # noqa: S314
    assert root.tag == f"{SVG}svg"
