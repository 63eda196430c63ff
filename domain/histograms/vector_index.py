"""The port through which vectors are searched: what a library for that has to do."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt

Slots = npt.NDArray[np.int64]
"""Where vectors are kept: numbers from 0 on, without holes but for what was removed."""
Vectors = npt.NDArray[np.float32]
"""Shape (n, dimensions)."""


class VectorIndex(Protocol):
    """Vectors in slots, searched by their Euclidean distance."""

    is_exact: bool
    """Whether searches miss nothing, and the vectors come back as they were put in."""

    def put(self, slots: Slots, vectors: Vectors) -> None:
        """Keep vectors, in new slots or in place of others.

        Args:
            slots: Shape (n,), all different. New ones follow the highest that there was.
            vectors: Shape (n, dimensions).
        """
        ...

    def remove(self, slots: Slots) -> None:
        """Forget what slots hold. They may be used again."""
        ...

    def find_nearest(self, vector: Vectors, count: int, without: Slots) -> Slots:
        """Find what can be among the nearest.

        Args:
            vector: Shape (dimensions,).
            count: How many are wanted, 1 or more.
            without: Slots that are not to be found.

        Returns:
            Slots in no order, more than asked for, fewer where there are no more. An exact index
            leaves out nothing that may be among the nearest by the vectors as they were before
            they were rounded to float32, those at equal distances included.
        """
        ...

    def parts(self) -> Iterator[tuple[Slots, Vectors]]:
        """Give all vectors with their slots, some thousand at a time."""
        ...
