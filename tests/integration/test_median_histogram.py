"""The median of a day over HTTP: as plain NumPy has it, after each upload, duplicate and delete."""

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from domain.calendar.days import find_day, find_zone
from storage.clock import utc_now
from tests.pictures import draw
from tests.plain_medians import plain_median
from tests.problems import assert_problem
from tests.service import Service, authorization

pytestmark = pytest.mark.one_service

PATH = "/v1/histograms/median"
SVG = "image/svg+xml"


async def _read(service: Service, **params: str) -> dict[str, Any]:
    answer = await service.client.get(PATH, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _plain(service: Service, image_ids: list[str]) -> list[float]:
    """Take the median of what the images themselves say."""
    histograms = [
        (await service.client.get(f"/v1/images/{image_id}/histogram")).json()["bins"]
        for image_id in image_ids
    ]
    return plain_median(np.array(histograms, np.uint32))


async def test_median_is_right_after_each_upload_duplicate_and_delete(
    working_service: Service,
) -> None:
    service = working_service
    tz = "Pacific/Kiritimati"
    ids: list[str] = []
    picture = draw(30, 40)
    for user_id, content in [
        ("u1", picture),
        ("u1", draw(64, 48, seed=1)),
        ("u1", picture),
        ("u2", picture),
        ("u2", draw(10, 90, seed=2)),
    ]:
        job = await service.process([("a.jpg", content)], user_id=user_id)
        ids.append(job["items"][0]["image_id"])
        await service.process([("half.jpg", content[:300])], user_id=user_id)
        found = await _read(service, tz=tz)
        assert found["bins"] == await _plain(service, ids)
        assert (found["images"], found["normalized_by"]) == (len(ids), "pixels")
    today = str(find_day("today", utc_now(), find_zone(tz)))
    assert (found["day"], found["tz"]) == (today, tz)
    assert await _read(service, tz=tz, day=today) == found
    while ids:
        await service.client.delete(f"/v1/images/{ids.pop(0)}")
        found = await _read(service, tz=tz)
        assert found["images"] == len(ids)
        assert found["bins"] == (await _plain(service, ids) if ids else [0.0] * 256)


async def test_day_without_images_has_zeros(service: Service) -> None:
    assert await _read(service, day="2024-02-29", tz="Europe/Vienna") == {
        "day": "2024-02-29",
        "tz": "Europe/Vienna",
        "images": 0,
        "normalized_by": "pixels",
        "bins": [0.0] * 256,
    }


async def test_unchanged_median_is_not_sent_again(working_service: Service) -> None:
    first = await working_service.client.get(PATH)
    known = {"If-None-Match": first.headers["etag"]}
    assert (await working_service.client.get(PATH, headers=known)).status_code == 304
    await working_service.process([("a.jpg", draw())])
    assert (await working_service.client.get(PATH, headers=known)).status_code == 200


async def test_median_is_a_plot_for_who_accepts_one(working_service: Service) -> None:
    await working_service.process([("a.jpg", draw())])
    plot = await working_service.client.get(PATH, headers={"Accept": SVG})
    assert plot.headers["content-type"].split(";")[0] == SVG
    assert plot.headers["content-security-policy"].startswith("default-src 'none'")
    assert plot.headers["vary"] == "Accept, Accept-Encoding"
    assert ElementTree.fromstring(plot.text).tag.endswith("svg")  # noqa: S314
    assert ": median of 1 image<" in plot.text
    numbers = await working_service.client.get(PATH)
    assert numbers.headers["etag"] != plot.headers["etag"]


async def test_client_keys_learn_nothing_of_all_users(service: Service) -> None:
    client = authorization(await service.make_key("client", "u1"))
    assert_problem(await service.client.get(PATH, headers=client), 403, "forbidden")
    key = authorization(await service.make_key("service"))
    assert (await service.client.get(PATH, headers=key)).status_code == 200


@pytest.mark.parametrize("query", ["day=2025-02-29", "day=yesterday", "tz=Mars/Olympus"])
async def test_rejects_what_is_no_day_or_zone(service: Service, query: str) -> None:
    assert_problem(await service.client.get(f"{PATH}?{query}"), 422, "invalid_value")
