"""Helpers of tests that create and follow webhooks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from storage.queue.job_events import JobEvents
from storage.stores import Stores
from storage.webhooks.announcer import Announcer
from tasks.delivery.process import Deliverer
from tasks.delivery.settings import read_settings
from tests.service import ADMIN_KEY, Service, authorization

BASE_URL = "https://minilab.example.com"
URL = "https://receiver.example.com/minilab"
# Receivers of tests listen on this machine, and speak HTTP.
ALLOWED = {"webhook_allow": "127.0.0.0/8", "webhook_allow_http": "true", "public_url": BASE_URL}


def allow_local_receivers(environ: dict[str, str]) -> dict[str, str]:
    """Add to what a service is told that its receivers are tests."""
    return environ | {f"MINILAB_{name.upper()}": value for name, value in ALLOWED.items()}


async def make_webhook(
    service: Service, key: str = ADMIN_KEY, url: str = URL, **fields: Any
) -> dict[str, Any]:
    """Make a webhook, and give what its making is answered with."""
    answer = await service.client.post(
        "/v1/webhooks", json={"url": url} | fields, headers=authorization(key)
    )
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def deliveries_of(
    service: Service, webhook_id: str, key: str = ADMIN_KEY, query: str = ""
) -> list[dict[str, Any]]:
    """List deliveries, oldest first."""
    answer = await service.client.get(
        f"/v1/webhooks/{webhook_id}/deliveries{query}", headers=authorization(key)
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found[::-1]


def announcer_of(service: Service) -> Announcer:
    """Make an announcer."""
    stores = service.stores
    return Announcer(stores.database, JobEvents(stores.redis), BASE_URL)


async def announce(service: Service) -> None:
    """Announce all that has happened."""
    announcer = announcer_of(service)
    while (await announcer.announce_batch()).found:
        pass


async def told(service: Service, webhook_id: str, key: str = ADMIN_KEY) -> list[dict[str, Any]]:
    """Announce all that has happened, and give what an endpoint will be told, oldest first."""
    await announce(service)
    bodies = {
        event["_id"]: httpx.Response(200, content=event["body"]).json()
        async for event in service.stores.database["events"].find()
    }
    return [bodies[one["event_id"]] for one in await deliveries_of(service, webhook_id, key)]


async def types_told(service: Service, webhook_id: str, key: str = ADMIN_KEY) -> list[str]:
    """Announce all that has happened, and give the types that an endpoint will be told, sorted."""
    return sorted(event["type"] for event in await told(service, webhook_id, key))


@asynccontextmanager
async def delivering(
    service: Service, stores: Stores | None = None, /, **more: object
) -> AsyncIterator[None]:
    """Run a deliverer in this process, on the stores of a service or on others."""
    environ = service.environ | {f"MINILAB_{name.upper()}": str(v) for name, v in more.items()}
    stop = asyncio.Event()
    deliverer = Deliverer(read_settings(environ), stores or service.stores)
    running = asyncio.create_task(deliverer.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running
