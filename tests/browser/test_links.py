"""People with a link upload photos, and see the room that the link has left."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.upload_page import UploadPage
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service

pytestmark = pytest.mark.one_service

FILES = [(f"{number}.jpg", draw(seed=number)) for number in range(5)]


@pytest.fixture
async def page(tab: Page, working_service: Service) -> AsyncIterator[UploadPage]:
    """The page, not opened yet; afterwards: no error of ours, no other host, no token in a URL."""
    opened = UploadPage(tab, str(working_service.client.base_url))
    yield opened
    assert [error for error in opened.errors if "Failed to load resource" not in error] == []
    assert opened.foreign_requests == []
    for request in opened.requests:
        assert "mll_" not in urlsplit(request.url).path
        assert "mll_" not in request.headers.get("referer", "")


async def _expect_left(page: UploadPage, words: str) -> None:
    await expect(page.tab.locator("#link-left")).to_contain_text(words)


async def _open(page: UploadPage, made: dict[str, Any]) -> None:
    await page.tab.goto(made["page_url"])


async def test_link_shows_its_note_takes_photos_and_says_what_is_left(
    page: UploadPage, working_service: Service
) -> None:
    made = await working_service.make_link(max_files=5, max_bytes=5_000_000, note="Summer <b>party")
    await _open(page, made)
    await expect(page.tab.locator("#link-note")).to_have_text("Summer <b>party")
    await _expect_left(page, "5 photos left · 4.8 MB left · open until")
    await page.choose(FILES[:2])
    await page.expect_states({"0.jpg": "Done", "1.jpg": "Done"})
    await _expect_left(page, "3 photos left")
    await expect(page.row("0.jpg").locator(".thumb img")).to_be_visible()
    assert [request.url for request in page.requests if "/v1/images" in request.url] == []
    assert (await working_service.link(made["id"]))["images"] == 2


async def test_token_leaves_the_address_bar_the_history_and_the_page(
    page: UploadPage, working_service: Service
) -> None:
    made = await working_service.make_link()
    await _open(page, made)
    await _expect_left(page, "Open until")
    token = made["token"]
    assert page.tab.url.endswith("/u")
    assert token not in await page.tab.evaluate("location.href + document.referrer")
    assert token not in await page.tab.content()


async def test_browser_forgets_the_token_when_all_is_sent_and_the_tab_is_closed(
    page: UploadPage, working_service: Service
) -> None:
    made = await working_service.make_link()
    await _open(page, made)
    await page.tab.route("**/v1/uploads", lambda route: route.abort())
    await page.choose(FILES[:1])
    await page.expect_states({"0.jpg": "Sent"})
    assert await page.kept_links() == [made["token"]]
    await page.tab.unroute_all()
    await page.expect_states({"0.jpg": "Done"})
    assert await page.kept_links() == []


async def test_photos_that_do_not_fit_any_more_say_so(
    page: UploadPage, working_service: Service
) -> None:
    made = await working_service.make_link(max_files=3)
    await _open(page, made)
    await page.choose(FILES)
    await page.expect_states({"0.jpg": "Done", "2.jpg": "Done", "3.jpg": "Not sent"})
    await expect(page.row("4.jpg")).to_contain_text("This link is used up")
    await _expect_left(page, "This link is used up")
    await expect(page.summary).to_have_text("3 of 5 photos done · 2 with a problem")
    await expect(page.tab.get_by_role("button", name="Choose photos")).to_be_hidden()
    await page.hand_over(FILES[:1], "drop")
    await expect(page.rows).to_have_count(5)


async def test_places_that_come_free_are_used(page: UploadPage, working_service: Service) -> None:
    made = await working_service.make_link(max_files=4)
    await _open(page, made)
    no_images = [(f"{name}.jpg", name.encode()) for name in ("text", "words")]
    await page.choose([*no_images, *FILES[:4]])
    await page.expect_states({"text.jpg": "Failed", "words.jpg": "Failed"})
    await page.expect_states({f"{n}.jpg": "Done" for n in range(4)})
    await _expect_left(page, "This link is used up")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("used_up", "This link is used up"),
        ("expired", "This link has expired"),
        ("revoked", "This link was withdrawn"),
    ],
)
async def test_link_that_ends_while_the_page_is_open_says_why(
    page: UploadPage, working_service: Service, end: str, words: str
) -> None:
    made = await working_service.make_link(max_files=1)
    await _open(page, made)
    await _expect_left(page, "1 photo left")
    await _end(working_service, made, end)
    await page.choose(FILES[:1])
    await page.expect_states({"0.jpg": "Not sent"})
    await expect(page.row("0.jpg")).to_contain_text(words)
    await _expect_left(page, words)
    await expect(page.tab.get_by_role("button", name="again")).to_be_hidden()


@pytest.mark.parametrize(
    ("end", "place", "words"),
    [
        ("used_up", "#link-left", "This link is used up"),
        ("expired", "#key-error", "This link has expired"),
        ("revoked", "#key-error", "This link was withdrawn"),
    ],
)
async def test_link_that_has_ended_says_why_when_it_is_opened(
    page: UploadPage, working_service: Service, end: str, place: str, words: str
) -> None:
    made = await working_service.make_link(max_files=1)
    await _end(working_service, made, end)
    await _open(page, made)
    await expect(page.tab.locator(place)).to_contain_text(words)
    await expect(page.tab.get_by_role("button", name="Choose photos")).to_be_hidden()
    await expect(page.tab.get_by_label("Key or link token")).to_be_hidden()


async def test_key_after_a_link_opens_the_page_in_full(
    page: UploadPage, working_service: Service
) -> None:
    made = await working_service.make_link(max_files=1, note="Summer party")
    await _end(working_service, made, "used_up")
    await _open(page, made)
    await _expect_left(page, "This link is used up")
    await page.tab.get_by_role("button", name="Use another key").click()
    await page.enter_key("mll_nothing")
    await expect(page.tab.locator("#key-error")).to_contain_text("The key is not accepted")
    await page.enter_key(ADMIN_KEY)
    await expect(page.tab.locator("#link-note")).to_be_hidden()
    await page.choose(FILES[:1])
    await page.expect_states({"0.jpg": "Done"})


async def _end(service: Service, made: dict[str, Any], how: str) -> None:
    if how == "used_up":
        await service.send([("other.jpg", draw())], route="/v1/uploads", key=made["token"])
    elif how == "expired":
        await service.expire_link(made["id"])
    else:
        await service.client.delete(f"/v1/upload-links/{made['id']}")
