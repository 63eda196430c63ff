"""The vector table: every near vector is found, no removed one is."""

import numpy as np
import pytest

from domain.histograms.similarity import Floats, Metric, distances
from storage.histograms import vector_table
from storage.histograms.vector_table import Slots, Vectors, VectorTable
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
    """Return all that are as near as the last one wanted, or nearer."""
    apart = distances(Metric.HELLINGER, shares[asked], shares)
    apart[without] = np.inf
    last = np.sort(apart[np.isfinite(apart)])[:count]
    return set(np.flatnonzero(apart <= last[-1]).tolist()) if len(last) else set()


def _held(table: VectorTable) -> dict[int, Vectors]:
    parts = list(table.parts())
    return {
        slot: vector
        for slots, vectors in parts
        for slot, vector in zip(slots.tolist(), vectors, strict=True)
    }


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tables have several blocks."""
    monkeypatch.setattr(vector_table, "BLOCK", 600)
    monkeypatch.setattr(vector_table, "PART", 128)


@pytest.mark.parametrize("count", [1, 10, 100, 5_000])
def test_search_leaves_out_nothing_near(count: int) -> None:
    shares = _shares(2_000)
    table = VectorTable(256)
    table.put(np.arange(2_000)[::-1].copy(), _vectors(shares)[::-1].copy())
    for asked in (40, 60, 1_999):
        vector = _vectors(shares)[asked]
        for without in (NONE, np.array([asked]), np.arange(40, 100), np.arange(1_995)):
            found = set(table.find_nearest(vector, count, without).tolist())
            assert _expect(shares, asked, count, without) <= found
            assert not found & set(without.tolist())


def test_nothing_is_found_where_nothing_is() -> None:
    vector = _vectors(_shares(200))[0]
    table = VectorTable(256)
    assert table.find_nearest(vector, 5, NONE).tolist() == []
    assert _held(table) == {}
    table.put(np.array([0]), vector[None])
    assert table.find_nearest(vector, 5, NONE).tolist() == [0]
    table.remove(np.array([0]))
    assert table.find_nearest(vector, 5, NONE).tolist() == []
    assert _held(table) == {}


def test_vectors_come_go_and_change() -> None:
    table = VectorTable(256)
    vectors = _vectors(_shares(1_000))
    chance = np.random.default_rng(8)
    expected: dict[int, int] = {}
    for turn in range(20):
        size = max([*expected, -1]) + 1
        slots = np.unique(np.append(chance.integers(0, size + 1, 20), np.arange(size, size + 9)))
        places = chance.integers(0, 1_000, len(slots))
        table.put(slots, vectors[places])
        expected |= dict(zip(slots.tolist(), places.tolist(), strict=True))
        highest = max(expected)
        gone = chance.choice(
            [slot for slot in expected if slot != highest], turn % 7, replace=False
        )
        table.remove(gone.astype(np.int64))
        for slot in gone.tolist():
            del expected[slot]
        held = _held(table)
        assert held.keys() == expected.keys()
        for slot, place in expected.items():
            assert np.array_equal(held[slot], vectors[place])
        found = set(table.find_nearest(vectors[places[0]], 10, NONE).tolist())
        assert found <= expected.keys()
        assert slots[0] in found or slots[0] in gone


def test_search_narrows_down_what_the_product_cannot_tell_apart() -> None:
    chance = np.random.default_rng(3)
    vector = np.full(256, 1 / 16, np.float32)
    apart = np.linspace(1e-5, 2e-3, 1_500)
    aside = chance.standard_normal((1_500, 256))
    aside -= aside.mean(axis=1, keepdims=True)
    aside /= np.sqrt(np.square(aside).sum(axis=1, keepdims=True))
    near = (vector + apart[:, np.newaxis] * aside).astype(np.float32)
    near /= np.sqrt(np.square(near, dtype=np.float64).sum(axis=1, keepdims=True))
    table = VectorTable(256)
    table.put(np.arange(1_500), near)
    assert table.find_nearest(vector, 10, NONE).tolist() == list(range(10))
