"""A real Chromium, and the page of a running service in it."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.browser.site import PATIENCE_MS
from tests.browser.upload_page import UploadPage
from tests.service import ADMIN_KEY, KeptService, Service

CHROMIUMS = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
"""The first that there is runs the tests. The shell is the same engine without the rest of a
browser, and takes a third of the processor time."""
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    executable = next((path for path in CHROMIUMS if path.exists()), None)
    if executable is None:
        pytest.skip(f"needs a browser: there is no {' and no '.join(map(str, CHROMIUMS))}")
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="package")
async def kept_service() -> AsyncIterator[KeptService]:
    """The API that all modules share which are marked with `one_service`."""
    async with aclosing(KeptService()) as kept:
        yield kept


@pytest.fixture
async def tab(chromium: Browser) -> AsyncIterator[Page]:
    """An empty tab of a browser that knows nothing yet."""
    context = await chromium.new_context(locale="en-GB", viewport={"width": 1000, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    yield await context.new_page()
    await context.close()


@pytest.fixture
async def page(tab: Page, working_service: Service) -> AsyncIterator[UploadPage]:
    """The page of a service with a worker, opened with a key; afterwards: no error, one host."""
    opened = UploadPage(tab, str(working_service.client.base_url))
    await opened.open(ADMIN_KEY)
    yield opened
    assert opened.errors == []
    assert opened.foreign_requests == []


@pytest.fixture
async def page_in_trouble(tab: Page, working_service: Service) -> AsyncIterator[UploadPage]:
    """The same for tests in which requests fail, which browsers write to their console."""
    opened = UploadPage(tab, str(working_service.client.base_url))
    await opened.open(ADMIN_KEY)
    yield opened
    assert [error for error in opened.errors if "Failed to load resource" not in error] == []
    assert opened.foreign_requests == []


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> bool:
    """Whether to save the pictures of docs/images: ``pytest tests/browser --pictures``."""
    return bool(request.config.getoption("--pictures"))
