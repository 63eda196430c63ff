"""Histograms of a week over HTTP: as numbers, tables and plots, page by page, to the right keys."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import nanoarrow as na
import numpy as np
import pytest
from nanoarrow import ipc

from domain.calendar.days import find_zone
from domain.calendar.weeks import find_week
from storage.clock import utc_now
from tests.image_documents import finished_image, insert_images
from tests.pictures import draw
from tests.plain_medians import random_counts
from tests.problems import assert_problem
from tests.seen_images import add_seen_images
from tests.service import Service, authorization

pytestmark = pytest.mark.one_service

ARROW, NPY, SVG = "application/vnd.apache.arrow.stream", "application/x-npy", "image/svg+xml"
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
WEEK = "2026-W47"
MILLISECOND = timedelta(milliseconds=1)


async def _get(
    service: Service, user_id: str = "u1", accept: str = "*/*", **params: Any
) -> httpx.Response:
    answer = await service.client.get(
        f"/v1/users/{user_id}/histograms", params=params, headers={"Accept": accept}
    )
    assert answer.status_code == 200, answer.text
    return answer


async def _add(service: Service, moments: list[datetime], user_id: str = "u1") -> list[str]:
    counts = random_counts(len(moments)).astype(np.int64)
    return await add_seen_images(service.stores, [user_id] * len(moments), counts, moments)


def _read_arrow(content: bytes) -> list[dict[str, Any]]:
    with ipc.InputStream.from_readable(io.BytesIO(content)) as stream:
        return list(na.Array(stream).iter_py())


async def test_week_holds_each_upload_that_has_a_histogram(working_service: Service) -> None:
    service = working_service
    picture = draw()
    files = [("a.jpg", picture), ("again.jpg", picture), ("half.jpg", picture[:300])]
    job = await service.process([*files, ("b.png", draw(kind="PNG"))], user_id="u1")
    await service.process([("a.jpg", picture)], user_id="u1", operations="faces")
    await service.process([("a.jpg", picture)], user_id="u2")
    ids = [job["items"][number]["image_id"] for number in (3, 1, 0)]
    found = (await _get(service)).json()
    assert [item["image_id"] for item in found["items"]] == ids
    assert "next_cursor" not in found
    for item in found["items"]:
        image = (await service.client.get(f"/v1/images/{item['image_id']}")).json()
        assert item == {
            "image_id": image["id"],
            "uploaded_at": image["uploaded_at"],
            **image["histogram"],
        }
    assert (await service.client.delete(f"/v1/images/{ids[1]}")).status_code == 204
    left = (await _get(service)).json()["items"]
    assert [item["image_id"] for item in left] == [ids[0], ids[2]]


@pytest.mark.parametrize(
    ("zone", "week"),
    [
        ("UTC", WEEK),
        ("Pacific/Kiritimati", WEEK),
        ("Pacific/Niue", WEEK),
        ("Europe/Vienna", "2026-W13"),
        ("Europe/Vienna", "2026-W43"),
        ("UTC", "2026-W53"),
        ("America/New_York", "2025-W01"),
        ("Asia/Tokyo", "2024-W09"),
    ],
)
async def test_week_holds_its_first_moment_and_not_that_of_the_next(
    service: Service, zone: str, week: str
) -> None:
    found = find_zone(zone)
    start = find_week(week, NOON, found).start(found)
    end = find_week(week, NOON, found).end(found)
    within = [start, start + MILLISECOND, end - MILLISECOND]
    ids = await _add(service, [*within, start - MILLISECOND, end])
    items = (await _get(service, week=week, tz=zone)).json()["items"]
    assert [item["image_id"] for item in items] == ids[2::-1]


async def test_current_week_is_that_of_the_zone(service: Service) -> None:
    ids = await _add(service, [utc_now()])
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Niue"):
        items = (await _get(service, week="current", tz=zone)).json()["items"]
        assert [item["image_id"] for item in items] == ids


@pytest.mark.parametrize("accept", ["application/json", ARROW, NPY, SVG])
async def test_pages_and_links_lead_through_the_whole_week(service: Service, accept: str) -> None:
    link: str | None = f"/v1/users/u1/histograms?week={WEEK}&limit=3&tz=Europe/Vienna"
    ids = await _add(service, [NOON + timedelta(minutes=number) for number in range(7)])
    seen: list[str] = []
    pages = 0
    while link:
        answer = await service.client.get(link, headers={"Accept": accept})
        assert answer.headers["vary"].startswith("Accept")
        pages += 1
        match accept:
            case "application/json":
                page = answer.json()
                seen += [item["image_id"] for item in page["items"]]
                assert ("next_cursor" in page) is ("link" in answer.headers)
            case "application/vnd.apache.arrow.stream":
                seen += [row["image_id"] for row in _read_arrow(answer.content)]
            case "application/x-npy":
                table = np.load(io.BytesIO(answer.content), allow_pickle=False)
                seen += [image_id.decode() for image_id in table["image_id"]]
            case _:
                plot = ElementTree.fromstring(answer.text)  # noqa: S314
                seen += [
                    str(path[0].text) for path in plot.iter("{http://www.w3.org/2000/svg}path")
                ]
        link = answer.links.get("next", {}).get("url")
    assert (seen, pages) == (ids[::-1], 3)


async def test_link_names_the_user_safely(service: Service) -> None:
    user_id = "ü & b?c=d;e>"
    ids = await _add(service, [NOON, NOON + MILLISECOND], user_id)
    first = await _get(service, quote(user_id, safe=""), week=WEEK, limit=1)
    second = await service.client.get(first.links["next"]["url"])
    items = [*first.json()["items"], *second.json()["items"]]
    assert [item["image_id"] for item in items] == ids[::-1]


async def test_tables_hold_what_the_json_holds(service: Service) -> None:
    await _add(service, [NOON + timedelta(minutes=number) for number in range(5)])
    items = (await _get(service, week=WEEK)).json()["items"]
    arrow = await _get(service, accept=ARROW, week=WEEK)
    assert arrow.headers["content-type"] == ARROW
    rows = _read_arrow(arrow.content)
    npy = await _get(service, accept=NPY, week=WEEK)
    assert npy.headers["content-type"] == NPY
    table = np.load(io.BytesIO(npy.content), allow_pickle=False)
    assert len(items) == len(rows) == len(table) == 5
    for item, row, record in zip(items, rows, table, strict=True):
        moment = datetime.fromisoformat(item["uploaded_at"])
        assert row == item | {"uploaded_at": moment}
        assert record["image_id"].decode() == item["image_id"]
        assert record["uploaded_at"] == np.datetime64(moment.replace(tzinfo=None))
        assert record["bins"].tolist() == item["bins"]
        assert record["pixels"] == item["pixels"]


async def test_week_without_images_is_empty_in_every_form(service: Service) -> None:
    assert (await _get(service, week=WEEK)).json() == {"items": []}
    assert _read_arrow((await _get(service, accept=ARROW, week=WEEK)).content) == []
    npy = await _get(service, accept=NPY, week=WEEK)
    assert len(np.load(io.BytesIO(npy.content), allow_pickle=False)) == 0
    assert "No histograms." in (await _get(service, accept=SVG, week=WEEK)).text


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (f"{ARROW};q=0.9, application/json;q=0.5", ARROW),
        ("image/*", SVG),
        (f"{NPY}, */*;q=0.1", NPY),
        ("application/*", "application/json"),
        ("text/html", "application/json"),
        ("", "application/json"),
        ("junk", "application/json"),
    ],
)
async def test_form_is_the_one_that_is_liked_best(
    service: Service, accept: str, given: str
) -> None:
    assert (await _get(service, accept=accept)).headers["content-type"].split(";")[0] == given


async def test_plot_is_no_script_whatever_the_user_is_called(service: Service) -> None:
    plot = await _get(service, "%3Cscript%3E", SVG)
    assert plot.headers["content-security-policy"].startswith("default-src 'none'")
    root = ElementTree.fromstring(plot.text)  # noqa: S314
    assert not [element for element in root.iter() if element.tag.endswith("script")]


async def test_client_key_sees_its_own_user_alone(service: Service) -> None:
    ids = await _add(service, [NOON])
    path = f"/v1/users/u1/histograms?week={WEEK}"
    for role, user_id in [("client", "u1"), ("service", None)]:
        key = authorization(await service.make_key(role, user_id))
        items = (await service.client.get(path, headers=key)).json()["items"]
        assert [item["image_id"] for item in items] == ids
    stranger = authorization(await service.make_key("client", "u2"))
    for accept in ("*/*", ARROW, NPY, SVG):
        answer = await service.client.get(path, headers=stranger | {"Accept": accept})
        assert_problem(answer, 404, "not_found")


@pytest.mark.parametrize(
    "query",
    ["week=2025-W53", "week=2026-W00", "week=W47", "tz=Mars/Olympus", "limit=0", "cursor=x"],
)
async def test_rejects_what_is_no_week_zone_or_page(service: Service, query: str) -> None:
    answer = await service.client.get(f"/v1/users/u1/histograms?{query}")
    assert_problem(answer, 422, "invalid_value")


async def test_image_whose_results_are_gone_is_left_out(service: Service) -> None:
    ids = await _add(service, [NOON])
    gone = finished_image("u1", NOON + MILLISECOND, cells={"histogram": {"status": "succeeded"}})
    await insert_images(service.stores.database, [gone])
    items = (await _get(service, week=WEEK)).json()["items"]
    assert [item["image_id"] for item in items] == ids
