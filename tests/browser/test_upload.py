"""People drop photos off and see what comes of them, in a real browser."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, expect

from tests.browser.upload_page import UploadPage
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service, running_service
from tests.uploads import claim, start_job

pytestmark = pytest.mark.one_service

PORTRAIT = "Aaron_Eckhart_0001.jpg"
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
TEXT = ("notes <b>of</b> mine.txt", b"no picture at all, only words " * 20)


async def test_real_photos_show_their_results_and_a_text_file_its_error(
    page: UploadPage, test_data: Path
) -> None:
    photo = test_data / "photos" / "Nikon_D70.jpg"
    portrait = test_data / "lfw" / PORTRAIT
    files = [(path.name, path.read_bytes()) for path in (photo, portrait)]
    await page.choose([*files, TEXT])
    await page.expect_states({photo.name: "Done", PORTRAIT: "Done", "notes": "Failed"})

    facts = page.row(photo.name).locator(".facts")
    await expect(facts).to_contain_text("JPEG")
    await expect(facts).to_contain_text("NIKON D70")
    await expect(facts).to_contain_text(re.compile(r"\d+ × \d+"))
    await expect(facts).to_contain_text(re.compile(r"20\d\d, \d\d:\d\d"))
    for name in (photo.name, PORTRAIT):
        picture = page.row(name).locator(".thumb img")
        await expect(picture).to_be_visible()
        assert str(await picture.get_attribute("src")).startswith("blob:")
        await expect(page.row(name).get_by_role("img", name="Brightness histogram")).to_be_visible()
    refused = page.row("notes")
    await expect(refused.locator(".name")).to_have_text(TEXT[0])
    await expect(refused).to_contain_text("The file is no image of a supported format")
    await expect(page.summary).to_have_text("2 of 3 photos done · 1 with a problem")
    await page.announces("2 of 3 photos done, 1 with a problem")


async def test_faces_are_shown_in_boxes_by_keyboard_alone(
    page: UploadPage, test_data: Path
) -> None:
    await page.choose([(PORTRAIT, (test_data / "lfw" / PORTRAIT).read_bytes())])
    show = page.row(PORTRAIT).get_by_role("button", name=re.compile("Show 1 face"))
    await show.focus()
    await page.tab.keyboard.press("Enter")
    viewer = page.tab.get_by_role("dialog", name=f"1 face in {PORTRAIT}")
    picture = viewer.get_by_role("img", name="each in a box")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.naturalWidth") == 250
    await page.tab.keyboard.press("Escape")
    await expect(viewer).to_be_hidden()
    await expect(show).to_be_focused()


async def test_key_leaves_the_address_bar_and_the_history_and_is_kept_nowhere(
    page: UploadPage,
) -> None:
    assert page.tab.url.endswith("/u")
    assert ADMIN_KEY not in await page.tab.evaluate("location.href + document.referrer")
    assert ADMIN_KEY not in await page.storage()
    assert ADMIN_KEY not in await page.tab.content()
    assert [request.url for request in page.requests if ADMIN_KEY in request.url] == []
    await page.tab.reload()
    await expect(page.tab.get_by_label("Key or link token")).to_be_visible()
    await page.tab.go_back()
    assert ADMIN_KEY not in page.tab.url


@pytest.mark.parametrize("way", ["drop", "paste"])
async def test_files_come_by_drop_and_by_paste(page: UploadPage, way: str) -> None:
    await page.hand_over([("a.png", draw(kind="PNG")), ("b.jpg", draw(seed=1))], way)
    await page.expect_states({"a.png": "Done", "b.jpg": "Done"})


async def test_folder_is_sent_with_all_below_it(page: UploadPage, tmp_path: Path) -> None:
    (tmp_path / "holidays" / "beach").mkdir(parents=True)
    (tmp_path / "holidays" / "a.jpg").write_bytes(draw(seed=1))
    (tmp_path / "holidays" / "beach" / "b.jpg").write_bytes(draw(seed=2))
    (tmp_path / "holidays" / ".DS_Store").write_bytes(b"junk")
    async with page.tab.expect_file_chooser() as chooser:
        await page.tab.get_by_role("button", name="Choose a folder").click()
    await (await chooser.value).set_files(tmp_path / "holidays")
    await page.expect_states({"a.jpg": "Done", "b.jpg": "Done"})
    await expect(page.rows).to_have_count(2)


async def test_same_file_again_is_noted_as_a_duplicate(page: UploadPage) -> None:
    await page.choose([("first.jpg", draw())])
    await page.expect_states({"first.jpg": "Done"})
    await page.choose([("second.jpg", draw())])
    await page.expect_states({"second.jpg": "Done"})
    await expect(page.row("second.jpg")).to_contain_text("A duplicate of an earlier upload")
    await expect(page.row("first.jpg")).not_to_contain_text("duplicate")


async def test_many_photos_become_few_jobs(page: UploadPage) -> None:
    await page.choose([(f"{number}.jpg", draw(seed=number)) for number in range(45)])
    await expect(page.summary).to_have_text("45 of 45 photos done")
    assert 1 <= len(page.jobs) <= 5
    assert len({request.headers["idempotency-key"] for request in page.jobs}) == len(page.jobs)


async def test_connection_that_returns_needs_no_button(page_in_trouble: UploadPage) -> None:
    page = page_in_trouble
    await page.tab.route("**/v1/uploads/tus", lambda route: route.abort("connectionreset"))
    await page.choose([("a.jpg", draw())])
    await page.expect_states({"a.jpg": re.compile("No connection: again in")})
    await expect(page.banner).to_contain_text("goes on by itself")
    await page.tab.unroute_all()
    await page.expect_states({"a.jpg": "Done"})
    await expect(page.banner).to_be_hidden()


async def test_answer_that_is_lost_doubles_nothing(
    page_in_trouble: UploadPage, working_service: Service
) -> None:
    page, tab = page_in_trouble, page_in_trouble.tab
    answers: list[int] = []

    async def lose_answer(route: Route) -> None:
        answers.append((await route.fetch()).status)
        await route.abort("connectionreset")

    await tab.route("**/v1/jobs", lose_answer, times=1)
    await page.choose([("a.jpg", draw()), ("b.jpg", draw(seed=1))])
    await page.expect_states({"a.jpg": "Done", "b.jpg": "Done"})
    assert answers == [202]
    assert await working_service.count("jobs") == 1


async def test_busy_service_is_asked_again_when_it_said(page_in_trouble: UploadPage) -> None:
    page = page_in_trouble
    answered: list[float] = []

    async def refuse_once(route: Route) -> None:
        answered.append(asyncio.get_running_loop().time())
        if len(answered) == 1:
            await route.fulfill(status=503, headers={"Retry-After": "2"}, json={})
        else:
            await route.continue_()

    await page.tab.route("**/v1/uploads/tus", refuse_once)
    await page.choose([("a.jpg", draw())])
    await page.expect_states({"a.jpg": "The service is busy: again in 2 s"})
    await page.expect_states({"a.jpg": "Done"})
    assert answered[1] - answered[0] > 1.9


async def test_parts_that_a_proxy_finds_too_large_are_halved(page_in_trouble: UploadPage) -> None:
    page = page_in_trouble

    async def refuse_large(route: Route) -> None:
        if len(route.request.post_data_buffer or b"") > 1_000_000:
            await route.fulfill(status=413, body="no")
        else:
            await route.continue_()

    await page.tab.route("**/v1/uploads/tus/*", refuse_large)
    await page.choose([("a.jpg", draw().ljust(1_500_000, b"\0"))])
    await page.expect_states({"a.jpg": "Done"})


async def test_limits_of_the_service_are_kept_and_told(tab: Page, environ: dict[str, str]) -> None:
    limits = {"MINILAB_MAX_FILE_BYTES": "30000"}
    async with running_service(environ | limits) as service, service.working():
        page = UploadPage(tab, str(service.client.base_url))
        await page.open(ADMIN_KEY)
        await expect(tab.locator("#limits")).to_contain_text("up to 29.3 KB each")
        await page.choose([("a.jpg", draw()), ("large.jpg", bytes(40_000))])
        await page.expect_states({"a.jpg": "Done", "large.jpg": "Not sent"})
        await expect(page.row("large.jpg")).to_contain_text("takes 29.3 KB at most")


async def test_uploads_pause_go_on_and_are_canceled(page: UploadPage) -> None:
    tab = page.tab
    network = await tab.context.new_cdp_session(tab)
    await network.send("Network.emulateNetworkConditions", SLOW)
    await page.choose([(f"{n}.jpg", draw(seed=n).ljust(1_000_000, b"\0")) for n in range(5)])
    await page.expect_states({"0.jpg": re.compile("Sending"), "3.jpg": "Waiting to be sent"})
    await tab.get_by_role("button", name="Pause").click()
    await expect(page.summary).to_contain_text("Paused")
    await page.expect_states({f"{n}.jpg": "Waiting to be sent" for n in range(5)})
    await tab.get_by_role("button", name="Cancel: 3.jpg").click()
    await page.expect_states({"3.jpg": "Canceled"})
    await network.send("Network.emulateNetworkConditions", SLOW | {"uploadThroughput": -1})
    await tab.get_by_role("button", name="Go on").click()
    await page.expect_states({f"{n}.jpg": "Done" for n in (0, 1, 2, 4)})
    await expect(page.summary).to_have_text("4 of 4 photos done")


async def test_progress_is_what_the_network_has_taken(page: UploadPage) -> None:
    network = await page.tab.context.new_cdp_session(page.tab)
    await network.send("Network.emulateNetworkConditions", SLOW)
    await page.choose([("slow.jpg", draw().ljust(1_000_000, b"\0"))])
    state = page.row("slow.jpg").locator(".state")
    await expect(state).to_have_text(re.compile(r"Sending, [1-4]\d %"))
    await expect(page.row("slow.jpg").get_by_role("progressbar")).to_be_visible()
    await expect(state).to_have_text(re.compile(r"Sending, [5-9]\d %"))
    await page.expect_states({"slow.jpg": "Done"})


async def test_revoked_key_is_replaced_and_nothing_has_to_be_chosen_again(
    tab: Page, working_service: Service
) -> None:
    page = UploadPage(tab, str(working_service.client.base_url))
    key = await working_service.make_key("client", "u1")
    await page.open(key)
    keys = (await working_service.client.get("/v1/api-keys")).json()["items"]
    for known in keys:
        await working_service.client.delete(f"/v1/api-keys/{known['id']}")
    await page.choose([("a.jpg", draw())])
    await page.expect_states({"a.jpg": "Not sent"})
    await expect(tab.locator("#key-error")).to_contain_text("The key is not accepted")
    await page.enter_key(ADMIN_KEY)
    await tab.get_by_role("button", name="Send 1 photo again").click()
    await page.expect_states({"a.jpg": "Done"})


async def test_results_appear_when_the_connection_is_back(page_in_trouble: UploadPage) -> None:
    page, tab = page_in_trouble, page_in_trouble.tab
    await tab.route("**/v1/jobs/*", lambda route: route.abort(), times=1)
    await page.choose([("a.jpg", draw())])
    await expect(page.banner).to_contain_text("Your photos are safe")
    await page.expect_states({"a.jpg": "Done"})
    await expect(page.banner).to_be_hidden()


async def test_queue_is_shown_while_nobody_works(tab: Page, service: Service) -> None:
    page = UploadPage(tab, str(service.client.base_url))
    await page.open(ADMIN_KEY)
    await service.send([(f"{n}.jpg", draw(seed=n)) for n in range(3)])
    await page.choose([("mine.jpg", draw(seed=9))])
    await page.expect_states({"mine.jpg": "In the queue, 3 photos ahead"})
    async with service.working():
        await page.expect_states({"mine.jpg": "Done"})


async def test_work_is_shown_while_it_goes_on(tab: Page, service: Service) -> None:
    page = UploadPage(tab, str(service.client.base_url))
    await page.open(ADMIN_KEY)
    await page.choose([("a.jpg", draw())])
    await expect(page.row("a.jpg").locator(".state")).to_contain_text("In the queue")
    (job,) = (await service.client.get("/v1/jobs")).json()["items"]
    await claim(service.stores.ledger, job["id"], 0)
    await service.stores.job_events.publish(await start_job(service.stores.ledger, job["id"]))
    await page.expect_states({"a.jpg": "Being processed"})
    assert f"/v1/jobs/{job['id']}/events" in "".join(request.url for request in page.requests)


async def test_results_appear_though_too_many_listen(page_in_trouble: UploadPage) -> None:
    page, tab = page_in_trouble, page_in_trouble.tab
    full = json.dumps({"code": "listeners_full"})
    await tab.route("**/events", lambda route: route.fulfill(status=503, body=full))
    await page.choose([("a.jpg", draw())])
    await page.expect_states({"a.jpg": "Done"})
    await expect(page.banner).to_be_hidden()


async def test_page_without_a_key_asks_for_one(tab: Page, working_service: Service) -> None:
    page = UploadPage(tab, str(working_service.client.base_url))
    await page.open()
    await expect(tab.get_by_label("Key or link token")).to_be_focused()
    await page.enter_key("no key at all")
    await expect(tab.locator("#key-error")).to_contain_text("The key is not accepted")
    await page.enter_key(ADMIN_KEY)
    await page.choose([("a.jpg", draw())])
    await page.expect_states({"a.jpg": "Done"})
