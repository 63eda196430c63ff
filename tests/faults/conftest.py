"""Servers that may be killed, and a service of processes on them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.servers.embedded import EmbeddedServers, embedded_servers
from tests.faults.stack import Stack, running_stack


@pytest.fixture(scope="session")
def fragile_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """A MongoDB and a Redis that no other tests use."""
    folder = tmp_path_factory.mktemp("fragile")
    with embedded_servers(folder, mongodb_cache_gb=0.25) as running:
        yield running


@pytest.fixture
async def stack(fragile_servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """An API in a process of its own; afterwards the servers are as they were before."""
    try:
        async with running_stack(
            fragile_servers, f"faults_{uuid4().hex[:12]}", tmp_path
        ) as running:
            yield running
    finally:
        for server in fragile_servers.started:
            server.resume()
            server.start()
