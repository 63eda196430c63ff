"""Real photos and a bad file go through a link, whatever happens to page and network."""

import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, expect

from deploy.servers.embedded import EmbeddedServers
from tests.browser.upload_page import UploadPage
from tests.faults.stack import running_stack
from tests.service import File, Service

pytestmark = pytest.mark.one_service

PHOTOS = (
    "IMG_5195.HEIC",
    "jolla.jpg",
    "canon_hdr_YES.jpg",
    "DSCN0010.jpg",
    "DSCN0021.jpg",
    "Nikon_D70.jpg",
    "Canon_40D.jpg",
    "fujifilm-dx10.jpg",
    "kodak-dc210.jpg",
    "Kodak_CX7530.jpg",
    "olympus-d320l.jpg",
    "Arbitro.tiff",
)
BAD = ("notes.txt", b"no picture at all, only words " * 20)
BYTES_PER_SECOND = 400_000
REST_DONE = re.compile(r"^(\d+) of \1 photos? done$|^\d+ of \d+ photos? done · 1 with a problem$")
ALL_DONE = f"{len(PHOTOS)} of {len(PHOTOS) + 1} photos done · 1 with a problem"


@pytest.fixture
def files(test_data: Path) -> list[File]:
    return [*((name, (test_data / "photos" / name).read_bytes()) for name in PHOTOS), BAD]


@pytest.fixture
def context(tab: Page) -> BrowserContext:
    return tab.context


async def _begin(tab: Page, address: str, made: dict[str, Any], files: list[File]) -> UploadPage:
    """Choose all files on a slow network: when this returns, some are sent and all are kept."""
    network = await tab.context.new_cdp_session(tab)
    await network.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 0,
            "downloadThroughput": -1,
            "uploadThroughput": BYTES_PER_SECOND,
        },
    )
    page = UploadPage(tab, address)
    await page.open(made["token"])
    await page.choose(files)
    await expect(tab.locator("#kept")).to_contain_text("You can close this page")
    await expect(tab.locator("[data-state=sending]").first).to_be_visible()
    await network.detach()
    return page


async def _expect_each_once(client: Any, made: dict[str, Any]) -> None:
    """All photos are images of the link, once each; the bad file is one item."""
    listed = await client.get("/v1/images", params={"link_id": made["id"], "limit": 100})
    assert Counter(image["filename"] for image in listed.json()["items"]) == Counter(PHOTOS)
    link = (await client.get(f"/v1/upload-links/{made['id']}")).json()
    assert (link["used_files"], link["reserved_files"]) == (len(PHOTOS), 0)


async def test_twelve_photos_show_what_was_found_in_them(
    tab: Page, working_service: Service, files: list[File]
) -> None:
    made = await working_service.make_link(max_files=50, expires_in=3600)
    page = UploadPage(tab, str(working_service.client.base_url))
    await page.open(made["token"])
    await page.choose(files)
    await expect(page.summary).to_have_text(ALL_DONE)
    await _expect_each_once(working_service.client, made)
    assert len(page.jobs) <= 4
    heic = page.row("IMG_5195.HEIC")
    await heic.scroll_into_view_if_needed()
    await expect(heic.locator(".thumb img")).to_be_visible()
    await expect(heic.get_by_role("img", name="Brightness histogram")).to_be_visible()
    await page.row("Nikon_D70.jpg").scroll_into_view_if_needed()
    await expect(page.row("Nikon_D70.jpg").locator(".facts")).to_contain_text("NIKON D70")
    await expect(page.row("notes.txt")).to_contain_text("no image of a supported format")
    for request in page.requests:
        assert not urlsplit(request.url).path.startswith("/v1/images")


async def test_lost_network_needs_nobody(
    tab: Page, context: BrowserContext, working_service: Service, files: list[File]
) -> None:
    made = await working_service.make_link(expires_in=3600)
    page = await _begin(tab, str(working_service.client.base_url), made, files)
    await context.set_offline(True)
    await expect(page.banner).to_contain_text("You are offline")
    await context.set_offline(False)
    await expect(page.summary).to_have_text(ALL_DONE)
    await expect(page.banner).to_be_hidden()
    await _expect_each_once(working_service.client, made)


async def test_reloaded_page_goes_on(
    tab: Page, working_service: Service, files: list[File]
) -> None:
    made = await working_service.make_link(expires_in=3600, max_files=len(PHOTOS) + 1)
    page = await _begin(tab, str(working_service.client.base_url), made, files)
    await tab.reload()
    await expect(page.rows).to_have_count(len(PHOTOS) + 1)
    await expect(page.summary).to_have_text(ALL_DONE)
    await _expect_each_once(working_service.client, made)


@pytest.mark.parametrize("address", ["link", "page"])
async def test_closed_tab_goes_on_when_it_is_opened_again(
    tab: Page, context: BrowserContext, working_service: Service, files: list[File], address: str
) -> None:
    made = await working_service.make_link(expires_in=3600)
    base = str(working_service.client.base_url)
    await _begin(tab, base, made, files)
    await tab.close()
    page = UploadPage(await context.new_page(), base)
    await page.open(made["token"] if address == "link" else "")
    await expect(page.summary).to_have_text(REST_DONE)
    await _expect_each_once(working_service.client, made)
    assert await page.kept_links() == []


async def test_killed_service_is_waited_for(
    tab: Page, servers: EmbeddedServers, tmp_path: Path, files: list[File]
) -> None:
    async with running_stack(servers, tmp_path) as stack:
        stack.start_worker()
        made = (await stack.client.post("/v1/upload-links", json={"expires_in": 3600})).json()
        page = await _begin(tab, str(stack.client.base_url), made, files)
        stack.api.kill()
        await expect(page.banner).to_contain_text("goes on by itself")
        stack.start_api()
        await expect(page.summary).to_have_text(ALL_DONE)
        await _expect_each_once(stack.client, made)


async def test_file_that_the_browser_cannot_keep_is_asked_for_again(
    tab: Page, working_service: Service, test_data: Path
) -> None:
    made = await working_service.make_link(expires_in=3600)
    await tab.add_init_script("""
      const put = IDBObjectStore.prototype.put;
      IDBObjectStore.prototype.put = function (value, ...key) {
        if (value instanceof Blob) throw new DOMException("full", "QuotaExceededError");
        return put.call(this, value, ...key);
      };
    """)
    page = UploadPage(tab, str(working_service.client.base_url))
    await page.open(made["token"])
    await tab.route("**/v1/uploads/tus/*", lambda route: route.abort())
    await page.choose_paths([test_data / "photos" / PHOTOS[0]])
    await expect(tab.locator("#kept")).to_contain_text("Leave this page open")
    await tab.reload()
    await expect(page.row(PHOTOS[0])).to_contain_text("Choose it again")
    await tab.unroute_all()
    await page.choose_paths([test_data / "photos" / PHOTOS[0]])
    await page.expect_states({PHOTOS[0]: "Done"})
    await expect(page.rows).to_have_count(1)
    assert (await working_service.link(made["id"]))["used_files"] == 1


async def test_link_that_hides_results_shows_what_was_chosen(
    tab: Page, working_service: Service, files: list[File]
) -> None:
    made = await working_service.make_link(show_results=False, expires_in=3600)
    page = UploadPage(tab, str(working_service.client.base_url))
    await page.open(made["token"])
    await page.choose([files[5]])
    await page.expect_states({PHOTOS[5]: "Done"})
    await expect(page.row(PHOTOS[5]).locator(".thumb img")).to_be_visible()
    await expect(page.row(PHOTOS[5])).not_to_contain_text("NIKON")
    assert [request.url for request in page.requests if "/v1/results" in request.url] == []
