"""Keeps those that are nearest, out of any number, in an order that always is the same."""

import heapq
from collections.abc import Sequence

import msgspec
import numpy as np

from domain.histograms.similarity import Floats


class Neighbour(msgspec.Struct, frozen=True, order=True):
    """Somebody or something that is near.

    Attributes:
        distance: How far it is; less is more alike.
        id: Of a user or of an image. Of equal distances the first in this order comes first.
    """

    distance: float
    id: str


class Nearest:
    """The nearest so far.

    Args:
        count: How many are kept.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: list[Neighbour] = []

    def add(self, ids: Sequence[str], distances: Floats) -> None:
        """Look at some more.

        Args:
            ids: Who or what they are.
            distances: How far each is, shape (n,).
        """
        farthest = self._kept[-1].distance if len(self._kept) == self._count else np.inf
        near = np.flatnonzero(distances <= farthest)
        found = [Neighbour(float(distances[number]), ids[number]) for number in near.tolist()]
        self._kept = heapq.nsmallest(self._count, self._kept + found)

    def list(self) -> list[Neighbour]:
        """Give those that were kept, nearest first."""
        return self._kept


class SimilarImage(msgspec.Struct, frozen=True):
    """An image that is similar to another.

    Attributes:
        image_id: The image.
        user_id: Its owner.
        distance: Distance of the two histograms.
    """

    image_id: str
    user_id: str
    distance: float
