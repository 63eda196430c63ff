"""The service as processes of its own, as the tests of faults have it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.servers.embedded import EmbeddedServers
from tests.faults.conftest import fragile_servers
from tests.faults.stack import Stack, fragile_stack

__all__ = ["fragile_servers"]


@pytest.fixture
async def stack(fragile_servers: EmbeddedServers, tmp_path: Path) -> AsyncIterator[Stack]:
    """An API and workers that learn: an upload asks for every operation."""
    async with fragile_stack(fragile_servers, tmp_path, learning=True) as running:
        yield running
