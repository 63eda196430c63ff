"""The work of a child process: all operations on a few images. Imports only what it needs."""

import time
from collections.abc import Sequence
from datetime import datetime

import msgspec

from domain.errors.base import ServiceError
from domain.errors.files import DecodeTimedOut
from domain.images.formats import ImageFormat
from domain.images.pipeline import process_image
from domain.images.process_on_two import process_on_two
from domain.images.render_sizes import render_sizes
from domain.images.sizes import MadeSize
from domain.images.values import ProcessedImage
from domain.limits import ImageLimits
from domain.records import ItemError

# A child that crashes loses what it has not returned. At most this much work is repeated.
HAND_OVER_SECONDS = 1.0


class Step(msgspec.Struct, array_like=True, frozen=True):
    """One step: an operation, or ``decode``.

    Attributes:
        began_at: In seconds since 1970.
        seconds: How long it took, or would have taken on one processor.
    """

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
    """One blob to process.

    Attributes:
        sizes: Names of the sizes to make; see :mod:`domain.images.sizes`.
    """

    sha256: str
    data: bytes
    format: ImageFormat
    operations: tuple[str, ...]
    sizes: tuple[str, ...] = ()


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
        sizes: The sizes that were made.
    """

    sha256: str
    processed: ProcessedImage | None = None
    error: ItemError | None = None
    crashes: tuple[Crash, ...] = ()
    steps: tuple[Step, ...] = ()
    seconds: float = 0.0
    sizes: tuple[MadeSize, ...] = ()


def process_batch(
    items: Sequence[BatchItem], limits: ImageLimits, on_two: bool = False
) -> list[Outcome]:
    """Process images one after another; one that fails does not stop the next.

    Args:
        items: The images.
        limits: Of each of them.
        on_two: Whether to use two processors, since no other image needs one.

    Returns:
        An outcome for each of the first items, in order: for one at least, and for all unless
        they take longer than :data:`HAND_OVER_SECONDS`.
    """
    hand_over_at = time.monotonic() + HAND_OVER_SECONDS
    outcomes: list[Outcome] = []
    for item in items:
        outcomes.append(_process(item, limits, on_two=on_two))
        if time.monotonic() > hand_over_at:
            break
    return outcomes


def _process(item: BatchItem, limits: ImageLimits, *, on_two: bool) -> Outcome:
    times, beside, before = StepTimes(), StepTimes(), time.process_time()
    deadline = time.monotonic() + limits.max_seconds

    def check_time() -> None:
        if time.monotonic() > deadline:
            raise DecodeTimedOut(f"The limit is {limits.max_seconds:g} seconds.")

    picture = item.data, item.format, item.operations, limits, check_time
    processed, error, sizes = None, None, tuple[MadeSize, ...]()
    try:
        if on_two and item.operations:
            processed = process_on_two(*picture, (times.took, beside.took))
        else:
            processed = process_image(*picture, times.took)
        if item.sizes:
            check_time()
            sizes = render_sizes(item.data, item.format, item.sizes, limits)
    except ServiceError as failed:
        processed, error = None, ItemError(failed.code, failed.detail)
    steps = [*times.steps, *beside.steps]
    if on_two:
        steps = _on_one(steps, time.process_time() - before)
    return Outcome(item.sha256, processed=processed, error=error, steps=tuple(steps), sizes=sizes)


def _on_one(steps: Sequence[Step], processor_seconds: float) -> list[Step]:
    """Say how long steps would have taken on one processor."""
    factor = max(1.0, processor_seconds / max(1e-6, sum(step.seconds for step in steps)))
    return [msgspec.structs.replace(step, seconds=factor * step.seconds) for step in steps]
