"""The gallery, as the holder of a key uses it."""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Response, Route, expect

from api.pages.gallery.search import PAGE_IMAGES
from tests.browser.site import Site, new_site
from tests.image_documents import finished_image, insert_images
from tests.pictures import draw
from tests.service import ADMIN_KEY, File, Service
from tests.waiting import LATEST_SECONDS, until

pytestmark = pytest.mark.one_service

PHOTOS = ("photos/DSCN0010.jpg", "photos/Nikon_D70.jpg", "photos/IMG_5195.HEIC")
FACE = "lfw/Alan_Mulally_0001.jpg"
LONG_NAME = (
    "Ein sehr langer Name mit Umlauten äöü, der nicht enden will, Fassung vom 30. 11. (2).jpg"
)
DRAWN = (
    ("wide.png", draw(1600, 60, seed=3, kind="PNG")),
    ("tall.jpg", draw(60, 1500, seed=4)),
    (LONG_NAME, draw(300, 200, seed=8)),
    ("Фотография.jpg", draw(300, 200, seed=9)),
    ("damaged.jpg", b"\xff\xd8\xff" + b"nothing" * 20),
)
# No picture can be worked on in this time.
NO_TIME: dict[str, object] = {"max_seconds": 1e-6}


MANY = 5_040
"""Whole pages."""
MOST_PAGES_IN_SIGHT = 4
"""The pages that a browser lays out: what is in view, and what is near it."""
NOTE_LONG_TASKS = """
window.longTasks = [];
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.longTasks.push(task.duration);
}).observe({ type: "longtask", buffered: true });
"""
# Tiles of pages that are out of sight are neither styled nor laid out.
RENDERED = """(all) => all.filter(
  (one) => one.checkVisibility({ contentVisibilityAuto: true })
).length"""


@asynccontextmanager
async def signed_in(
    chromium: Browser,
    service: Service,
    path: str = "/gallery",
    key: str = ADMIN_KEY,
) -> AsyncIterator[Site]:
    context, site = await new_site(chromium, str(service.client.base_url))
    await site.sign_in(key, path)
    yield site
    await context.close()


def photos(test_data: Path, *names: str) -> list[File]:
    return [(Path(name).name, (test_data / name).read_bytes()) for name in names]


def ids_of(job: dict[str, Any]) -> dict[str, str]:
    return {item["filename"]: item["image_id"] for item in job["items"]}


async def loaded(site: Site, selector: str) -> None:
    """Wait until a picture is there with its pixels, and the scripts of the page have run."""
    await site.has_scripts()
    picture = site.tab.locator(selector)
    width = "(image) => image.complete && image.naturalWidth"
    await until(lambda: picture.evaluate(width))


async def test_every_gallery_page_is_accessible(
    chromium: Browser, working_service: Service, test_data: Path, pictures: bool
) -> None:
    files = [*DRAWN, *photos(test_data, *PHOTOS, FACE)]
    job = await working_service.process(files, tags="holiday")
    image = ids_of(job)
    pages = {
        "search": "/gallery",
        "image": f"/gallery/images/{image['Alan_Mulally_0001.jpg']}",
        "jobs": "/gallery/jobs",
        "job": f"/gallery/jobs/{job['id']}",
        "exif": f"/gallery/images/{image['DSCN0010.jpg']}",
        "heic": f"/gallery/images/{image['IMG_5195.HEIC']}",
        "failed": f"/gallery/images/{image['damaged.jpg']}",
        "wide": f"/gallery/images/{image['wide.png']}",
        "long": f"/gallery/images/{image[LONG_NAME]}",
        "nothing": "/gallery?camera=None+of+this+name&near=48.2%2C16.37&attribute=room%3Akitchen",
        "no-jobs": "/gallery/jobs?status=canceled",
    }
    async with signed_in(chromium, working_service) as site:
        for name, path in pages.items():
            await site.open(path)
            await site.tab.wait_for_load_state("networkidle")
            shown = (
                f"gallery-{name}" if pictures and name in {"search", "image", "jobs", "job"} else ""
            )
            await site.check_looks(shown, whole=name == "image")
        await site.open(pages["image"])
        await site.tab.get_by_role("button", name="Delete").click()
        await site.check_looks()


async def test_search_narrows_and_its_address_can_be_shared(
    chromium: Browser, working_service: Service, test_data: Path
) -> None:
    await working_service.process(photos(test_data, *PHOTOS))
    await working_service.process(photos(test_data, FACE), tags="people,2026")
    async with signed_in(chromium, working_service) as site:
        tab, shots = site.tab, site.tab.locator(".tile")
        await expect(shots).to_have_count(4)
        await tab.get_by_label("Camera model").fill("COOLPIX P6000")
        await tab.get_by_role("button", name="Search").click()
        await expect(tab).to_have_url(f"{site.address}/gallery?camera=COOLPIX+P6000")
        await expect(shots).to_have_count(1)
        await expect(tab.get_by_role("img", name="DSCN0010.jpg")).to_be_visible()
        await tab.go_back()
        await expect(shots).to_have_count(4)
        await tab.get_by_text("More conditions").click()
        await tab.get_by_label("Near (lat, long)").fill(" 43.467, 11.885 ")
        await tab.get_by_label("Faces (at least)").press("Enter")
        await expect(tab).to_have_url(f"{site.address}/gallery?near=43.467%2C11.885&radius_m=1000")
        await expect(shots).to_have_count(1)
        await tab.get_by_label("Near (lat, long)").fill("north")
        await tab.get_by_role("button", name="Search").click()
        await expect(tab.get_by_role("alert")).to_contain_text("Near (lat, long): must be")
        assert await site.findings() == []
    shared = "/gallery?tag=people&tag=2026&min_faces=1"
    async with signed_in(chromium, working_service, shared) as site:
        await expect(site.tab.locator(".tile")).to_have_count(1)
        await expect(site.tab.get_by_label("Tags")).to_have_value("people, 2026")


async def test_large_view_shows_results_and_leads_to_neighbours_by_keyboard(
    chromium: Browser, working_service: Service, test_data: Path
) -> None:
    job = await working_service.process(photos(test_data, FACE, PHOTOS[0]))
    image = ids_of(job)
    (box,) = json.loads((test_data / "lfw" / "expected.json").read_text())[Path(FACE).name]
    async with signed_in(chromium, working_service) as site:
        tab = site.tab
        await tab.get_by_role("link", name="Alan_Mulally_0001.jpg").click()
        await loaded(site, ".photo img")
        drawn = tab.locator(".boxes rect")
        sides = [await drawn.get_attribute(name) for name in ("x", "y", "width", "height")]
        assert [int(side or "") for side in sides] == box
        shown, marked = await tab.locator(".photo img").bounding_box(), await drawn.bounding_box()
        assert shown is not None
        assert marked is not None
        assert abs((marked["x"] - shown["x"]) / shown["width"] - box[0] / 250) < 0.02
        await tab.get_by_label("Show the faces").uncheck()
        await expect(drawn).to_be_hidden()

        await tab.keyboard.press("Escape")
        await tab.locator("h1").click()
        await tab.keyboard.press("ArrowLeft")
        await expect(tab).to_have_url(f"{site.address}/gallery/images/{image['DSCN0010.jpg']}")
        about = tab.locator(".about")
        for text in ("COOLPIX P6000", "1/75 s", "f/5.9", "24 mm", "43.46745° N, 11.88513° E"):
            await expect(about).to_contain_text(text)
        await tab.get_by_role(
            "img", name="The most frequent level is 255"
        ).scroll_into_view_if_needed()
        await loaded(site, ".histogram")
        await expect(tab.get_by_role("heading", name="Similar brightness")).to_be_visible()
        await tab.keyboard.press("ArrowRight")
        await expect(tab.locator("h1")).to_have_text("Alan_Mulally_0001.jpg")
        await tab.go_back()
        await tab.go_back()
        await tab.go_back()
        await expect(tab.get_by_role("link", name="Alan_Mulally_0001.jpg")).to_be_focused()
        await site.check()


async def test_file_that_browsers_do_not_show_is_shown_as_made_picture(
    chromium: Browser, working_service: Service, test_data: Path
) -> None:
    job = await working_service.process(photos(test_data, "photos/IMG_5195.HEIC"))
    async with signed_in(chromium, working_service) as site:
        await site.open(f"/gallery/images/{job['items'][0]['image_id']}")
        await loaded(site, ".photo img")
        await expect(site.tab.get_by_text("This is a JPEG made from it")).to_be_visible()
        download = await site.download(site.tab.get_by_role("link", name="Download original"))
        original = (await download.path()).read_bytes()
        assert original == (test_data / "photos/IMG_5195.HEIC").read_bytes()
        assert download.suggested_filename == "IMG_5195.HEIC"


async def test_image_is_deleted_after_a_question(
    chromium: Browser, working_service: Service
) -> None:
    job = await working_service.process([("a.jpg", draw()), ("b.jpg", draw(seed=1))])
    path = f"/v1/images/{ids_of(job)['a.jpg']}"
    async with signed_in(chromium, working_service) as site:
        tab = site.tab
        await tab.get_by_role("link", name="a.jpg").click()
        await tab.get_by_role("button", name="Delete").press("Enter")
        await expect(tab.get_by_role("dialog", name="Delete this image?")).to_be_visible()
        await expect(tab.get_by_role("button", name="Keep")).to_be_focused()
        await tab.keyboard.press("Enter")
        await expect(tab.get_by_role("dialog")).to_be_hidden()
        assert (await working_service.client.get(path)).status_code == 200
        await tab.get_by_role("button", name="Delete").click()
        await tab.get_by_role("button", name="Delete image").click()
        await expect(tab).to_have_url(f"{site.address}/gallery")
        await expect(tab.locator(".tile")).to_have_count(1)
        assert (await working_service.client.get(path)).status_code == 404
        await site.open(f"/gallery/images/{ids_of(job)['a.jpg']}")
        await expect(tab.get_by_role("alert")).to_contain_text("The object was not found")
        assert await site.findings() == []


async def test_change_without_an_answer_says_so_and_can_be_made_again(
    chromium: Browser, working_service: Service
) -> None:
    job = await working_service.process([("a.jpg", draw())])
    path = f"/gallery/images/{ids_of(job)['a.jpg']}"
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def answer_late(route: Route) -> None:
        asked.set()
        await may_answer.wait()
        await route.fulfill(body="<p>a late part of the page</p>")

    async with signed_in(chromium, working_service) as site:
        tab = site.tab
        await tab.route("**/alike", answer_late)
        await site.open(path)
        banner = tab.get_by_role("alert").filter(has_text="The service does not answer.")
        await asked.wait()  # An answer to what is asked after the change may hide it.
        await tab.get_by_role("button", name="Delete").click()
        await tab.context.set_offline(True)
        await tab.get_by_role("button", name="Delete image").click()
        await expect(banner).to_be_in_viewport()
        may_answer.set()
        await expect(tab.get_by_text("a late part of the page")).to_be_visible()
        await expect(banner).to_be_in_viewport()
        await expect(tab.get_by_role("dialog")).to_be_hidden()
        assert await site.findings() == []
        await tab.context.set_offline(False)
        await tab.get_by_role("button", name="Delete").click()
        await tab.get_by_role("button", name="Delete image").click()
        await expect(tab).to_have_url(f"{site.address}/gallery")
    assert (await working_service.client.get("/v1/images")).json()["items"] == []


async def test_key_is_offered_only_what_it_may_do(
    chromium: Browser, working_service: Service
) -> None:
    job = await working_service.process([("a.jpg", draw()), ("b.jpg", b"\xff\xd8\xff")])
    key = await working_service.make_key("reader")
    async with signed_in(chromium, working_service, key=key) as site:
        await site.open(f"/gallery/images/{ids_of(job)['a.jpg']}")
        await expect(site.tab.get_by_role("link", name="Download original")).to_be_visible()
        await expect(site.tab.get_by_role("button", name="Delete")).to_have_count(0)
        await site.open(f"/gallery/jobs/{job['id']}")
        await expect(site.tab.get_by_role("cell", name="Failed").first).to_be_visible()
        await expect(site.tab.get_by_role("button", name="Retry")).to_have_count(0)


async def test_job_moves_by_itself_and_its_failed_cells_are_retried(
    chromium: Browser, service: Service
) -> None:
    answer = await service.send([("a.jpg", draw(80, 60)), ("b.jpg", draw(90, 60, seed=1))])
    job_id = answer.json()["id"]
    async with signed_in(chromium, service, f"/gallery/jobs/{job_id}") as site:
        tab, asked = site.tab, list[str]()
        await expect(tab.get_by_role("button", name="Cancel")).to_be_visible()
        await site.check()
        async with service.working(**NO_TIME):
            await expect(
                tab.get_by_role("row", name="b.jpg").get_by_text("Failed").first
            ).to_be_visible()
        await expect(tab.get_by_role("status")).to_contain_text(
            "0 of 10 operations done · 10 failed"
        )
        await site.check()
        async with service.working():
            await tab.get_by_role("button", name="Retry what failed").click()
            await expect(tab.get_by_role("status")).to_contain_text("10 of 10 operations done")
            await expect(tab.get_by_role("button", name="Retry")).to_have_count(0)
        # The page asks no more once the job has ended.
        tab.on("request", lambda request: asked.append(request.url))
        await tab.evaluate("document.body.dispatchEvent(new CustomEvent('tick'))")
        assert asked == []
        download = await site.download(tab.get_by_role("link", name="Download as ZIP"))
        names = zipfile.ZipFile(await download.path()).namelist()
        assert {"a.jpg", "b.jpg", "manifest.json"} <= set(names)


async def test_waiting_job_is_canceled_after_a_question(
    chromium: Browser, service: Service
) -> None:
    answer = await service.send([("a.jpg", draw())])
    async with signed_in(chromium, service, f"/gallery/jobs/{answer.json()['id']}") as site:
        await site.tab.get_by_role("button", name="Cancel").click()
        await site.tab.get_by_role("button", name="Cancel job").click()
        await expect(site.tab.get_by_role("row", name="a.jpg")).to_contain_text("Canceled")
        await site.check()


async def test_results_appear_by_themselves(chromium: Browser, service: Service) -> None:
    job = (await service.send([("a.jpg", draw())])).json()
    path = f"/gallery/images/{job['items'][0]['image_id']}"
    async with signed_in(chromium, service, path) as site:
        await expect(site.tab.get_by_role("status")).to_contain_text("not processed yet")
        await site.check()
        async with service.working():
            await expect(site.tab.get_by_role("heading", name="Histogram")).to_be_visible()
        await expect(site.tab.locator(".about")).to_contain_text("64 × 48 pixels")


@pytest.mark.slow
async def test_scrolling_through_many_images_renders_those_in_sight_alone(
    chromium: Browser, working_service: Service
) -> None:
    drawn = [(f"{seed}.jpg", draw(seed=seed)) for seed in range(5)]
    await working_service.process(drawn)
    database = working_service.stores.database
    hashes = await database["images"].distinct("sha256")
    cells = {"thumbnail": {"status": "succeeded", "version": 1}}
    made = [
        finished_image("many", sha256=hashes[n % 5], cells=cells, filename=f"{n}.jpg")
        for n in range(MANY)
    ]
    await insert_images(database, made)
    async with signed_in(chromium, working_service, "/gallery?user_id=many") as site:
        tab, pages = site.tab, list[Response]()

        def note(response: Response) -> None:
            if "cursor=" in response.url:
                pages.append(response)

        tab.on("response", note)
        await tab.evaluate(NOTE_LONG_TASKS)
        shots = tab.locator(".tile")

        async def scroll() -> bool:
            await tab.mouse.wheel(0, 20_000)
            return await shots.count() == MANY

        await until(scroll, 6 * LATEST_SECONDS)
        await expect(tab.get_by_role("link", name="Older images")).to_have_count(0)
        names = await shots.evaluate_all("(all) => all.map((one) => one.querySelector('img').alt)")
        assert names == [f"{n}.jpg" for n in reversed(range(MANY))]
        # However many images there are: each page is asked for once, brings its own tiles and no
        # more, and the tiles far from the view take no work.
        assert len(pages) == MANY / PAGE_IMAGES - 1
        assert [(await page.text()).count('class="tile') for page in pages] == [PAGE_IMAGES] * len(
            pages
        )
        rendered = await shots.evaluate_all(RENDERED)
        assert 0 < rendered <= MOST_PAGES_IN_SIGHT * PAGE_IMAGES
        longest = max(await tab.evaluate("window.longTasks"), default=0)
        print(f"the longest task took {longest:.0f} ms")

        # Back from an image at the end, the list opens there.
        await tab.locator(f"#i-{made[10]['_id']}").click()
        await expect(tab.locator("h1")).to_have_text("10.jpg")
        await tab.go_back()
        await expect(tab.locator(f"#i-{made[10]['_id']}")).to_be_in_viewport()
        await expect(shots).to_have_count(PAGE_IMAGES)
        await tab.get_by_role("link", name="To the newest images").click()
        await expect(tab.locator(f"#i-{made[-1]['_id']}")).to_be_visible()
