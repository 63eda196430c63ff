"""How long each step of the work on an image took, measured in the child that did it."""

import time

import msgspec


class Step(msgspec.Struct, array_like=True, frozen=True):
    """One step.

    Attributes:
        name: An operation, or ``decode``.
        began_at: Seconds since 1970.
        seconds: How long it took.
    """

    name: str
    began_at: float
    seconds: float


class StepTimes:
    """Takes the time between two steps. For one image."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._began_at = time.time()
        self._began = self._last = time.perf_counter()

    def took(self, name: str) -> None:
        """Say that a step ended now; it began when the one before it ended."""
        now = time.perf_counter()
        began_at = self._began_at + self._last - self._began
        self.steps.append(Step(name, began_at, now - self._last))
        self._last = now
