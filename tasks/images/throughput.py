"""The throughput of a worker: images per second, over the recent past."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

WINDOW_SECONDS = 30.0


class Throughput:
    """An exponentially weighted rate of images per second of work.

    Time without work does not count, because estimates for waiting jobs need the rate at work.
    """

    def __init__(self) -> None:
        self.images_per_second = 0.0
        self._chunks = 0
        self._last = time.monotonic()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Measure time for as long as the context lasts."""
        if not self._chunks:
            self._last = time.monotonic()
        self._chunks += 1
        try:
            yield
        finally:
            self._chunks -= 1

    def count(self, images: int) -> None:
        """Count images that ended."""
        now = time.monotonic()
        elapsed = max(now - self._last, 1e-3)
        self._last = now
        rate = images / elapsed
        if not self.images_per_second:
            self.images_per_second = rate
            return
        weight = 1 - math.exp(-elapsed / WINDOW_SECONDS)
        self.images_per_second += weight * (rate - self.images_per_second)
