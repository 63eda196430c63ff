"""Health, readiness and capabilities of the service."""

import asyncio
from datetime import datetime
from typing import Any

import httpx
import pytest

from benchmarks.harness.streams import HOST, stream_server
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, running_service
from tests.waiting import LATEST_SECONDS, until


async def test_capabilities_name_formats_operations_and_limits(service: Service) -> None:
    found = (await service.client.get("/v1/capabilities")).json()
    formats = {entry["format"]: entry["media_type"] for entry in found["formats"]}
    assert formats.keys() == {"jpeg", "png", "webp", "gif", "tiff", "bmp", "heic", "avif"}
    assert all(media_type == f"image/{name}" for name, media_type in formats.items())
    names = ["metadata", "histogram", "faces", "fingerprint", "thumbnail"]
    assert [entry["name"] for entry in found["operations"]] == names
    assert all(entry["version"] >= 1 for entry in found["operations"])
    limits = found["limits"]
    assert limits["max_files"] == 1000
    assert limits["max_wait_seconds"] == 30
    assert all(value > 0 for value in limits.values())


async def test_capabilities_want_a_key(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.client.base_url) as stranger:
        assert_problem(await stranger.get("/v1/capabilities"), 401, "unauthenticated")


async def test_health_and_readiness_need_no_key(service: Service) -> None:
    async with httpx.AsyncClient(base_url=service.client.base_url) as stranger:
        health = await stranger.get("/healthz")
        assert (health.status_code, health.json()) == (200, {"status": "ok"})
        ready = await stranger.get("/readyz")
        assert ready.status_code == 503
        found = ready.json()
        assert found["status"] == "not_ready"
        assert found["parts"] == {"mongodb": True, "redis": True, "worker": False}
        assert found["workers"] == 0


async def _ready(service: Service) -> httpx.Response | None:
    """Return the answer of the readiness check once it is 200."""
    answer = await service.client.get("/readyz")
    return answer if answer.status_code == 200 else None


async def test_is_ready_while_a_worker_lives(service: Service) -> None:
    async with service.working():
        answer = await until(lambda: _ready(service))
        assert answer.json()["status"] == "ready"
        assert all(answer.json()["parts"].values())
        assert answer.json()["workers"] == 1
    left = await service.client.get("/readyz")
    assert (left.status_code, left.json()["parts"]["worker"]) == (503, False)


async def test_is_not_ready_without_redis_and_takes_uploads_all_the_same(
    service: Service,
) -> None:
    elsewhere = {"MINILAB_REDIS_URL": "redis://127.0.0.1:1", "MINILAB_REDIS_TIMEOUT_SECONDS": "0.5"}
    async with running_service(service.environ | elsewhere) as deaf:
        ready = await deaf.client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["parts"] == {"mongodb": True, "redis": False, "worker": False}
        redis = ready.json()["details"]["redis"]
        assert redis["status"] == "down"
        assert "uploads are taken" in redis["detail"]
        assert "MINILAB_REDIS_URL" in redis["action"]
        assert (await deaf.send([("a.jpg", draw())])).status_code == 202
        assert (await deaf.client.get("/healthz")).status_code == 200


async def test_readiness_says_how_each_part_stands_and_since_when(service: Service) -> None:
    before = await service.client.get("/readyz")
    async with service.working():
        answer = await until(lambda: _ready(service))
        again = (await service.client.get("/readyz")).json()["details"]
    details = answer.json()["details"]
    for found in (details, again):
        assert found.pop("webhooks")["status"] == "degraded"  # Nothing delivers them here.
    assert details.keys() == {"mongodb", "redis", "worker", "disk", "backlog"}
    assert {part["status"] for part in details.values()} == {"ok"}
    assert all(part["detail"] and part["action"] is None for part in details.values())
    assert {name: part["since"] for name, part in again.items()} == {
        name: part["since"] for name, part in details.items()
    }
    missing = before.json()["details"]["worker"]
    assert missing["status"] == "down"
    assert "python -m tasks" in missing["action"]
    since = [datetime.fromisoformat(part["since"]) for part in (missing, details["worker"])]
    assert since[0] < since[1]


async def test_readiness_tells_of_a_full_disk_and_backlog_and_stays_ready(
    service: Service,
) -> None:
    full = {"MINILAB_MIN_FREE_DISK_BYTES": str(2**60), "MINILAB_MAX_BACKLOG_IMAGES": "1"}
    await service.send([("a.jpg", draw())])
    async with running_service(service.environ | full) as crowded:

        async def degraded() -> dict[str, Any] | None:
            found: dict[str, Any] = (await crowded.client.get("/readyz")).json()["details"]
            both = found["disk"]["status"] == found["backlog"]["status"] == "degraded"
            return found if both else None

        details = await until(degraded)
        assert "room" in details["disk"]["action"]
        assert "workers" in details["backlog"]["action"]


@pytest.mark.slow
async def test_readiness_and_metrics_do_not_wait_long_for_servers_that_hang(
    service: Service,
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with stream_server(say_nothing) as port:
        mute = {
            "MINILAB_MONGODB_URL": f"mongodb://{HOST}:{port}/?directConnection=true",
            "MINILAB_REDIS_URL": f"redis://{HOST}:{port}",
        }
        async with running_service(service.environ | mute) as frozen:
            async with asyncio.timeout(LATEST_SECONDS / 2):
                ready = await frozen.client.get("/readyz")
                metrics = await frozen.client.get("/metrics")
            assert ready.status_code == 503
            assert ready.json()["parts"] == {"mongodb": False, "redis": False, "worker": False}
            assert 'minilab_up{part="redis"} 0.0' in metrics.text
