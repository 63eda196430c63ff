"""The stores on real servers, with a database of each test's own."""

from collections.abc import AsyncIterator

import pytest

from storage.stores import Stores, open_stores
from tasks.settings import read_settings


@pytest.fixture
async def stores(environ: dict[str, str]) -> AsyncIterator[Stores]:
    settings = read_settings(environ)
    async with open_stores(settings.stores, settings.rules) as opened:
        await opened.prepare()
        yield opened
        await opened.client.drop_database(settings.stores.mongodb_database)
