"""Vectors in memory, searched by FAISS: all of them, or those that are likely to be near."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import faiss
import numpy as np

from domain.histograms.vector_index import Slots, Vectors

ParametersT = TypeVar("ParametersT", bound=faiss.SearchParameters)

SPARE = 32
"""Vectors looked at beyond those wanted: mostly enough to see that no other comes close."""
PART = 4_096
# Distances of float32 vectors of length 1: each value is rounded, and so is each step of the sum.
ROUNDING = 1e-6
SUM_ERROR = 1e-5

LIKELY = 4
"""How many times as many as wanted an index that rounds more has to find."""
LEAST_LIKELY = 64
PROBED = 32
"""Lists looked into."""
TRAINED_ON = 40
"""Vectors for each list that the lists are chosen by."""
_ROUNDS = 10


class ExactIndex:
    """Looks at every vector.

    Args:
        dimensions: Of each vector, whose length is 1 at most.
    """

    is_exact = True

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._index = faiss.IndexFlatL2(dimensions)
        self._used = np.zeros(0, np.bool_)

    def put(self, slots: Slots, vectors: Vectors) -> None:
        """Keep vectors, in new slots or in place of others."""
        order = np.argsort(slots)
        slots, vectors = slots[order], vectors[order]
        is_new = slots >= self._index.ntotal
        if is_new.any():
            self._index.add(np.ascontiguousarray(vectors[is_new], np.float32))
            self._used = np.append(self._used, np.ones(int(is_new.sum()), np.bool_))
        self._rows()[slots[~is_new]] = vectors[~is_new]
        self._used[slots] = True

    def remove(self, slots: Slots) -> None:
        """Forget what slots hold."""
        self._rows()[slots] = np.inf  # Farther away than anything.
        self._used[slots] = False

    def find_nearest(self, vector: Vectors, count: int, without: Slots) -> Slots:
        """Find all that can be among the nearest."""
        wanted = count + SPARE
        with _leaving_out(faiss.SearchParameters(), without) as parameters:
            squares, found = self._index.search(vector[None], wanted, params=parameters)
            squares, found = squares[0], found[0]
            if found[-1] < 0:
                return np.asarray(found[found >= 0], np.int64)
            limit = _widen(squares[count - 1])
            if squares[-1] > limit:
                return np.asarray(found[squares <= limit], np.int64)
            # So many are as near as the last one that all of them have to be looked at.
            _, _, near = self._index.range_search(vector[None], limit, params=parameters)
        return np.asarray(near, np.int64)

    def parts(self) -> Iterator[tuple[Slots, Vectors]]:
        """Give all vectors with their slots."""
        rows = self._rows()
        for start in range(0, len(rows), PART):
            slots = start + np.flatnonzero(self._used[start : start + PART])
            yield slots, rows[slots]

    def _rows(self) -> Vectors:
        """Look at the vectors where they are."""
        total = self._index.ntotal
        if not total:
            return np.empty((0, self._dimensions), np.float32)
        flat = faiss.rev_swig_ptr(self._index.get_xb(), total * self._dimensions)
        return np.asarray(flat).reshape(total, self._dimensions)


class ApproximateIndex:
    """Looks at the vectors of those lists that are nearest, each value rounded to two bytes.

    Args:
        sample: Vectors that are like those to come, some thousand, shape (n, dimensions).
        expected: How many vectors are to come.
    """

    is_exact = False

    def __init__(self, sample: Vectors, expected: int) -> None:
        dimensions = sample.shape[1]
        self._coarse = faiss.IndexFlatL2(dimensions)
        self._index = faiss.IndexIVFScalarQuantizer(
            self._coarse,
            dimensions,
            count_lists(expected),
            faiss.ScalarQuantizer.QT_fp16,
            faiss.METRIC_L2,
            False,
        )
        self._index.cp.niter = _ROUNDS
        self._index.cp.min_points_per_centroid = 1
        self._index.train(sample)
        self._index.nprobe = PROBED
        self._index.set_direct_map_type(faiss.DirectMap.Hashtable)  # type: ignore[attr-defined]
        self._slots: set[int] = set()

    def put(self, slots: Slots, vectors: Vectors) -> None:
        """Keep vectors, in new slots or in place of others."""
        known = self._slots.intersection(slots.tolist())
        self.remove(np.array(sorted(known), np.int64))
        self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), slots)
        self._slots.update(slots.tolist())

    def remove(self, slots: Slots) -> None:
        """Forget what slots hold."""
        if len(slots):
            self._index.remove_ids(faiss.IDSelectorArray(slots))
            self._slots.difference_update(slots.tolist())

    def find_nearest(self, vector: Vectors, count: int, without: Slots) -> Slots:
        """Find what is likely to be among the nearest."""
        parameters = faiss.SearchParametersIVF()
        parameters.nprobe = PROBED
        wanted = LIKELY * count + LEAST_LIKELY
        with _leaving_out(parameters, without):
            _, found = self._index.search(vector[None], wanted, params=parameters)
        return np.asarray(found[0][found[0] >= 0], np.int64)

    def parts(self) -> Iterator[tuple[Slots, Vectors]]:
        """Give all vectors with their slots, rounded as they are."""
        lists = self._index.invlists
        if lists is None:
            return
        for number in range(self._index.nlist):
            size = lists.list_size(number)
            if size:
                slots = faiss.rev_swig_ptr(lists.get_ids(number), size).copy()
                codes = faiss.rev_swig_ptr(lists.get_codes(number), size * self._index.code_size)
                yield slots, self._index.sq.decode(codes.reshape(size, -1).copy())


def count_lists(expected: int) -> int:
    """Choose how many lists so many vectors are cut into: a power of two near the square root."""
    return int(2 ** round(math.log2(max(expected, 1)) / 2))


@contextmanager
def _leaving_out(parameters: ParametersT, without: Slots) -> Iterator[ParametersT]:
    """Have a search leave out slots; FAISS does not keep alive what it is told that in."""
    batch = faiss.IDSelectorBatch(without)
    others = faiss.IDSelectorNot(batch)
    parameters.sel = others if len(without) else None
    yield parameters


def _widen(square: float) -> float:
    """Give the squared distance within which all lie that may be as near as this one."""
    return float((math.sqrt(square) * (1 + SUM_ERROR) + ROUNDING) ** 2)
