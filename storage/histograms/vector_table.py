"""Vectors in memory, and an exact search for the nearest by one matrix product."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Slots = npt.NDArray[np.int64]
"""Numbers of rows, from 0."""
Vectors = npt.NDArray[np.float32]
"""Shape (n, dimensions)."""
Floats = npt.NDArray[np.float64]

BLOCK = 16_384
"""Rows allocated at once: a growing table copies nothing."""
PART = 4_096
# Of a float32 product of two vectors of length 1: each of its terms is rounded by so much at most.
# Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, section 3.1.
TERM_ERROR = 2.0**-24
# Distances of vectors of length 1 whose values were rounded to float32.
ROUNDING = 1e-6


class VectorTable:
    """Vectors in numbered slots, searched by Euclidean distance.

    Vectors have a norm of 1 at most.
    """

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        self._blocks: list[Vectors] = []
        self._used = np.zeros(0, np.bool_)
        self._squares: Floats = np.zeros(0)

    def put(self, slots: Slots, vectors: Vectors) -> None:
        """Store vectors, in new slots or in place of others; each slot only once."""
        while slots.max() >= len(self._used):
            self._blocks.append(np.zeros((BLOCK, self._dimensions), np.float32))
            self._used = np.append(self._used, np.zeros(BLOCK, np.bool_))
            self._squares = np.append(self._squares, np.zeros(BLOCK))
        for number in np.unique(slots // BLOCK).tolist():
            there = slots // BLOCK == number
            self._blocks[number][slots[there] % BLOCK] = vectors[there]
        self._squares[slots] = np.square(vectors, dtype=np.float64).sum(axis=1)
        self._used[slots] = True

    def remove(self, slots: Slots) -> None:
        """Empty slots, which may be used again."""
        self._used[slots] = False

    def find_nearest(self, vector: Vectors, count: int, without: Slots) -> Slots:
        """Find the slots, but some, whose vectors can be among the nearest, in ascending order.

        They have all that may be among the nearest by the vectors as they were before they were
        rounded to float32, ties included.
        """
        stay = self._used.copy()
        stay[without] = False
        slots: Slots = np.flatnonzero(stay)
        if len(slots) <= count:
            return slots
        used = int(slots[-1]) + 1
        products = [
            block[: used - start] @ vector
            for start, block in zip(range(0, used, BLOCK), self._blocks, strict=False)
        ]
        # |v|² + |q|² - 2 v·q, without |q|², which is the same for all.
        squares = self._squares[slots] - 2.0 * np.concatenate(products)[slots]
        slots = _within(slots, squares, count, 4 * self._dimensions * TERM_ERROR)
        return _within(slots, self._distances(slots, vector), count, ROUNDING)

    def read(self, slots: Slots) -> Floats:
        """Return the vectors of some slots, shape (n, dimensions)."""
        rows = np.empty((len(slots), self._dimensions))
        for number in np.unique(slots // BLOCK).tolist():
            there = slots // BLOCK == number
            rows[there] = self._blocks[number][slots[there] % BLOCK]
        return rows

    def parts(self) -> Iterator[tuple[Slots, Vectors]]:
        """Yield all vectors with their slots, up to :data:`PART` at a time."""
        for number, block in enumerate(self._blocks):
            first = number * BLOCK
            for start in range(0, BLOCK, PART):
                rows = start + np.flatnonzero(self._used[first + start : first + start + PART])
                if len(rows):
                    yield first + rows, block[rows]

    def _distances(self, slots: Slots, vector: Vectors) -> Floats:
        """Return distances in float64, which have no error of their own."""
        found = [np.zeros(0)]
        for start in range(0, len(slots), PART):
            rows = self.read(slots[start : start + PART])
            rows -= vector
            found.append(np.sqrt(np.square(rows).sum(axis=1)))
        return np.concatenate(found)


def _within(slots: Slots, values: Floats, count: int, tolerance: float) -> Slots:
    """Keep the slots with the smallest values, and those larger by a tolerance at most."""
    limit = np.partition(values, count - 1)[count - 1] + tolerance
    kept: Slots = slots[values <= limit]
    return kept
