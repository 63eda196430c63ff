"""Servers that may be killed, and a service of processes on them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.servers.embedded import EmbeddedServers, embedded_servers
from tests.faults.stack import Stack, fragile_stack
from tests.stores import ChosenStore


@pytest.fixture(scope="session")
def fragile_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """A MongoDB and a Redis that no other tests use."""
    folder = tmp_path_factory.mktemp("fragile")
    with embedded_servers(folder, mongodb_cache_gb=0.25) as running:
        yield running


@pytest.fixture
async def stack(
    fragile_servers: EmbeddedServers, tmp_path: Path, store: ChosenStore
) -> AsyncIterator[Stack]:
    """An API with the settings of the faults."""
    async with fragile_stack(fragile_servers, tmp_path, store) as running:
        yield running
