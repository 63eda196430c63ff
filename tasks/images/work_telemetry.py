"""Log fields, metrics, traces and throughput of the work on images."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars

from domain.claims import ClaimedImage
from domain.images.pipeline import DECODE
from tasks.images.image_batch import Outcome
from tasks.images.metrics import WorkerMetrics
from telemetry.spans import Attributes, Tracing

# An operation that found everything decoded has no decoding to record.
SHORTEST_DECODE_SECONDS = 1e-4

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


class WorkTelemetry:
    """Records the work on chunks."""

    def __init__(self, metrics: WorkerMetrics, tracing: Tracing) -> None:
        self.metrics = metrics
        self.tracing = tracing
        self.throughput = Throughput()

    @contextmanager
    def working(self, images: Sequence[ClaimedImage]) -> Iterator[None]:
        """Record the work on claimed images of one chunk, and so of one request."""
        if not images:
            yield
            return
        first = images[0]
        named: dict[str, object] = {
            "job_id": first.job_id,
            "attempt": max(image.fence for image in images),
        }
        if first.request_id is not None:
            named["request_id"] = first.request_id
        seen: Attributes = {"minilab.job_id": first.job_id, "minilab.images": len(images)}
        with (
            bound_contextvars(**named),
            self.metrics.chunks.track_inprogress(),
            self.throughput.working(),
            self.tracing.span("process chunk", seen, parent=first.traceparent),
        ):
            yield

    def ran(self, outcomes: Sequence[Outcome]) -> None:
        """Record the outcomes of a child."""
        self.metrics.ran(outcomes)
        for outcome in outcomes:
            for step in outcome.steps:
                if step.name != DECODE or step.seconds >= SHORTEST_DECODE_SECONDS:
                    self.tracing.record(step.name, step.began_at, step.seconds)
