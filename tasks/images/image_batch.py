"""The work of a child process: all operations on a few images. Imports only what it needs."""

import time
from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.errors.base import ServiceError
from domain.errors.files import DecodeTimedOut
from domain.images.formats import ImageFormat
from domain.images.pipeline import process_image
from domain.images.values import ProcessedImage
from domain.limits import ImageLimits
from domain.records import ItemError

# A child that crashes loses what it has not returned. At most this much work is repeated.
HAND_OVER_SECONDS = 1.0


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


class BatchItem(msgspec.Struct, frozen=True):
    """One blob to process."""

    sha256: str
    data: bytes
    format: ImageFormat
    operations: tuple[str, ...]


class Crash(msgspec.Struct, frozen=True):
    """A failed try: its time, UTC, and the code of the error."""

    at: datetime
    reason: str


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of a blob: exactly one of ``processed`` and ``error`` is set.

    Attributes:
        crashes: Failed tries before, oldest first; set by the parent.
        steps: Durations of the steps.
        seconds: Time that it took, as its parent measured it.
    """

    sha256: str
    processed: ProcessedImage | None = None
    error: ItemError | None = None
    crashes: tuple[Crash, ...] = ()
    steps: tuple[Step, ...] = ()
    seconds: float = 0.0


def process_batch(items: Sequence[BatchItem], limits: ImageLimits) -> list[Outcome]:
    """Process images one after another; one that fails does not stop the next.

    Returns:
        An outcome for each of the first items, in order: for one at least, and for all unless
        they take longer than :data:`HAND_OVER_SECONDS`.
    """
    hand_over_at = time.monotonic() + HAND_OVER_SECONDS
    outcomes: list[Outcome] = []
    for item in items:
        outcomes.append(_process(item, limits))
        if time.monotonic() > hand_over_at:
            break
    return outcomes


def _process(item: BatchItem, limits: ImageLimits) -> Outcome:
    times = StepTimes()
    deadline = time.monotonic() + limits.max_seconds

    def check_time() -> None:
        if time.monotonic() > deadline:
            raise DecodeTimedOut(f"The limit is {limits.max_seconds:g} seconds.")

    try:
        processed = process_image(
            item.data, item.format, item.operations, limits, check_time, times.took
        )
    except ServiceError as error:
        failed = ItemError(error.code, error.detail)
        return Outcome(item.sha256, error=failed, steps=tuple(times.steps))
    return Outcome(item.sha256, processed=processed, steps=tuple(times.steps))
