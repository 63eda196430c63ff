"""Lists: every item on exactly one page, newest first, filtered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.clock import first_id_at
from storage.mongo.client import DURABLE
from tests.pictures import draw
from tests.service import Service
from tests.webhooks import make_webhook

pytestmark = pytest.mark.one_service

PICTURE = draw(32, 24, kind="PNG")


async def _pages(service: Service, path: str, limit: int) -> list[list[dict[str, Any]]]:
    pages, cursor = [], ""
    while True:
        separator = "&" if "?" in path else "?"
        answer = await service.client.get(f"{path}{separator}limit={limit}{cursor}")
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page.keys() <= {"items", "next_cursor", "total"}
        pages.append(page["items"])
        if "next_cursor" not in page:
            return pages
        assert len(page["items"]) == limit
        cursor = f"&cursor={page['next_cursor']}"


async def test_every_job_and_image_is_on_exactly_one_page(service: Service) -> None:
    jobs, images = [], []
    for number in range(7):
        job = (await service.send([(f"{number}{n}.png", PICTURE) for n in "ab"])).json()
        jobs.append(job["id"])
        images += [item["image_id"] for item in job["items"]]
    for path, made, limit in [("/v1/jobs", jobs, 3), ("/v1/images", images, 4)]:
        pages = await _pages(service, path, limit)
        assert [item["id"] for page in pages for item in page] == sorted(made, reverse=True)
        assert len(pages) == -(-len(made) // limit)
    for path, limit in [("/v1/jobs", 7), ("/v1/images", 14), ("/v1/images", 7)]:
        pages = await _pages(service, path, limit)
        assert pages[-1], "the last page is not empty"


async def test_items_that_arrive_meanwhile_do_not_shift_the_pages(service: Service) -> None:
    first = [(await service.send([("a.png", PICTURE)])).json()["id"] for _ in range(4)]
    page = (await service.client.get("/v1/jobs?limit=2")).json()
    await service.send([("b.png", PICTURE)])
    rest = (await service.client.get(f"/v1/jobs?limit=2&cursor={page['next_cursor']}")).json()
    found = [job["id"] for job in page["items"] + rest["items"]]
    assert found == first[::-1]


async def test_lists_have_20_items_where_nothing_is_said(service: Service) -> None:
    await service.send([(f"{number}.png", PICTURE) for number in range(21)])
    page = (await service.client.get("/v1/images")).json()
    assert len(page["items"]) == 20
    assert page["next_cursor"] == page["items"][-1]["id"]


async def test_lists_jobs_by_status_and_user(service: Service) -> None:
    queued = (await service.send([("a.png", PICTURE)], user_id="u1")).json()["id"]
    failed = (await service.send([("a.txt", b"text")], user_id="u1")).json()["id"]
    other = (await service.send([("a.png", PICTURE)], user_id="u2")).json()["id"]

    async def listed(query: str) -> list[str]:
        answer = await service.client.get(f"/v1/jobs?{query}")
        return [job["id"] for job in answer.json()["items"]]

    assert await listed("status=queued") == [other, queued]
    assert await listed("status=failed") == [failed]
    assert await listed("status=succeeded") == []
    assert await listed("user_id=u1") == [failed, queued]
    assert await listed("user_id=u1&status=queued") == [queued]
    async with service.working():
        await service.job(queued)
        await service.job(other)
    assert await listed("status=succeeded") == [other, queued]
    assert await listed("status=queued") == []


@pytest.mark.parametrize("page_size", [1, 3])
async def test_filters_hold_on_every_page(service: Service, page_size: int) -> None:
    for number in range(5):
        kind = "PNG" if number % 2 else "BMP"
        await service.send([("a", draw(16, 16, kind=kind))], user_id=f"u{number % 2}")
    pages = await _pages(service, "/v1/images?user_id=u0", page_size)
    assert [image["user_id"] for page in pages for image in page] == ["u0"] * 3
    pages = await _pages(service, "/v1/images?format=png", page_size)
    assert [image["format"] for page in pages for image in page] == ["png"] * 2


async def test_lists_images_by_format_camera_user_and_day(working_service: Service) -> None:
    exif = draw_exif("Maker", "Model 1")
    files = [("a.png", PICTURE), ("b.jpg", draw(exif=exif)), ("c.jpg", draw(seed=2))]
    job = await working_service.process(files, operations="metadata", user_id="u1")
    png, camera, plain = (item["image_id"] for item in job["items"])
    then = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
    plain = await _move(working_service, plain, then)

    async def listed(query: str) -> list[str]:
        answer = await working_service.client.get(f"/v1/images?{query}")
        return [image["id"] for image in answer.json()["items"]]

    image = (await working_service.client.get(f"/v1/images/{png}")).json()
    today = image["uploaded_at"][:10]
    yesterday = (datetime.fromisoformat(today) - timedelta(days=1)).date()
    assert await listed("") == [camera, png, plain]
    assert await listed("format=png") == [png]
    assert await listed("format=jpeg") == [camera, plain]
    assert await listed("format=avif") == []
    assert await listed("camera=Model%201") == [camera]
    assert await listed("camera=Model") == []
    assert await listed("camera=.*") == []
    assert await listed(f"day={today}") == [camera, png]
    assert await listed(f"day={yesterday}") == []
    assert await listed("day=2026-01-31") == [plain]
    assert await listed("day=2026-02-01") == []
    assert await listed("user_id=u2") == []
    assert await listed(f"user_id=u1&format=jpeg&camera=Model%201&day={today}") == [camera]


async def _move(service: Service, image_id: str, uploaded_at: datetime) -> str:
    """Make it as if an image had been uploaded at another time, which its ID says as well."""
    images = service.stores.database.get_collection("images", write_concern=DURABLE)
    document = await images.find_one_and_delete({"_id": image_id})
    assert document is not None
    moved = first_id_at(uploaded_at) + image_id[13:]
    await images.insert_one(document | {"_id": moved, "uploaded_at": uploaded_at})
    return moved


def draw_exif(make: str, model: str) -> bytes:
    from PIL import Image

    exif = Image.Exif()
    exif[271], exif[272] = make, model
    return exif.tobytes()


@pytest.mark.parametrize("path", ["/v1/api-keys", "/v1/upload-links", "/v1/webhooks"])
async def test_lists_of_what_people_make_have_a_total(service: Service, path: str) -> None:
    for number in range(3):
        await service.make_key("client", f"u{number}")
        await service.make_link()
        await make_webhook(service)
    page = (await service.client.get(path, params={"limit": 2})).json()
    assert (len(page["items"]), page["total"]) == (2, 3)
    rest = {"limit": 2, "cursor": page["next_cursor"]}
    page = (await service.client.get(path, params=rest)).json()
    assert (len(page["items"]), page["total"]) == (1, 3)
