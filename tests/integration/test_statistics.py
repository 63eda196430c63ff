"""Statistics over HTTP: right after each upload, duplicate and delete, for admins alone."""

from typing import Any
from xml.etree import ElementTree
from zoneinfo import available_timezones

import pytest

from storage.aggregates.aggregator import Aggregator
from tests.image_documents import finished_image, insert_images
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization, find_test_data

pytestmark = pytest.mark.one_service

PATH = "/v1/statistics"


async def _read(service: Service, **params: str) -> dict[str, Any]:
    answer = await service.client.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_empty_service_has_zeros(service: Service) -> None:
    found = await _read(service)
    assert found["totals"] == {"images": 0, "users": 0, "bytes": 0, "bytes_saved": 0, "faces": 0}
    assert (found["most_popular_format"], found["top_camera_models"]) == (None, [])
    assert [day["count"] for day in found["uploads_per_day"]] == [0] * 30
    assert (found["failures"], found["tz"]) == ([], "UTC")


async def test_uploads_duplicates_failures_and_deletes_show_at_once(
    working_service: Service,
) -> None:
    data = find_test_data()
    photo = (data / "photos" / "DSCN0010.jpg").read_bytes()
    face = next((data / "lfw").glob("*.jpg")).read_bytes()
    files = [("photo.jpg", photo), ("again.jpg", photo), ("half.jpg", draw()[:400])]
    job = await working_service.process(files, user_id="u1")
    await working_service.process([("face.jpg", face), ("a.png", draw(kind="PNG"))], user_id="u2")
    image = (await working_service.client.get(f"/v1/images/{job['items'][0]['image_id']}")).json()
    sizes = [len(photo), len(photo), 400, len(face), len(draw(kind="PNG"))]
    found = await _read(working_service)
    assert found["totals"]["images"] == 5
    assert found["totals"]["users"] == 2
    assert found["totals"]["bytes"] == sum(sizes)
    assert found["totals"]["bytes_saved"] == len(photo)
    assert found["totals"]["faces"] == 1 + 2 * len(image["faces"])
    assert found["most_popular_format"] == {"format": "jpeg", "count": 4}
    model = image["metadata"]["camera_model"]
    assert found["top_camera_models"] == [{"camera_model": model, "count": 2}]
    assert found["uploads_per_day"][-1]["count"] == 5
    assert [failure["count"] for failure in found["failures"]] == [1]
    for item in job["items"]:
        path = f"/v1/images/{item['image_id']}"
        assert (await working_service.client.delete(path)).status_code == 204
    found = await _read(working_service)
    assert (found["totals"]["images"], found["totals"]["users"]) == (2, 1)
    assert found["totals"]["bytes_saved"] == 0
    assert (found["top_camera_models"], found["failures"]) == ([], [])


async def test_large_sums_are_numbers(service: Service) -> None:
    large = [finished_image(size_bytes=2**40, uncounted=True) for _ in range(2)]
    await insert_images(service.stores.database, large)
    await Aggregator(service.stores.client, service.stores.database).aggregate()
    assert (await _read(service))["totals"]["bytes"] == 2**41


async def test_unchanged_statistics_are_not_sent_again(service: Service) -> None:
    first = await service.client.get(PATH)
    known = {"If-None-Match": first.headers["etag"]}
    assert (await service.client.get(PATH, headers=known)).status_code == 304
    await service.send([("a.jpg", draw())])
    assert (await service.client.get(PATH, headers=known)).status_code == 200


async def test_statistics_are_a_plot_for_who_accepts_one(service: Service) -> None:
    await service.send([("a.jpg", draw())])
    answer = await service.client.get(PATH, headers={"Accept": "image/svg+xml"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.headers["vary"].startswith("Accept")
    root = ElementTree.fromstring(answer.text)  # noqa: S314
    svg = {"svg": "http://www.w3.org/2000/svg"}
    bars = root.findall(".//svg:g[@class='series columns']/svg:rect", svg)
    assert len(bars) == 30
    assert [float(bar.attrib["height"]) > 0 for bar in bars] == [False] * 29 + [True]


@pytest.mark.parametrize("tz", ["Mars/Olympus", "", "../etc/passwd", "a" * 65])
async def test_zone_must_be_one(service: Service, tz: str) -> None:
    assert_problem(await service.client.get(PATH, params={"tz": tz}), 422, "invalid_value")


async def test_every_zone_is_known(service: Service) -> None:
    for tz in sorted(available_timezones())[::20]:
        assert (await _read(service, tz=tz))["tz"] == tz


@pytest.mark.parametrize("role", ["client", "service"])
async def test_statistics_are_for_admins(service: Service, role: str) -> None:
    key = await service.make_key(role, "u1" if role == "client" else None)
    answer = await service.client.get(PATH, headers=authorization(key))
    assert_problem(answer, 403, "forbidden")
