"""Traces, from an upload to its result, as a collector receives them from the real processes."""

import asyncio
import gzip
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from deploy.servers.embedded import EmbeddedServers
from tests.faults.stack import Stack, running_stack
from tests.pictures import draw
from tests.waiting import until

CALLERS_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Collector:
    """Receives OTLP over HTTP.

    Attributes:
        spans: What has come, by the service that sent it.
    """

    def __init__(self) -> None:
        self.spans: list[tuple[str, Span]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                assert self.path == "/v1/traces"
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()
                self.wfile.write(ExportTraceServiceResponse().SerializeToString())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            (service,) = (
                found.value.string_value
                for found in resource.resource.attributes
                if found.key == "service.name"
            )
            self.spans += [
                (service, span) for scope in resource.scope_spans for span in scope.spans
            ]

    def of_trace(self, trace_id: str) -> dict[str, tuple[str, Span]]:
        """Give the spans of a trace with their services, by name."""
        return {
            span.name: (service, span)
            for service, span in self.spans
            if span.trace_id.hex() == trace_id
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.close()


def attributes(span: Span) -> dict[str, str | int]:
    return {
        found.key: found.value.string_value or found.value.int_value for found in span.attributes
    }


async def upload(stack: Stack) -> str:
    """Send pictures as part of the caller's trace, and wait for their end.

    There are two: the operations of a single one may begin before its chunk, by a head start.
    """
    headers = {"traceparent": f"00-{CALLERS_TRACE}-00f067aa0ba902b7-01"}
    answer = await stack.send([("a.jpg", draw()), ("b.jpg", draw(seed=1))], **headers)
    assert answer.status_code == 202
    assert answer.headers["x-request-id"] == CALLERS_TRACE
    job = await stack.job(answer.json()["id"])
    assert job["status"] == "succeeded"
    return str(job["id"])


async def test_one_trace_leads_from_the_upload_to_every_operation(
    servers: EmbeddedServers, tmp_path: Path, collector: Collector
) -> None:
    standard = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    async with running_stack(servers, tmp_path, standard) as stack:
        stack.start_worker()
        job_id = await upload(stack)
        operations = {"metadata", "histogram", "faces", "fingerprint", "thumbnail"}
        expected = operations | {"decode", "POST /v1/jobs", "commit", "process chunk"}
        await until(lambda: expected <= collector.of_trace(CALLERS_TRACE).keys())
    found = collector.of_trace(CALLERS_TRACE)
    service, request = found["POST /v1/jobs"]
    assert service == "minilab-api"
    assert request.kind == Span.SPAN_KIND_SERVER
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert attributes(request)["http.response.status_code"] == 202
    assert attributes(request)["minilab.request_id"] == CALLERS_TRACE
    _, commit = found["commit"]
    assert commit.parent_span_id == request.span_id
    service, chunk = found["process chunk"]
    assert service == "minilab-worker"
    assert chunk.parent_span_id == commit.span_id
    assert attributes(chunk)["minilab.job_id"] == job_id
    for operation in operations:
        _, span = found[operation]
        assert span.parent_span_id == chunk.span_id
        began, ended = span.start_time_unix_nano, span.end_time_unix_nano
        assert chunk.start_time_unix_nano <= began <= ended <= chunk.end_time_unix_nano


async def test_a_collector_that_is_away_holds_up_nothing(
    servers: EmbeddedServers, tmp_path: Path
) -> None:
    nowhere = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    async with running_stack(servers, tmp_path, nowhere) as stack:
        worker = stack.start_worker()
        await upload(stack)
        for process in (worker, stack.api):
            process.terminate()
            assert process.wait_ended(30)
            assert process.exit_code in {0, -signal.SIGTERM}


async def test_nothing_of_opentelemetry_is_loaded_where_it_is_off() -> None:
    code = (
        "import sys, api.__main__, api.app, tasks.worker\n"
        "from telemetry.tracing import TracingSettings, open_tracing\n"
        "open_tracing('api', '1', TracingSettings(tracing=False))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.decode().strip() == "[]"
