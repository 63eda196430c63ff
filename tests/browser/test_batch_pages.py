"""Batches on the admin page: started, followed, counted before anything is removed, canceled."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_admin import agree, as_admin
from tests.pictures import draw
from tests.service import Service

pytestmark = pytest.mark.one_service


async def _upload(service: Service, count: int = 4) -> None:
    files = [(f"{n}.jpg", draw(seed=n)) for n in range(count)]
    await service.process(files, user_id="anna")


async def test_batch_is_started_followed_and_shown_with_its_end(
    chromium: Browser, working_service: Service, pictures: bool
) -> None:
    await _upload(working_service)
    async with as_admin(chromium, working_service) as site:
        tab = site.tab
        await tab.get_by_role("link", name="Batches").click()
        await site.check()
        await tab.get_by_label("What to do").select_option("thumbnail")
        await tab.get_by_label("320", exact=True).check()
        await tab.get_by_label("AVIF").check()
        await tab.get_by_label("User", exact=True).fill("anna")
        await tab.get_by_role("button", name="Start batch").click()
        made = tab.locator("li.card").filter(has_text="320 px")
        await expect(made).to_contain_text("Done")
        await expect(made).to_contain_text("4 of 4 images")
        await tab.locator("summary", has_text="New batch").click()
        await tab.get_by_label("What to do").select_option("fingerprint")
        await tab.get_by_label("Compute results anew").check()
        await tab.get_by_label("Tags").fill("holiday, sea")
        await tab.get_by_role("button", name="Start batch").click()
        await expect(tab.get_by_text("tag: holiday, sea")).to_be_visible()
        await site.check_looks("admin-batches" if pictures else "")


async def test_images_are_counted_and_then_removed(
    chromium: Browser, working_service: Service
) -> None:
    await _upload(working_service)
    async with as_admin(chromium, working_service) as site:
        tab = site.tab
        await site.open("/admin/batches")
        await tab.get_by_label("What to do").select_option("remove")
        await tab.get_by_label("Only count").check()
        await tab.get_by_role("button", name="Start batch").click()
        run = tab.get_by_role("button", name="Do this with 4 images")
        await expect(run).to_be_visible()
        await site.check()
        await run.click()
        await agree(site)
        removed = tab.locator("li.card").filter(has_text="of 4 images").first
        await expect(removed).to_contain_text("Done")
    assert (await working_service.client.get("/v1/images")).json()["items"] == []


async def test_batch_is_canceled(chromium: Browser, service: Service) -> None:
    async with as_admin(chromium, service) as site:
        tab = site.tab
        await site.open("/admin/batches")
        await tab.get_by_role("button", name="Start batch").click()
        await tab.get_by_role("button", name="Cancel").click()
        await agree(site)
        await expect(tab.get_by_text("Canceled")).to_be_visible()
        await site.check()


async def test_removal_without_a_number_is_refused_in_words(
    chromium: Browser, service: Service
) -> None:
    async with as_admin(chromium, service) as site:
        await site.open("/admin/batches")
        await site.tab.get_by_label("What to do").select_option("remove")
        await site.tab.get_by_role("button", name="Start batch").click()
        await expect(site.tab.get_by_role("alert")).to_contain_text("what a dry run counted")
        assert await site.findings() == []


async def test_models_are_shown_only_where_the_service_learns(
    chromium: Browser, service: Service
) -> None:
    async with as_admin(chromium, service) as site:
        await expect(site.tab.get_by_role("link", name="Models")).to_have_count(0)
        await site.open("/admin/models")
        await expect(site.tab.get_by_role("alert")).to_contain_text("MINILAB_LEARNING")
        await site.open("/gallery?predicted=flower:daisy")
        await expect(site.tab.get_by_label("Remove the condition predicted")).to_be_visible()
        await expect(site.tab.get_by_label("Predicted (task:value)")).to_have_count(0)
