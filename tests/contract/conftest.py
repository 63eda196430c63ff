"""The stores on real servers, with a database that is empty at the start of each test."""

from collections.abc import AsyncIterator

import pytest

from storage.stores import Stores, open_stores
from tasks.settings import read_settings


@pytest.fixture
async def stores(environ: dict[str, str]) -> AsyncIterator[Stores]:
    settings = read_settings(environ)
    async with open_stores(settings.stores, settings.rules) as opened:
        yield opened
