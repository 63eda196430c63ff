"""Top-k nearest items; ties are ordered by ID."""

import heapq
from collections.abc import Sequence

import msgspec
import numpy as np

from domain.histograms.similarity import Floats


class Neighbour(msgspec.Struct, frozen=True, order=True):
    """The ID of a user or an image with its distance; a smaller one is more alike."""

    distance: float
    id: str


class Nearest:
    """The nearest ``count`` of the items added so far."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: list[Neighbour] = []

    def add(self, ids: Sequence[str], distances: Floats) -> None:
        """Add items by their IDs, with distances of shape (n,)."""
        farthest = self._kept[-1].distance if len(self._kept) == self._count else np.inf
        near = np.flatnonzero(distances <= farthest)
        found = [Neighbour(float(distances[number]), ids[number]) for number in near.tolist()]
        self._kept = heapq.nsmallest(self._count, self._kept + found)

    def list(self) -> list[Neighbour]:
        """Return the items, nearest first."""
        return self._kept


class SimilarImage(msgspec.Struct, frozen=True):
    """An image that is similar to another, its owner, and the distance of the two histograms."""

    image_id: str
    user_id: str
    distance: float
