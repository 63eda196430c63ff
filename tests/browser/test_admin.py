"""The admin pages, as an administrator uses them."""

import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from PIL import Image
from playwright.async_api import Browser, expect

from benchmarks.harness.receivers import Receivers
from storage.clock import utc_now
from tests.browser.site import Site, new_site
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service, authorization
from tests.webhooks import allow_local_receivers, delivering, make_webhook

pytestmark = pytest.mark.one_service

SHOW_AS = """Object.defineProperty(
  document, "visibilityState", {{ configurable: true, get: () => "{state}" }}
)"""
PAGES = {
    "overview": "/admin",
    "links": "/admin/links",
    "keys": "/admin/keys",
    "dead-letters": "/admin/dead-letters",
    "batches": "/admin/batches",
    "webhooks": "/admin/webhooks",
    "histograms": "/admin/histograms",
    "users": "/admin/users",
    "audit": "/admin/audit",
    "settings": "/admin/settings",
    "health": "/admin/health",
}
# No picture can be worked on in this time.
NO_TIME: dict[str, object] = {"max_seconds": 1e-6}


@pytest.fixture
async def environ(environ: dict[str, str]) -> dict[str, str]:
    """The receivers of webhooks listen on this machine."""
    return allow_local_receivers(environ)


@asynccontextmanager
async def as_admin(
    chromium: Browser, service: Service, size: str = "desktop"
) -> AsyncIterator[Site]:
    context, site = await new_site(chromium, str(service.client.base_url), size)
    await site.sign_in(ADMIN_KEY)
    yield site
    await context.close()


async def agree(site: Site) -> None:
    """Answer yes to the question that is asked."""
    await site.tab.get_by_role("dialog").get_by_role("button").first.click()


CAMERAS = ("Canon EOS R6", "Pixel 9", "iPhone 17", "X100V")
CAMERA_MODEL = 272
"""The tag of EXIF."""


def photo(number: int) -> bytes:
    """Draw a photo of one of the cameras; each fifth is a copy of the first."""
    exif = Image.Exif()
    exif[CAMERA_MODEL] = CAMERAS[(number % 5) % len(CAMERAS)]
    return draw(600, 400, seed=number if number % 5 else 0, exif=exif)


async def _process(service: Service, **photos: range) -> None:
    """Have photos of users processed."""
    for user, numbers in photos.items():
        await service.process([(f"{n}.jpg", photo(n)) for n in numbers], user_id=user)


async def _fill(service: Service) -> None:
    """Make something of each kind that the pages show."""
    await _process(service, anna=range(12), ben=range(12, 18), carla=range(18, 20))
    made = await service.make_link(note="Photos of the party", max_files=20, expires_in=604_800)
    await service.send([("a.jpg", draw())], route="/v1/uploads", key=made["token"])
    await service.make_key("client", "anna")
    await make_webhook(service, note="Shop")


async def test_every_admin_page_is_accessible(
    chromium: Browser, working_service: Service, pictures: bool
) -> None:
    await _fill(working_service)
    async with as_admin(chromium, working_service) as site:
        for name, path in PAGES.items():
            await site.open(path)
            await site.check_looks(f"admin-{name}" if pictures else "")


@pytest.mark.parametrize("path", ["/admin", "/admin/links"])
async def test_slow_phone_shows_the_page_in_two_seconds_with_little_script(
    chromium: Browser, working_service: Service, path: str
) -> None:
    async with as_admin(chromium, working_service, "phone") as site:
        await site.slow_down()
        await site.open(path)
        measured = await site.measure()
        measured.assert_soon()
        assert measured.script_bytes < 50_000


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


async def test_new_link_is_shown_once_with_its_code_and_can_be_revoked(
    chromium: Browser, working_service: Service
) -> None:
    async with as_admin(chromium, working_service) as site:
        tab = site.tab
        await tab.get_by_role("link", name="Links").click()
        await tab.get_by_label("Most files").fill("5")
        await tab.get_by_label("Message to the guests").fill("Summer <b>party")
        await tab.get_by_role("button", name="Create link").click()
        await expect(tab.get_by_role("img", name="QR code")).to_be_visible()
        await site.check()
        page_url = await tab.get_by_label("Page for guests").input_value()
        await tab.locator("[data-copy=page-url]").click()
        await expect(tab.locator("[data-copy=page-url]")).to_have_text("Copied")

        token = page_url.partition("#")[2]
        await working_service.send([("a.jpg", draw())], route="/v1/uploads", key=token)
        await site.open("/admin/links")
        assert token not in await tab.content()
        link = tab.get_by_role("listitem").filter(has_text="Summer <b>party")
        await expect(link).to_contain_text("1 / 5")
        download = await site.download(link.get_by_role("link", name="Images as ZIP (1)"))
        archive = zipfile.ZipFile(await download.path())
        assert "manifest.json" in archive.namelist()

        await link.get_by_role("button", name="Revoke").click()
        await agree(site)
        await expect(link.get_by_text("Revoked")).to_be_visible()
        refused = await working_service.send([("b.jpg", draw())], route="/v1/uploads", key=token)
        assert refused.status_code == 410


async def test_wrong_values_are_refused_in_words(
    chromium: Browser, working_service: Service
) -> None:
    async with as_admin(chromium, working_service) as site:
        tab = site.tab
        await site.open("/admin/keys")
        note = tab.get_by_label("Remark")
        await note.fill("Phone")
        await tab.get_by_role("button", name="Create key").click()
        await expect(tab.get_by_role("alert")).to_have_text("A client key requires a user_id.")
        await expect(note).to_have_value("Phone")
        assert await site.findings() == []
        await tab.get_by_label("User", exact=True).fill("anna")
        await tab.get_by_role("button", name="Create key").click()
        await expect(tab.get_by_label("API key", exact=True)).to_be_visible()


async def test_new_key_is_shown_once_and_ends_when_it_is_revoked(
    chromium: Browser, working_service: Service
) -> None:
    async with as_admin(chromium, working_service) as site:
        tab = site.tab
        await site.open("/admin/keys")
        await tab.get_by_label("User", exact=True).fill("anna")
        await tab.get_by_label("Remark").fill("Phone")
        await tab.get_by_label("read", exact=True).check()
        await tab.get_by_role("button", name="Create key").click()
        key = await tab.get_by_label("API key", exact=True).input_value()
        await site.check()
        headers = authorization(key)
        answer = await working_service.client.get("/v1/jobs", headers=headers)
        assert answer.status_code == 200
        await site.open("/admin/keys")
        assert key not in await tab.content()
        made = tab.get_by_role("listitem").filter(has_text="Phone")
        await expect(made).to_contain_text("client")
        await made.get_by_role("button", name="Revoke").click()
        await agree(site)
        await expect(made.get_by_text("Revoked")).to_be_visible()
        answer = await working_service.client.get("/v1/jobs", headers=headers)
        assert answer.status_code == 401
        await site.open("/admin/audit")
        await expect(tab.get_by_role("cell", name="api_key.revoked")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "until", "button"),
    [
        ("/admin/links", "Or until (UTC)", "Create link"),
        ("/admin/keys", "Or at (UTC)", "Create key"),
    ],
)
async def test_expiry_is_picked(
    chromium: Browser, working_service: Service, path: str, until: str, button: str
) -> None:
    day = f"{utc_now() + timedelta(days=2):%Y-%m-%d}"
    async with as_admin(chromium, working_service) as site:
        await site.open(path)
        if path == "/admin/keys":
            await site.tab.get_by_label("User", exact=True).fill("anna")
        await site.tab.get_by_label(until).fill(f"{day}T12:30")
        await site.tab.get_by_role("button", name=button).click()
        await expect(site.tab.locator(".created")).to_be_visible()
        await site.open(path)
        made = site.tab.get_by_role("main").get_by_role("listitem")
        await expect(made).to_contain_text(f"{day} 12:30")


async def test_events_that_failed_since_a_time_are_sent_again(
    chromium: Browser, working_service: Service
) -> None:
    made = await make_webhook(working_service)
    async with as_admin(chromium, working_service) as site:
        await site.open(f"/admin/webhooks/{made['id']}")
        await site.tab.get_by_label("Failed since (UTC)").fill(f"{utc_now():%Y-%m-%d}T00:00")
        async with site.tab.expect_response("**/redeliver") as answered:
            await site.tab.get_by_role("button", name="Send failed ones again").click()
        assert (await answered.value).status == 200


async def test_dead_letter_is_retried_and_succeeds(chromium: Browser, service: Service) -> None:
    async with service.working(**NO_TIME):
        job = await service.process([("night.jpg", draw())], user_id="anna")
    async with as_admin(chromium, service) as site:
        await site.open("/admin/dead-letters")
        letter = site.tab.get_by_role("listitem").filter(has_text="night.jpg")
        await expect(letter).to_contain_text("decode_timed_out")
        await letter.get_by_text("Attempts (1)").click()
        await site.check()
        await letter.get_by_role("button", name="Retry").click()
        await expect(site.tab.get_by_text("There are no dead letters.")).to_be_visible()
    async with service.working():
        assert (await service.job(job["id"]))["status"] == "succeeded"


async def test_dead_letters_are_discarded_together(chromium: Browser, service: Service) -> None:
    async with service.working(**NO_TIME):
        await service.process([("a.jpg", draw()), ("b.jpg", draw(seed=1))], user_id="anna")
    async with as_admin(chromium, service) as site:
        await site.open("/admin/dead-letters?code=decode_timed_out")
        await site.tab.get_by_role("button", name="Discard all").click()
        await agree(site)
        await expect(site.tab.get_by_text("There are no dead letters.")).to_be_visible()
    assert await service.stores.dead_letters.count() == 0


async def test_webhook_is_made_tested_and_its_failed_event_sent_again(
    chromium: Browser, service: Service, pictures: bool
) -> None:
    async with (
        Receivers() as receivers,
        delivering(service, webhook_retry_seconds="", webhook_poll_seconds=0.05),
        as_admin(chromium, service) as site,
    ):
        tab = site.tab
        receivers.is_well = False
        await site.open("/admin/webhooks")
        await tab.get_by_label("Address").fill(receivers.url("moody"))
        await tab.get_by_role("button", name="Create webhook").click()
        secret = await tab.get_by_label("Secret", exact=True).input_value()
        assert secret.startswith("whsec_")
        await expect(tab.get_by_role("heading", name="The secret of the webhook")).to_be_focused()
        await site.check()
        await site.open("/admin/webhooks")
        assert secret not in await tab.content()
        await tab.get_by_role("button", name="New secret").click()
        await agree(site)
        await expect(tab.get_by_label("Secret", exact=True)).not_to_have_value(secret)
        await tab.get_by_text("Change", exact=True).click()
        change = tab.locator("details form").last
        await change.get_by_label("Remark").fill("The shop")
        await change.get_by_role("button", name="Save").click()
        await expect(tab.get_by_role("heading", name="The shop")).to_be_visible()
        await tab.get_by_role("button", name="Pause").click()
        await expect(tab.get_by_text("Paused")).to_be_visible()
        await tab.get_by_role("button", name="Enable").click()
        await tab.get_by_role("button", name="Send test event").click()
        delivery = tab.get_by_role("listitem").filter(has_text="webhook.test")
        await expect(delivery).to_contain_text("Last answer: 500.")
        await site.check_looks("admin-deliveries" if pictures else "")
        await delivery.get_by_role("link", name="webhook.test").click()
        await expect(tab.get_by_text("500").first).to_be_visible()  # It may have failed twice.
        await site.check_looks("admin-delivery" if pictures else "")
        receivers.is_well = True
        await tab.get_by_role("button", name="Send again").click()
        await expect(delivery).to_contain_text("Delivered")
        assert len({message.id for message in receivers.messages}) == 1


async def test_similar_users_are_listed_nearest_first(
    chromium: Browser, working_service: Service
) -> None:
    await _process(working_service, anna=range(2), ben=range(2, 4))
    async with as_admin(chromium, working_service) as site:
        await site.open("/admin/users")
        await site.tab.locator("#similar-user").fill("anna")
        await site.tab.get_by_role("button", name="Find similar users").click()
        await expect(site.tab.get_by_role("rowheader", name="ben")).to_be_visible()
        await site.check()


async def test_user_is_deleted_with_all_images(chromium: Browser, working_service: Service) -> None:
    await _process(working_service, anna=range(2), ben=range(2, 4))
    async with as_admin(chromium, working_service) as site:
        await site.open("/admin/users")
        await site.tab.locator("#delete-user").fill("ben")
        await site.tab.get_by_role("button", name="Delete user").click()
        await expect(site.tab.get_by_role("heading", name="Delete user ben?")).to_be_focused()
        await site.check()
        await site.tab.get_by_role("button", name="Delete user with all images").click()
        await expect(site.tab.get_by_text("The user is deleted.")).to_be_visible()
        await site.check()
    left = (await working_service.client.get("/v1/images?user_id=ben")).json()
    assert left["items"] == []


async def test_live_part_stays_and_says_so_while_the_service_does_not_answer(
    chromium: Browser, working_service: Service
) -> None:
    async with as_admin(chromium, working_service) as site:
        banner = site.tab.get_by_text("The service does not answer.")
        await expect(banner).to_be_hidden()
        await site.tab.context.set_offline(True)
        await expect(banner).to_be_visible()
        await expect(site.tab.locator("#queue-images")).to_have_text("0")
        assert await site.findings() == []
        await site.tab.context.set_offline(False)
        await expect(banner).to_be_hidden()
        await working_service.stores.database["sessions"].delete_many({})
        await expect(site.tab.get_by_label("API key")).to_be_visible()


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
