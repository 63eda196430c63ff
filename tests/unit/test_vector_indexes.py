"""The vector indexes: what is near is found, what has gone is not."""

import numpy as np
import pytest

from domain.histograms.similarity import Floats, Metric, distances
from domain.histograms.vector_index import Slots, VectorIndex, Vectors
from storage.histograms.vector_index import ApproximateIndex, ExactIndex
from tests.plain_similarity import draw_counts

NONE = np.empty(0, np.int64)


def _shares(count: int) -> Floats:
    counts = draw_counts(count)
    counts[50:150] = counts[40]  # As many at the same distance as do not fit.
    shares: Floats = counts / counts.sum(axis=1, keepdims=True)
    return shares


def _vectors(shares: Floats) -> Vectors:
    return np.sqrt(shares).astype(np.float32)


def _expect(shares: Floats, asked: int, count: int, without: Slots) -> set[int]:
    """Give all that are as near as the last one wanted, or nearer."""
    apart = distances(Metric.HELLINGER, shares[asked], shares)
    apart[without] = np.inf
    last = np.sort(apart[np.isfinite(apart)])[:count]
    return set(np.flatnonzero(apart <= last[-1]).tolist()) if len(last) else set()


def _held(index: VectorIndex) -> dict[int, Vectors]:
    parts = list(index.parts())
    return {
        slot: vector
        for slots, vectors in parts
        for slot, vector in zip(slots.tolist(), vectors, strict=True)
    }


@pytest.fixture(params=[ExactIndex, ApproximateIndex])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    if request.param is ExactIndex:
        return ExactIndex(256)
    return ApproximateIndex(_vectors(_shares(2_000)), 2_000)


@pytest.mark.parametrize("count", [1, 10, 100, 5_000])
def test_exact_index_leaves_out_nothing_near(count: int) -> None:
    shares = _shares(2_000)
    index = ExactIndex(256)
    index.put(np.arange(2_000)[::-1].copy(), _vectors(shares)[::-1].copy())
    for asked in (40, 60, 1_999):
        vector = _vectors(shares)[asked]
        for without in (NONE, np.array([asked]), np.arange(40, 100), np.arange(1_995)):
            found = set(index.find_nearest(vector, count, without).tolist())
            assert _expect(shares, asked, count, without) <= found
            assert not found & set(without.tolist())


def test_nothing_is_found_where_nothing_is() -> None:
    vector = _vectors(_shares(200))[0]
    index = ExactIndex(256)
    assert index.find_nearest(vector, 5, NONE).tolist() == []
    assert _held(index) == {}
    index.put(np.array([0]), vector[None])
    assert index.find_nearest(vector, 5, NONE).tolist() == [0]
    index.remove(np.array([0]))
    assert index.find_nearest(vector, 5, NONE).tolist() == []
    assert _held(index) == {}


def test_vectors_come_go_and_change(index: VectorIndex) -> None:
    vectors = _vectors(_shares(1_000))
    chance = np.random.default_rng(8)
    expected: dict[int, int] = {}
    for turn in range(20):
        size = max([*expected, -1]) + 1
        slots = np.unique(np.append(chance.integers(0, size + 1, 20), np.arange(size, size + 9)))
        places = chance.integers(0, 1_000, len(slots))
        index.put(slots, vectors[places])
        expected |= dict(zip(slots.tolist(), places.tolist(), strict=True))
        highest = max(expected)
        gone = chance.choice(
            [slot for slot in expected if slot != highest], turn % 7, replace=False
        )
        index.remove(gone.astype(np.int64))
        for slot in gone.tolist():
            del expected[slot]
        held = _held(index)
        assert held.keys() == expected.keys()
        for slot, place in expected.items():
            assert np.abs(held[slot] - vectors[place]).max() <= (0 if index.is_exact else 0.001)
        found = set(index.find_nearest(vectors[places[0]], 10, NONE).tolist())
        assert found <= expected.keys()
        assert slots[0] in found or slots[0] in gone


def test_approximate_index_finds_most() -> None:
    shares = _shares(4_000)
    vectors = _vectors(shares)
    index = ApproximateIndex(vectors, 4_000)
    index.put(np.arange(4_000), vectors)
    hits = 0
    for asked in range(200, 4_000, 100):
        found = index.find_nearest(vectors[asked], 10, np.array([asked]))
        assert len(found) >= 10
        hits += len(_expect(shares, asked, 10, np.array([asked])) & set(found.tolist()))
    print(f"recall: {hits / 380:.3f}")
