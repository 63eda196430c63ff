"""Durations of the steps of one image, measured in the child process."""

import time

import msgspec


class Step(msgspec.Struct, array_like=True, frozen=True):
    """One step: an operation, or ``decode``. It began at seconds since 1970."""

    name: str
    began_at: float
    seconds: float


class StepTimes:
    """Measures the steps of one image."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._began_at = time.time()
        self._began = self._last = time.perf_counter()

    def took(self, name: str) -> None:
        """Record a step that ends now and began at the end of the previous one."""
        now = time.perf_counter()
        began_at = self._began_at + self._last - self._began
        self.steps.append(Step(name, began_at, now - self._last))
        self._last = now
