"""The upload page in its states: accessible, without sideways scrolling, soon painted."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.site import COLOUR_RULES, Site, new_site
from tests.browser.upload_page import UploadPage
from tests.service import Service

pytestmark = pytest.mark.one_service

PHOTOS = ("IMG_5195.HEIC", "Nikon_D70.jpg", "canon_hdr_YES.jpg")
PORTRAIT = "Aaron_Eckhart_0001.jpg"
BAD = ("notes.txt", b"no picture at all, only words " * 20)
FAST = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
SLOW = FAST | {"uploadThroughput": 80_000}
# Rows out of sight are not rendered.
RENDER_ALL = """() => document.querySelectorAll(".row").forEach(
  (row) => { row.style.contentVisibility = "visible"; }
)"""


@asynccontextmanager
async def visit(chromium: Browser, service: Service) -> AsyncIterator[tuple[Site, UploadPage]]:
    address = str(service.client.base_url)
    context, site = await new_site(chromium, address)
    yield site, UploadPage(site.tab, address)
    await context.close()


async def test_every_state_is_accessible(
    chromium: Browser, working_service: Service, test_data: Path, pictures: bool
) -> None:
    async def keep(state: str) -> None:
        if pictures:
            await site.tab.evaluate(RENDER_ALL)
        await site.check_looks(f"upload-{state}" if pictures else "")

    async with visit(chromium, working_service) as (site, page):
        await page.open()
        await keep("key")
        made = await working_service.make_link(
            max_files=20, expires_in=604_800, note="Photos of the summer party"
        )
        await page.open(made["token"])
        dragging = site.tab.get_by_text("Drag files or folders onto this page")
        async for size, scheme in site.looks():
            await expect(dragging, scheme).to_be_visible(visible=size == "desktop")
        await keep("empty")
        portrait = (PORTRAIT, (test_data / "lfw" / PORTRAIT).read_bytes())
        files = [(name, (test_data / "photos" / name).read_bytes()) for name in PHOTOS]
        network = await site.tab.context.new_cdp_session(site.tab)
        await network.send("Network.emulateNetworkConditions", SLOW)
        await page.choose([portrait, *files, BAD])
        await expect(page.row(PHOTOS[0]).locator(".state")).to_have_text(re.compile(r"[2-9]\d %"))
        if pictures:
            await keep("sending")
        await site.check()  # Once: on a busy machine, all would be sent meanwhile.
        await site.tab.get_by_role("button", name="Pause").click()
        await site.check_looks()
        await network.send("Network.emulateNetworkConditions", FAST)
        await site.tab.get_by_role("button", name="Go on").click()
        await expect(page.summary).to_have_text("4 of 5 photos done · 1 with a problem")
        for name in (PORTRAIT, *PHOTOS):
            await page.row(name).scroll_into_view_if_needed()
            await expect(page.row(name).locator(".thumb img")).to_be_visible()
        await site.tab.evaluate("scrollTo(0, 0)")
        await keep("done")
        await page.row(PORTRAIT).get_by_role("button", name="Show 1 face").click()
        await expect(site.tab.get_by_role("dialog").get_by_role("img")).to_be_visible()
        await site.check_looks()
        await site.tab.keyboard.press("Escape")
        await working_service.client.delete(f"/v1/upload-links/{made['id']}")
        await page.choose([("late.jpg", portrait[1] + b"late")])
        await expect(page.row("late.jpg")).to_contain_text("This link was withdrawn")
        async for _, scheme in site.looks():
            assert await site.findings(COLOUR_RULES if scheme == "dark" else None) == []


async def test_slow_phone_paints_the_page_in_2_s(
    chromium: Browser, working_service: Service
) -> None:
    made = await working_service.make_link()
    async with visit(chromium, working_service) as (site, _):
        await site.slow_down()
        await site.open(f"/u#{made['token']}")
        (await site.measure()).assert_soon()
