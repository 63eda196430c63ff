"""Traces from upload to result: what the service records of them, and nothing where it is off.

What knows OpenTelemetry is ``telemetry/otlp.py``, which is only imported where traces are wanted.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from importlib.util import find_spec

import msgspec

from domain.settings import SettingsReader
from telemetry.logs import request_id

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
Attributes = Mapping[str, str | int | float]

current_traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The span that this task works in, as in the W3C header of that name."""


class TracingSettings(msgspec.Struct, frozen=True):
    """Whether traces are sent. The standard ``OTEL_*`` variables name the collector.

    Attributes:
        tracing: Whether traces are sent. Not set: they are sent if ``OTEL_EXPORTER_OTLP_ENDPOINT``
            or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` is set.
    """

    tracing: bool | None = None


def read_tracing(reader: SettingsReader, environ: Mapping[str, str]) -> TracingSettings:
    """Read whether traces are wanted; what is wanted and not installed is a mistake.

    Args:
        reader: Takes the mistakes.
        environ: The variables, as in ``os.environ``.
    """
    wanted = reader.read(TracingSettings).tracing
    if wanted is None:
        wanted = any(environ.get(name) for name in ENDPOINTS)
    if wanted and find_spec("opentelemetry") is None:
        reader.refuse("MINILAB_TRACING wants the extra: pip install 'minilab[tracing]'")
        wanted = False
    return TracingSettings(wanted)


class Span:
    """One piece of work, as far as nobody records it."""

    def describe(self, name: str, attributes: Attributes, *, failed: bool = False) -> None:
        """Say what is only known at its end."""


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
            name: What is done; of few different values.
            attributes: More about it.
            parent: A ``traceparent`` from elsewhere; None: part of the current span, if any.
            is_request: Whether it answers a request.
        """
        return _NOTHING

    def record(self, name: str, began_at: float, seconds: float) -> None:
        """Record a part of the current span that was measured elsewhere.

        Args:
            name: What was done.
            began_at: Seconds since 1970.
            seconds: How long it took.
        """

    def close(self) -> None:
        """Send what has not been sent, if that takes no more than a moment."""


_NOTHING = nullcontext(Span())


def open_tracing(service: str, version: str, settings: TracingSettings) -> Tracing:
    """Begin to record, where that is wanted.

    Args:
        service: ``api`` or ``worker``.
        version: Of the service.
        settings: Whether it is wanted.
    """
    if not settings.tracing:
        return Tracing()
    from telemetry.otlp import OtlpTracing  # noqa: PLC0415 -- an extra

    return OtlpTracing(service, version)


def origin() -> dict[str, str]:
    """Give what work carries along of the request that brought it: its ID, and its trace."""
    found = {"request_id": request_id(), "traceparent": current_traceparent.get()}
    return {name: value for name, value in found.items() if value is not None}
