"""The page for Prometheus of a process that has no other port."""

import asyncio
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from telemetry.prometheus import MetricsPage

ADDRESS = "0.0.0.0"  # noqa: S104 -- Prometheus is on another machine


async def serve_metrics(port: int, registries: Sequence[CollectorRegistry]) -> None:
    """Show metrics until cancelled, in a thread, to all who reach the port.

    Raises:
        OSError: The port is taken.
    """
    page = CollectorRegistry(auto_describe=False)
    page.register(_JoinedMetrics(registries))
    server, thread = start_http_server(port, ADDRESS, page)
    try:
        await asyncio.Event().wait()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _JoinedMetrics(Collector):
    def __init__(self, registries: Sequence[CollectorRegistry]) -> None:
        self._registries = registries

    def collect(self) -> Iterator[Metric]:
        """Yield each family once, also if several registries have it."""
        return MetricsPage(self._registries, {}).collect()
