"""The admin pages, as an administrator uses them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests.browser.site import SCHEMES, SIZES, Site, new_site
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service

pytestmark = pytest.mark.one_service

SHOW_AS = """Object.defineProperty(
  document, "visibilityState", {{ configurable: true, get: () => "{state}" }}
)"""
PAGES = {"overview": "/admin", "health": "/admin/health"}


@asynccontextmanager
async def as_admin(
    chromium: Browser, service: Service, size: str = "desktop", scheme: str = "light"
) -> AsyncIterator[Site]:
    context, site = await new_site(chromium, str(service.client.base_url), size, scheme)
    await site.sign_in(ADMIN_KEY)
    yield site
    await context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
async def test_every_admin_page_is_accessible(
    chromium: Browser, working_service: Service, size: str, scheme: str, pictures: bool
) -> None:
    await working_service.process([("a.jpg", draw(120, 80))], user_id="anna")
    async with as_admin(chromium, working_service, size, scheme) as site:
        for name, path in PAGES.items():
            await site.open(path)
            await site.check()
            if pictures:
                await site.save_picture(f"admin-{name}-{size}-{scheme}")


async def test_uploads_arrive_in_the_live_queue_and_in_the_statistics(
    chromium: Browser, service: Service
) -> None:
    async with as_admin(chromium, service) as site:
        images = site.tab.locator("#queue-images")
        await expect(images).to_have_text("0")
        await service.send([("a.jpg", draw()), ("b.jpg", draw(90, 60))], user_id="anna")
        await expect(images).to_have_text("2")
        await expect(site.tab.get_by_role("row", name="anna")).to_be_visible()
        async with service.working():
            await expect(images).to_have_text("0")
            await expect(site.tab.locator("#statistics-images")).to_have_text("2")
            await expect(site.tab.get_by_role("img", name="2 of them today")).to_be_visible()
        await site.check()


async def test_page_in_the_background_asks_for_nothing(
    chromium: Browser, working_service: Service
) -> None:
    async with as_admin(chromium, working_service) as site:
        await site.tab.clock.install()
        await site.open("/admin")
        await site.tab.evaluate(SHOW_AS.format(state="hidden"))
        asked: list[str] = []
        site.tab.on("request", lambda request: asked.append(request.url))
        await site.tab.clock.run_for(60_000)
        assert asked == []
        await site.tab.evaluate(SHOW_AS.format(state="visible"))
        async with site.tab.expect_request("**/admin/queue"):
            await site.tab.clock.run_for(3_000)
