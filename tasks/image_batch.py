"""What a child process does: all operations on a few images, importing no more than it needs."""

import time
from collections.abc import Callable, Sequence

import msgspec

from domain.errors import DecodeTimedOut, ServiceError
from domain.images.formats import ImageFormat
from domain.images.pipeline import process_image
from domain.images.values import ProcessedImage
from domain.limits import ImageLimits
from domain.records import ItemError


class BatchItem(msgspec.Struct, frozen=True):
    """One blob to work on.

    Attributes:
        sha256: The blob.
        data: Its bytes.
        format: Sniffed when it was uploaded.
        operations: What to do.
    """

    sha256: str
    data: bytes
    format: ImageFormat
    operations: tuple[str, ...]


class Outcome(msgspec.Struct, frozen=True):
    """How a blob fared: exactly one of ``processed`` and ``error`` is set."""

    sha256: str
    processed: ProcessedImage | None = None
    error: ItemError | None = None


def process_batch(items: Sequence[BatchItem], limits: ImageLimits) -> list[Outcome]:
    """Work on images one after the other; one that fails does not stop the next.

    Args:
        items: The images.
        limits: What each may cost.

    Returns:
        An outcome for each item, in order.
    """
    return [_process(item, limits) for item in items]


def _process(item: BatchItem, limits: ImageLimits) -> Outcome:
    try:
        processed = process_image(
            item.data, item.format, item.operations, limits, _time_check(limits.max_seconds)
        )
    except ServiceError as error:
        return Outcome(item.sha256, error=ItemError(error.code, error.detail))
    return Outcome(item.sha256, processed=processed)


def _time_check(seconds: float) -> Callable[[], None]:
    deadline = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > deadline:
            raise DecodeTimedOut(f"The limit is {seconds:g} seconds.")

    return check
