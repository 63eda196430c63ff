"""What is seen of the work from outside: log lines, metrics and traces, from one place."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from structlog.contextvars import bound_contextvars

from domain.claims import ClaimedImage
from domain.images.pipeline import DECODE
from tasks.images.image_batch import Outcome
from tasks.images.metrics import WorkerMetrics
from telemetry.spans import Attributes, Tracing

# Where an operation found everything decoded, there is no decoding to show.
SHORTEST_DECODE_SECONDS = 1e-4


class WorkTelemetry:
    """Watches the work on chunks.

    Args:
        metrics: Count it.
        tracing: Records it.
    """

    def __init__(self, metrics: WorkerMetrics, tracing: Tracing) -> None:
        self.metrics = metrics
        self.tracing = tracing

    @contextmanager
    def working(self, images: Sequence[ClaimedImage]) -> Iterator[None]:
        """Watch the work on claimed images, for as long as the context lasts.

        Args:
            images: Of one chunk, so that one request brought them.
        """
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
            self.tracing.span("process chunk", seen, parent=first.traceparent),
        ):
            yield

    def ran(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of what a child did."""
        self.metrics.ran(outcomes)
        for outcome in outcomes:
            for step in outcome.steps:
                if step.name != DECODE or step.seconds >= SHORTEST_DECODE_SECONDS:
                    self.tracing.record(step.name, step.began_at, step.seconds)
