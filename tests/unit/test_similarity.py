"""Distances between histograms, beside plain NumPy."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.histograms.nearest import Nearest, Neighbour
from domain.histograms.similarity import Floats, Metric, distances, rounding_bounds
from tests.plain_similarity import PLAIN, draw_counts

HIGHEST = {Metric.EMD: 255.0, Metric.CORRELATION: 2.0}
PAIRS_OF_BINS = st.lists(st.integers(0, 2**32 - 1), min_size=512, max_size=512)


def _shares(count: int, seed: int = 1) -> Floats:
    counts = draw_counts(count, seed)
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _one_level(level: int) -> Floats:
    one: Floats = np.eye(256)[level]
    return one


@pytest.mark.parametrize("metric", Metric)
def test_distances_are_those_of_plain_numpy(metric: Metric) -> None:
    shares = _shares(500)
    found = distances(metric, shares[0], shares)
    assert np.allclose(found, PLAIN[metric](shares[0], shares), rtol=1e-12, atol=1e-9)
    assert found[0] == 0


def test_correlation_is_that_of_opencv() -> None:
    shares = _shares(50).astype(np.float32)
    similar = [cv2.compareHist(shares[0], other, cv2.HISTCMP_CORREL) for other in shares]
    found = distances(Metric.CORRELATION, shares[0].astype(float), shares.astype(float))
    assert np.allclose(found, 1 - np.array(similar), atol=1e-6)


@pytest.mark.parametrize("metric", Metric)
def test_equal_histograms_are_equally_far_wherever_they_stand(metric: Metric) -> None:
    shares = _shares(400)
    shares[[3, 17, 255, 256, 399]] = shares[3]
    at_once = distances(metric, shares[0], shares)
    alone = distances(metric, shares[0], shares[3:4])
    turned = distances(metric, shares[0], np.asfortranarray(shares))
    assert len({*at_once[[3, 17, 255, 256, 399]], *alone, turned[3]}) == 1


@pytest.mark.slow
@pytest.mark.parametrize("metric", Metric)
@settings(max_examples=25, deadline=None)
@given(bins=PAIRS_OF_BINS)
def test_distances_are_symmetric_bounded_and_finite(metric: Metric, bins: list[int]) -> None:
    counts = np.array(bins, np.float64).reshape(2, 256)
    counts[:, 0] += counts.sum(axis=1) == 0
    one, other = counts / counts.sum(axis=1, keepdims=True)
    there, back = distances(metric, one, other[None])[0], distances(metric, other, one[None])[0]
    assert np.isclose(there, back, rtol=1e-9, atol=1e-12)
    assert 0 <= there <= HIGHEST.get(metric, 1.0) + 1e-9
    assert distances(metric, one, one[None])[0] == 0


def test_black_and_white_are_as_far_as_can_be() -> None:
    black, white = _one_level(0), _one_level(255)
    far = {metric: distances(metric, black, white[None])[0] for metric in Metric}
    assert far[Metric.HELLINGER] == far[Metric.CHI2] == far[Metric.INTERSECTION] == 1
    assert far[Metric.EMD] == 255
    assert distances(Metric.EMD, black, _one_level(7)[None])[0] == 7


def test_flat_histogram_is_like_no_other() -> None:
    flat = np.full(256, 1 / 256)
    others = np.array([flat, _one_level(3), _shares(1)[0]])
    assert distances(Metric.CORRELATION, flat, others).tolist() == [0, 1, 1]
    assert distances(Metric.CORRELATION, others[1], others).tolist()[:2] == [1, 0]


@pytest.mark.parametrize("metric", [metric for metric in Metric if metric != "hellinger"])
def test_rounding_stays_within_bounds(metric: Metric) -> None:
    shares = np.concatenate([_shares(300), [_one_level(9)], np.full((1, 256), 1 / 256)])
    chance = np.random.default_rng(3)
    rounded = shares * (1 + 1e-6 * chance.uniform(-1, 1, shares.shape))
    off = np.abs(distances(metric, shares[0], shares) - distances(metric, shares[0], rounded))
    assert (off <= rounding_bounds(metric, rounded, 1e-6)).all()


def test_square_roots_have_no_such_bound() -> None:
    with pytest.raises(ValueError, match="Hellinger"):
        rounding_bounds(Metric.HELLINGER, _shares(1), 1e-6)


@given(
    apart=st.lists(st.integers(0, 5), max_size=60),
    count=st.integers(1, 30),
    part=st.integers(1, 20),
)
def test_nearest_are_kept_in_one_order(apart: list[int], count: int, part: int) -> None:
    ids = [f"u{(7 * number) % 61:02}" for number in range(len(apart))]
    nearest = Nearest(count)
    for start in range(0, len(apart), part):
        some = slice(start, start + part)
        nearest.add(ids[some], np.array(apart[some], np.float64))
    pairs = sorted(zip(apart, ids, strict=True))[:count]
    assert nearest.list() == [Neighbour(float(distance), who) for distance, who in pairs]
