"""Tracing that sends spans to an OpenTelemetry collector, over OTLP/HTTP."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_SERVICE_NAME
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from telemetry.spans import Attributes, Span, Tracing, current_traceparent

CLOSE_SECONDS = 3.0


class OtlpSpan(Span):
    """A span that is recorded."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def describe(self, name: str, attributes: Attributes, *, failed: bool = False) -> None:
        """Set what is only known at the end of the span."""
        self._span.update_name(name)
        self._span.set_attributes(dict(attributes))
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))


class OtlpTracing(Tracing):
    """Records spans, and sends them in the background.

    The standard ``OTEL_EXPORTER_OTLP_*`` variables configure the exporter, and
    ``OTEL_TRACES_SAMPLER`` the sampler.
    """

    def __init__(self, service: str, version: str) -> None:
        name = os.environ.get(OTEL_SERVICE_NAME) or f"minilab-{service}"
        resource = Resource.create({SERVICE_NAME: name, SERVICE_VERSION: version})
        self._exporter = OTLPSpanExporter()
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(self._exporter))
        self._tracer = self._provider.get_tracer("minilab", version)
        self._w3c = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self,
        name: str,
        attributes: Attributes | None = None,
        *,
        parent: str | None = None,
        is_request: bool = False,
    ) -> Iterator[Span]:
        """Record a piece of work for as long as the context lasts."""
        kind = SpanKind.SERVER if is_request else SpanKind.INTERNAL
        context = self._w3c.extract({"traceparent": parent}) if parent else None
        with self._tracer.start_as_current_span(name, context, kind, attributes) as span:
            carrier: dict[str, str] = {}
            self._w3c.inject(carrier)
            token = current_traceparent.set(carrier.get("traceparent"))
            try:
                yield OtlpSpan(span)
            finally:
                current_traceparent.reset(token)

    def record(self, name: str, began_at: float, seconds: float) -> None:
        """Record a part of the current span that was measured elsewhere."""
        span = self._tracer.start_span(name, start_time=int(began_at * 1e9))
        span.end(int((began_at + seconds) * 1e9))

    def close(self) -> None:
        """Send the remaining spans, for at most :data:`CLOSE_SECONDS`."""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)
        if closing.is_alive():  # An unreachable collector must not delay the end of the process.
            self._exporter.shutdown()  # type: ignore[no-untyped-call]
