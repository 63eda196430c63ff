"""Changes that are refused, by the service or before it, or sent twice; pages without scripts."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.browser.test_admin import agree, as_admin
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service
from tests.webhooks import allow_local_receivers, make_webhook

pytestmark = pytest.mark.one_service

PROXY_PAGE = "<html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>"
PROBLEM_PAGE = '<main><p id="refusal">The database does not answer.</p></main>'
FORMS = {
    "/admin/keys": ("Remark", "Create key"),
    "/admin/links": ("Message to the guests", "Create link"),
    "/admin/batches": ("Camera model", "Start batch"),
}
# The browser has been told to leave, and the form may send again.
CLICK_AGAIN = """(button) => document.addEventListener("htmx:finally:request", ({ target }) => {
  if (target.contains(button)) setTimeout(() => button.click(), 20);
})"""


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Allow webhooks to receivers on this machine."""
    return allow_local_receivers(environ)


async def _answer(tab: Page, path: str, status: int, body: str) -> None:
    """Answer changes at a path in place of the service."""

    async def fulfill(route: Route) -> None:
        if route.request.method == "POST":
            await route.fulfill(status=status, body=body, content_type="text/html")
        else:
            await route.continue_()

    await tab.route(f"**{path}", fulfill)


async def _submit_twice(button: Locator) -> None:
    await button.evaluate(
        "(one) => { one.click(); setTimeout(() => one.click(), 30); one.click(); }"
    )


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, PROBLEM_PAGE, "The database does not answer."),
        (502, PROXY_PAGE, "could not be reached, or something before it refused"),
        (413, "<h1>Too large</h1>", "(status 413)"),
        (429, "", "(status 429)"),
        (200, "<html><body>Sign in to this network</body></html>", "(status 200)"),
    ],
)
@pytest.mark.parametrize("path", FORMS)
async def test_refused_form_keeps_its_values_and_says_why(
    chromium: Browser, service: Service, path: str, status: int, body: str, words: str
) -> None:
    label, name = FORMS[path]
    async with as_admin(chromium, service) as site:
        tab = site.tab
        await site.open(path)
        await _answer(tab, path, status, body)
        await tab.get_by_label(label).fill("Party")
        button = tab.get_by_role("button", name=name)
        await button.click()
        form = tab.locator("main form").filter(has=button)
        await expect(form.get_by_role("alert")).to_contain_text(words)
        await expect(tab.get_by_label(label)).to_have_value("Party")
        assert await site.findings() == []


async def test_button_that_is_refused_stays_and_says_why(
    chromium: Browser, service: Service
) -> None:
    made = await service.make_link(note="Party", expires_in=3600)
    async with as_admin(chromium, service) as site:
        tab = site.tab
        await site.open("/admin/links")
        await _answer(tab, f"/admin/links/{made['id']}/revoke", 502, PROXY_PAGE)
        await tab.get_by_role("button", name="Revoke").click()
        await agree(site)
        await expect(tab.get_by_role("dialog").get_by_role("alert")).to_contain_text("502")
        assert await site.findings() == []
        await tab.get_by_role("button", name="No").click()
        await expect(tab.get_by_role("heading", name="Party")).to_be_visible()


async def test_words_of_a_refusal_stay_while_the_part_around_them_moves(
    chromium: Browser, service: Service
) -> None:
    made = await service.client.post("/v1/batches", json={"operation": "fingerprint"})
    path = f"/admin/batches/{made.json()['id']}"
    async with as_admin(chromium, service) as site:
        tab = site.tab
        await site.open("/admin/batches")
        await _answer(tab, f"{path}/cancel", 502, PROXY_PAGE)
        await tab.get_by_role("button", name="Cancel").click()
        await agree(site)
        words = tab.get_by_role("dialog").get_by_role("alert")
        await expect(words).to_contain_text("502")
        async with tab.expect_response(f"**{path}"):
            pass
        async with tab.expect_response(f"**{path}"):
            pass
        await expect(words).to_contain_text("502")


async def test_two_refused_forms_leave_no_id_twice(chromium: Browser, service: Service) -> None:
    for note in ("a", "b"):
        await make_webhook(service, note=note)
    async with as_admin(chromium, service) as site:
        tab = site.tab
        await site.open("/admin/webhooks")
        await _answer(tab, "/admin/webhooks/*/change", 409, PROBLEM_PAGE)
        for note in ("a", "b"):
            heading = tab.get_by_role("heading", name=note, exact=True)
            webhook = tab.get_by_role("listitem").filter(has=heading)
            await webhook.get_by_text("Change", exact=True).click()
            await webhook.get_by_role("button", name="Save").click()
            words = webhook.get_by_role("alert").first
            await expect(words).to_have_text("The database does not answer.")
        assert await tab.locator("[id=refusal]").count() == 0


@pytest.mark.parametrize("path", FORMS)
async def test_double_click_makes_one(chromium: Browser, service: Service, path: str) -> None:
    label, name = FORMS[path]
    async with as_admin(chromium, service) as site:
        tab = site.tab
        sent: list[str] = []

        async def go_on_late(route: Route) -> None:
            if route.request.method == "POST":
                sent.append(route.request.url)
                await asyncio.sleep(0.3)  # The second click falls into this time.
            await route.continue_()

        await site.open(path)
        await tab.route(f"**{path}", go_on_late)
        await tab.get_by_label(label).fill("Party")
        if path == "/admin/keys":
            await tab.get_by_label("User", exact=True).fill("anna")
        await _submit_twice(tab.get_by_role("button", name=name))
        await expect(tab.locator(".created, li.card").first).to_be_visible()
        await tab.wait_for_load_state("networkidle")
        assert len(sent) == 1


async def test_click_while_the_next_page_comes_changes_nothing(
    chromium: Browser, service: Service
) -> None:
    async with as_admin(chromium, service) as site:
        tab = site.tab
        sent: list[str] = []
        await site.open("/admin/batches")
        tab.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)

        async def come_late(route: Route) -> None:
            if route.request.is_navigation_request():
                await asyncio.sleep(0.5)  # The second click comes before the next page.
            await route.continue_()

        await tab.route("**/admin/batches", come_late)
        button = tab.get_by_role("button", name="Start batch")
        await button.evaluate(CLICK_AGAIN)
        await button.click()
        await expect(tab.locator("li.card").first).to_be_visible()
        assert len(sent) == 1


async def test_without_scripts_nothing_is_destroyed_before_a_question(
    chromium: Browser, working_service: Service
) -> None:
    service = working_service
    await service.process([("a.jpg", draw())], user_id="ben")
    await service.make_link(note="Party", expires_in=3600)
    settings: dict[str, Any] = {"java_script_enabled": False, "locale": "en-GB"}
    context = await chromium.new_context(**settings)
    tab, address = await context.new_page(), str(service.client.base_url).rstrip("/")
    await tab.goto(f"{address}/admin/users")
    await tab.get_by_label("API key").fill(ADMIN_KEY)
    await tab.get_by_role("button", name="Sign in").click()
    await tab.locator("#delete-user").fill("ben")
    await tab.get_by_role("button", name="Delete user").click()
    await expect(tab.get_by_role("heading", name="Delete user ben?")).to_be_visible()
    await tab.get_by_role("link", name="No").click()
    left = (await service.client.get("/v1/images?user_id=ben")).json()
    assert len(left["items"]) == 1
    await tab.goto(f"{address}/admin/links")
    await tab.get_by_role("button", name="Revoke").click()
    question = tab.get_by_role("dialog", name="Revoke")
    await expect(question).to_contain_text("Revoke this link?")
    await question.get_by_role("button", name="No").click()
    await expect(question).to_be_hidden()
    await tab.get_by_role("button", name="Revoke").click()
    await question.get_by_role("button", name="Revoke").click()
    await expect(tab.get_by_text("Revoked")).to_be_visible()
    await context.close()
