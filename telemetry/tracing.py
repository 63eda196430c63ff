"""The settings of traces, and the tracing that they select."""

from collections.abc import Mapping
from importlib.util import find_spec

import msgspec

from domain.settings import SettingsReader
from telemetry.spans import Tracing

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class TracingSettings(msgspec.Struct, frozen=True):
    """Whether traces are sent. The standard ``OTEL_*`` variables name the collector.

    Attributes:
        tracing: Whether traces are sent. Not set: they are sent if ``OTEL_EXPORTER_OTLP_ENDPOINT``
            or ``OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`` is set.
    """

    tracing: bool | None = None


def read_tracing(reader: SettingsReader, environ: Mapping[str, str]) -> TracingSettings:
    """Read whether traces are sent. It is a mistake if they are and the extra is not installed."""
    wanted = reader.read(TracingSettings).tracing
    if wanted is None:
        wanted = any(environ.get(name) for name in ENDPOINTS)
    if wanted and find_spec("opentelemetry") is None:
        reader.refuse("MINILAB_TRACING needs the extra: pip install 'minilab[tracing]'")
        wanted = False
    return TracingSettings(wanted)


def open_tracing(service: str, version: str, settings: TracingSettings) -> Tracing:
    """Return the tracing of a process; its ``close`` must be called at the end."""
    if not settings.tracing:
        return Tracing()
    from telemetry.otlp import OtlpTracing  # noqa: PLC0415 -- an optional dependency

    return OtlpTracing(service, version)
