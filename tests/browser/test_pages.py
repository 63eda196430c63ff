"""The home page and signing in, as a person uses them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests.browser.site import Site, new_site
from tests.service import ADMIN_KEY, Service
from tests.waiting import until

pytestmark = pytest.mark.one_service


@asynccontextmanager
async def visit(chromium: Browser, service: Service) -> AsyncIterator[Site]:
    context, site = await new_site(chromium, str(service.client.base_url))
    yield site
    await context.close()


async def is_ready(service: Service) -> bool:
    return (await service.client.get("/readyz")).status_code == 200


async def test_every_open_page_is_accessible(
    chromium: Browser, working_service: Service, pictures: bool
) -> None:
    async with visit(chromium, working_service) as site:
        await until(lambda: is_ready(working_service))
        await site.open("/")
        await expect(site.tab.get_by_role("status")).to_have_text("The service is ready.")
        await site.check_looks("home" if pictures else "")
        await site.open("/sign-in")
        await site.check_looks("sign-in" if pictures else "")
        await site.open("/nothing")
        (missing,) = site.errors
        assert "404" in missing
        site.errors.clear()
        await site.check_looks("error" if pictures else "")


async def test_signing_in_and_out_by_keyboard(chromium: Browser, working_service: Service) -> None:
    async with visit(chromium, working_service) as site:
        await site.open("/admin")
        await expect(site.tab.get_by_label("API key")).to_be_focused()
        await site.tab.keyboard.type("a wrong key")
        await site.tab.keyboard.press("Enter")
        await expect(site.tab.get_by_role("alert")).to_contain_text("The key is unknown")
        assert await site.findings() == []
        await site.tab.get_by_label("API key").fill(ADMIN_KEY)
        await site.tab.keyboard.press("Enter")
        await expect(site.tab).to_have_url(f"{site.address}/admin")
        assert ADMIN_KEY not in site.tab.url
        await site.tab.get_by_role("button", name="Sign out").press("Enter")
        await expect(site.tab).to_have_url(f"{site.address}/")
        await site.open("/admin")
        await expect(site.tab.get_by_label("API key")).to_be_visible()


async def test_pages_work_or_say_why_without_scripts(
    chromium: Browser, working_service: Service
) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    tab, address = await context.new_page(), str(working_service.client.base_url).rstrip("/")
    await tab.goto(f"{address}/gallery")
    await tab.get_by_label("API key").fill(f"  {ADMIN_KEY} ")
    await tab.get_by_role("button", name="Sign in").click()
    await expect(tab).to_have_url(f"{address}/gallery")
    await expect(tab.get_by_role("heading", name="No images yet")).to_be_visible()
    for path in ("/u", "/docs"):
        await tab.goto(f"{address}{path}")
        assert "This page needs JavaScript" in await tab.locator("body").inner_text()
    await context.close()


async def test_skip_link_leads_to_the_content(chromium: Browser, working_service: Service) -> None:
    async with visit(chromium, working_service) as site:
        await site.open("/")
        await site.tab.keyboard.press("Tab")
        await expect(site.tab.get_by_role("link", name="Skip to the content")).to_be_focused()
        await site.tab.keyboard.press("Enter")
        await expect(site.tab.get_by_role("main")).to_be_focused()
