"""Helpers of tests of deliveries: endpoints, events, and a deliverer in this process."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from benchmarks.harness.receivers import Message
from domain.keys import ADMIN_USER, Caller, Role
from domain.webhooks.endpoints import Endpoint
from domain.webhooks.signing import webhook_secret
from storage.clock import new_id
from storage.stores import Stores
from storage.webhooks.endpoints import EndpointPlan
from tests import webhooks
from tests.service import Service

ADMIN = Caller(ADMIN_USER, Role.ADMIN)
SECRET = webhook_secret(b"a secret of some 32 random bytes")
DELIVERING: dict[str, object] = {
    "webhook_allow": "127.0.0.0/8",
    "webhook_allow_http": True,
    "webhook_retry_seconds": "0.05,0.05,0.05",
    "webhook_poll_seconds": 0.05,
}


@asynccontextmanager
async def delivering(
    service: Service, /, stores: Stores | None = None, **more: object
) -> AsyncIterator[None]:
    """Run a deliverer that calls receivers on this machine, and soon again."""
    async with webhooks.delivering(service, stores, **(DELIVERING | more)):
        yield


async def make_endpoint(service: Service, url: str) -> Endpoint:
    """Make an endpoint that gets all that an admin may see; :data:`SECRET` signs."""
    return await service.stores.webhooks.create(EndpointPlan(url), SECRET, ADMIN)


async def tell(service: Service, endpoint: Endpoint, times: int = 1) -> list[str]:
    """Send test events to an endpoint; give the IDs of their deliveries."""
    made: list[str] = []
    while len(made) < times:
        delivery = await service.stores.deliveries.test(endpoint, "")
        if delivery.id not in made:  # Two within a millisecond are the same event.
            made.append(delivery.id)
    return made


async def read_deliveries(service: Service, endpoint: Endpoint) -> list[dict[str, Any]]:
    """Read what is kept of the deliveries to an endpoint, oldest first."""
    found = service.stores.database["deliveries"].find({"endpoint_id": endpoint.id})
    return await found.sort("created_at", 1).to_list(None)


async def read_endpoint(service: Service, endpoint: Endpoint) -> dict[str, Any]:
    """Read what is kept of an endpoint."""
    document = await service.stores.database["webhook_endpoints"].find_one({"_id": endpoint.id})
    assert document is not None
    return document


def new_secret() -> str:
    """Make a secret."""
    return webhook_secret(new_id().encode()[:32])


def verify(message: Message, secrets: Sequence[str]) -> list[bool]:
    """Say for each secret whether the reference library accepts a message by it."""
    return [_accepts(secret, message) for secret in secrets]


def _accepts(secret: str, message: Message) -> bool:
    try:
        Webhook(secret).verify(message.body, message.headers)
    except WebhookVerificationError:
        return False
    return True
