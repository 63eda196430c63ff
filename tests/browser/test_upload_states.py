"""The upload page in its states: accessible, without sideways scrolling, soon painted."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.site import SCHEMES, SIZES, Site, new_site
from tests.browser.upload_page import UploadPage
from tests.service import Service

pytestmark = pytest.mark.one_service

PHOTOS = ("IMG_5195.HEIC", "Nikon_D70.jpg", "canon_hdr_YES.jpg")
PORTRAIT = "Aaron_Eckhart_0001.jpg"
BAD = ("notes.txt", b"no picture at all, only words " * 20)
HALF = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 250_000}
# A phone of some years ago in a bad place, as Lighthouse simulates it.
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
# Rows out of sight are not rendered.
RENDER_ALL = """() => document.querySelectorAll(".row").forEach(
  (row) => { row.style.contentVisibility = "visible"; }
)"""
PAINTED = """() => new Promise((resolve) => new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) {
    if (name === "first-contentful-paint") resolve(startTime);
  }
}).observe({ type: "paint", buffered: true }))"""
MAX_PAINT_MS = 2000


@asynccontextmanager
async def visit(
    chromium: Browser, service: Service, size: str, scheme: str
) -> AsyncIterator[tuple[Site, UploadPage]]:
    address = str(service.client.base_url)
    context, site = await new_site(chromium, address, size, scheme)
    yield site, UploadPage(site.tab, address)
    await context.close()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
async def test_every_state_is_accessible(
    chromium: Browser,
    working_service: Service,
    test_data: Path,
    size: str,
    scheme: str,
    pictures: bool,
) -> None:
    async def keep(state: str) -> None:
        await site.check()
        if pictures:
            await site.tab.evaluate(RENDER_ALL)
            await site.save_picture(f"upload-{state}-{size}-{scheme}")

    async with visit(chromium, working_service, size, scheme) as (site, page):
        await page.open()
        await keep("key")
        made = await working_service.make_link(
            max_files=20, expires_in=604_800, note="Photos of the summer party"
        )
        await page.open(made["token"])
        dragging = site.tab.get_by_text("Drag files or folders onto this page")
        await expect(dragging).to_be_visible(visible=size == "desktop")
        await keep("empty")
        portrait = (PORTRAIT, (test_data / "lfw" / PORTRAIT).read_bytes())
        files = [(name, (test_data / "photos" / name).read_bytes()) for name in PHOTOS]
        network = await site.tab.context.new_cdp_session(site.tab)
        await network.send("Network.emulateNetworkConditions", HALF)
        await page.choose([portrait, *files, BAD])
        await expect(page.row(PHOTOS[0]).locator(".state")).to_have_text(re.compile(r"[2-9]\d %"))
        await keep("sending")
        await site.tab.get_by_role("button", name="Pause").click()
        await site.check()
        await network.send("Network.emulateNetworkConditions", HALF | {"uploadThroughput": -1})
        await site.tab.get_by_role("button", name="Go on").click()
        await expect(page.summary).to_have_text("5 of 5 photos done · 1 with a problem")
        for name in (PORTRAIT, *PHOTOS):
            await page.row(name).scroll_into_view_if_needed()
            await expect(page.row(name).locator(".thumb img")).to_be_visible()
        await site.tab.evaluate("scrollTo(0, 0)")
        await keep("done")
        await page.row(PORTRAIT).get_by_role("button", name="Show 1 face").click()
        await expect(site.tab.get_by_role("dialog").get_by_role("img")).to_be_visible()
        await site.check()
        await site.tab.keyboard.press("Escape")
        await working_service.client.delete(f"/v1/upload-links/{made['id']}")
        await page.choose([("late.jpg", portrait[1] + b"late")])
        await expect(page.row("late.jpg")).to_contain_text("This link was withdrawn")
        assert await site.findings() == []


async def test_first_paint_on_a_slow_phone_takes_less_than_2_s(
    tab: Page, working_service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await working_service.make_link()
    phone = await tab.context.new_cdp_session(tab)
    await phone.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    await phone.send("Network.enable")
    await phone.send("Network.emulateNetworkConditions", SLOW_4G)
    page = UploadPage(tab, str(working_service.client.base_url))
    await page.open(made["token"])
    painted_ms = await tab.evaluate(PAINTED)
    usable_ms = await tab.evaluate("performance.now()")
    with capsys.disabled():
        print(f"\nfirst paint {painted_ms:.0f} ms, usable {usable_ms:.0f} ms")
    assert painted_ms < MAX_PAINT_MS
