"""Signatures: whole numbers, so that nothing is lost and nothing is left."""

import struct

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from domain.histograms.signatures import UNIT, count_units, mean_shares, read_counts
from domain.images.values import BINS

MANY_PIXELS = 2**32 - 1


def draw(seed: int, images: int) -> npt.NDArray[np.uint32]:
    chance = np.random.default_rng(seed)
    counts = chance.integers(0, 1_000, (images, BINS)) * (chance.random((images, BINS)) < 0.5)
    counts[:, 7] += 1
    return counts.astype(np.uint32)


def test_units_are_rounded_shares() -> None:
    counts = draw(1, 5)
    pixels = counts.sum(axis=1)
    units = count_units(counts, pixels.tolist())
    for image, row in enumerate(units.tolist()):
        total = int(pixels[image])
        assert row == [round(int(count) / total * 2**40) for count in counts[image]]


def test_units_of_the_largest_picture_are_exact() -> None:
    counts = np.zeros((1, BINS), np.uint32)
    counts[0, 3] = MANY_PIXELS
    assert count_units(counts, [MANY_PIXELS])[0, 3] == UNIT


@given(st.integers(0, 2**32), st.integers(1, 30))
def test_order_does_not_matter_and_what_was_added_can_be_taken_back(seed: int, images: int) -> None:
    counts = draw(seed, images)
    units = count_units(counts, counts.sum(axis=1).tolist())
    order = np.random.default_rng(seed).permutation(images)
    assert np.array_equal(units.sum(axis=0), units[order].sum(axis=0))
    left = units.sum(axis=0) - units[order[1:]].sum(axis=0)
    assert np.array_equal(left, units[order[0]])


def test_mean_is_that_of_the_shares() -> None:
    counts = draw(2, 40)
    pixels = counts.sum(axis=1)
    sums = count_units(counts, pixels.tolist()).sum(axis=0)
    shares = (counts / pixels[:, np.newaxis]).mean(axis=0)
    np.testing.assert_allclose(mean_shares(sums, 40), shares, rtol=0, atol=1 / UNIT)
    both = mean_shares(np.stack([sums, 2 * sums]), np.array([[40], [80]]))
    assert np.array_equal(both[0], both[1])


def test_packed_histograms_are_read() -> None:
    rows = [[number] * BINS for number in (0, 1, 2**32 - 1)]
    assert read_counts([struct.pack(f"<{BINS}I", *row) for row in rows]).tolist() == rows
    assert read_counts([]).shape == (0, BINS)
