"""Medians of histograms: the same as NumPy's, to the last bit, wherever the counts are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors.capacity import Unavailable
from domain.histograms.medians import find_median
from domain.images.values import BINS
from storage.histograms.spool import Counts, HistogramSpool, Pixels

IN_FILE, MIXED, IN_MEMORY = 0, 40_000, 10**9


def _random_histograms(images: int, levels: int = 1000, seed: int = 1) -> tuple[Counts, Pixels]:
    counts = np.random.default_rng(seed).integers(0, levels, (images, BINS), np.uint32)
    counts[:, 0] += 1  # An image has a pixel.
    return counts, counts.sum(axis=1, dtype=np.int64)


@pytest.mark.parametrize("memory_bytes", [IN_FILE, MIXED, IN_MEMORY])
@pytest.mark.parametrize("images", [1, 2, 3, 100, 101])
@pytest.mark.parametrize("levels", [2, 1000])
def test_medians_equal_those_of_numpy(images: int, levels: int, memory_bytes: int) -> None:
    counts, pixels = _random_histograms(images, levels)
    with HistogramSpool(memory_bytes) as spool:
        for start in range(0, images, 17):
            spool.add(counts[start : start + 17], pixels[start : start + 17])
        assert spool.images == images
        medians = spool.medians()
    assert (medians == np.median(counts / pixels[:, np.newaxis], axis=0)).all()


def test_largest_counts_are_exact() -> None:
    counts = np.zeros((3, BINS), np.uint32)
    counts[:, 0] = [2**32 - 1, 1, 2**31]
    counts[:, 255] = [2**32 - 1, 1, 3]
    pixels = counts.sum(axis=1, dtype=np.int64)
    with HistogramSpool(IN_FILE) as spool:
        spool.add(counts, pixels)
        medians = spool.medians()
    assert (medians == np.median(counts / pixels[:, np.newaxis], axis=0)).all()


def test_no_histogram_has_zeros() -> None:
    with HistogramSpool() as spool:
        spool.add(*_random_histograms(0))
        assert (spool.images, spool.medians().tolist()) == (0, [0.0] * BINS)


@pytest.mark.parametrize("images", [1, 5])
def test_keeps_what_was_added_when_the_caller_changes_it(images: int) -> None:
    counts, pixels = _random_histograms(images)
    wanted = np.median(counts / pixels[:, np.newaxis], axis=0)
    with HistogramSpool() as spool:
        spool.add(counts, pixels)
        counts[:], pixels[:] = 0, 1
        assert (spool.medians() == wanted).all()


def test_says_when_the_disk_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    full = open("/dev/full", "wb", buffering=0)  # noqa: SIM115, PTH123 -- closed by the spool
    monkeypatch.setattr("tempfile.TemporaryFile", lambda **_: full)
    with HistogramSpool(IN_FILE) as spool, pytest.raises(Unavailable):
        spool.add(*_random_histograms(5))
    assert full.closed


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_median_of_any_values(values: list[float]) -> None:
    assert find_median(np.array(values)) == np.median(values)
