"""Services that the tests of this folder share: to make an API takes longer than most of them."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from uuid import uuid4

import pytest
import pytest_asyncio

from deploy.servers.embedded import EmbeddedServers
from tests.service import KeptService, Service, environment, running_service

KEPT = ("blobs.files", "blobs.chunks", "variants.files", "variants.chunks", "images", "jobs")


@pytest_asyncio.fixture(scope="package")
async def kept_service() -> AsyncIterator[KeptService]:
    """The API that all modules share which are marked with `one_service`."""
    async with aclosing(KeptService()) as kept:
        yield kept


@pytest_asyncio.fixture(scope="package")
async def shared_service(servers: EmbeddedServers) -> AsyncIterator[Service]:
    """A service with a database of its own, which accepts nothing that is sent to it."""
    environ = environment(servers, f"test_{uuid4().hex[:12]}")
    async with running_service(environ, prepare=True) as running:
        yield running
        await running.stores.client.drop_database(environ["MINILAB_MONGODB_DATABASE"])


@pytest.fixture
async def refusing(shared_service: Service) -> AsyncIterator[Service]:
    """The service; afterwards nothing that was sent may be left."""
    yield shared_service
    assert {name: await shared_service.count(name) for name in KEPT} == dict.fromkeys(KEPT, 0)
