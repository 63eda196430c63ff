"""How fast this worker goes: images a second, over the recent past."""

import math
import time

WINDOW_SECONDS = 30.0


class Pace:
    """An exponentially weighted rate.

    Time without work does not count against it: the rate says how fast work goes while there
    is some, which is what an estimate for a waiting job needs.
    """

    def __init__(self) -> None:
        self.images_per_second = 0.0
        self._last = time.monotonic()

    def begin(self) -> None:
        """Say that work begins after a time without any."""
        self._last = time.monotonic()

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
