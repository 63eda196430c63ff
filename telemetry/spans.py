"""Spans of traces, and the tracing that records none."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar

from telemetry.logs import request_id

Attributes = Mapping[str, str | int | float]

current_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The span of this task, as in the W3C header ``traceparent``."""


class Span:
    """One piece of work, not recorded."""

    def describe(self, name: str, attributes: Attributes, *, failed: bool = False) -> None:
        """Set what is only known at the end of the span; `name` replaces its name."""


class Tracing:
    """Records nothing."""

    def span(
        self,
        name: str,
        attributes: Attributes | None = None,
        *,
        parent: str | None = None,
        is_request: bool = False,
    ) -> AbstractContextManager[Span]:
        """Record a piece of work for as long as the context lasts.

        Args:
            name: Kind of work; one of few.
            attributes: More about it.
            parent: A ``traceparent`` of another process; None: the current span, if any.
            is_request: Whether the span is the response to a request.
        """
        return _NOTHING

    def record(self, name: str, began_at: float, seconds: float) -> None:
        """Record a part of the current span, measured elsewhere; it began at seconds since 1970."""

    def close(self) -> None:
        """Send the remaining spans, for at most a few seconds."""


_NOTHING = nullcontext(Span())


def origin() -> dict[str, str]:
    """Return the request ID and the trace of this task, which its work carries along."""
    found = {"request_id": request_id(), "traceparent": current_traceparent.get()}
    return {name: value for name, value in found.items() if value is not None}
