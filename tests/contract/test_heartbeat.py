"""The heartbeat of a worker or deliverer: a file for health checks, a page for Prometheus."""

import asyncio
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry, Counter

from deploy.servers.ports import find_free_port
from storage.settings import StoreSettings, WorkRules
from storage.stores import open_stores
from tasks.heartbeat import Heartbeat, HeartbeatSettings
from telemetry.background import BackgroundTasks
from tests.waiting import until

NOWHERE = StoreSettings(
    mongodb_url="mongodb://127.0.0.1:1/?replicaSet=rs0",
    redis_url="redis://127.0.0.1:1",
    store_timeout_seconds=1,
)


async def test_process_is_alive_and_shows_its_metrics_while_mongodb_is_away(
    tmp_path: Path,
) -> None:
    file, port = tmp_path / "alive", find_free_port()
    registries = CollectorRegistry(), CollectorRegistry()
    for registry, label in zip(registries, "ab", strict=True):
        Counter("things", "Both have it.", ["of"], registry=registry).labels(label).inc()
    settings = HeartbeatSettings(alive_file=str(file), metrics_port=port)
    async with open_stores(NOWHERE, WorkRules()) as stores, httpx.AsyncClient() as client:
        heartbeat = Heartbeat(settings, stores.workers, registries)
        async with BackgroundTasks(asyncio.Event()) as background:
            heartbeat.start(background)
            await until(file.exists)

            async def shown() -> str | None:
                try:
                    answer = await client.get(f"http://127.0.0.1:{port}/metrics")
                except httpx.ConnectError:
                    return None
                return answer.text

            text = await until(shown)
            assert text.count("# TYPE things_total counter") == 1
            assert 'things_total{of="a"} 1.0' in text
            assert 'things_total{of="b"} 1.0' in text
