"""Uploaders through a link see the results of their own photos, and of no others."""

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service


async def _upload(service: Service, made: dict[str, Any], seed: int, **headers: str) -> Any:
    files = {"file": (f"{seed}.jpg", draw(120, 80, seed=seed))}
    shown = authorization(made["token"]) | headers
    answer = await service.client.post("/v1/uploads", files=files, headers=shown)
    assert answer.status_code in {200, 202}, answer.text
    return answer.json()


def _path(job: dict[str, Any], image_id: str | None = None) -> str:
    image_id = image_id or job["items"][0]["image_id"]
    return f"{urlsplit(job['results_url']).path}/images/{image_id}"


async def _result(service: Service, job: dict[str, Any]) -> Any:
    """The results of the only image, once it has been processed; without any key."""

    async def is_done() -> bool:
        answer = await service.client.get(_path(job), headers=authorization("none"))
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["status"] == "succeeded")

    await until(is_done)
    return (await service.client.get(_path(job))).json()


async def test_sender_gets_results_and_pictures_of_the_upload(working_service: Service) -> None:
    made = await working_service.make_link()
    job = await _upload(working_service, made, 1)
    found = await _result(working_service, job)
    assert (found["filename"], found["width"], found["height"]) == ("1.jpg", 120, 80)
    assert found["histogram"]["pixels"] == 120 * 80
    assert found["faces"] == []
    assert not found.keys() & {"user_id", "link_id", "attributes", "duplicate_of", "fingerprint"}
    for variant in ("thumbnail", "faces"):
        path = urlsplit(found["content_urls"][variant]["url"]).path
        picture = await working_service.client.get(path, headers=authorization("none"))
        assert picture.status_code == 200
        assert picture.headers["content-type"].startswith("image/")


async def test_only_the_answer_to_an_upload_leads_to_its_results(working_service: Service) -> None:
    service, made = working_service, await working_service.make_link()
    mine, other = await _upload(service, made, 1), await _upload(service, made, 2)
    holder = authorization(made["token"])
    listed = (await service.client.get("/v1/uploads", headers=holder)).json()
    assert {job["id"] for job in listed["items"]} == {mine["id"], other["id"]}
    seen = (await service.client.get(f"/v1/uploads/jobs/{other['id']}", headers=holder)).json()
    assert seen["results_url"] is None
    assert "/v1/results" not in str(listed)
    foreign = seen["items"][0]["image_id"]
    assert_problem(await service.client.get(_path(mine, foreign)), 404, "not_found")
    answer = await service.client.get(f"/v1/images/{foreign}", headers=holder)
    assert answer.status_code == 401


async def test_repeated_upload_leads_to_its_results_again(working_service: Service) -> None:
    made = await working_service.make_link()
    once = {"Idempotency-Key": "k1"}
    first = await _upload(working_service, made, 1, **once)
    again = await _upload(working_service, made, 1, **once)
    assert again["id"] == first["id"]
    assert (await _result(working_service, again))["id"] == first["items"][0]["image_id"]


async def test_link_that_hides_results_leads_to_none(working_service: Service) -> None:
    made = await working_service.make_link(show_results=False)
    assert made["show_results"] is False
    job = await _upload(working_service, made, 1)
    assert job["results_url"] is None
    holder = authorization(made["token"])
    assert not (await working_service.client.get("/v1/uploads", headers=holder)).json()[
        "show_results"
    ]


async def test_results_and_pictures_end_when_the_link_is_revoked(working_service: Service) -> None:
    service, made = working_service, await working_service.make_link()
    job = await _upload(service, made, 1)
    found = await _result(service, job)
    picture = urlsplit(found["content_urls"]["thumbnail"]["url"]).path
    await service.client.delete(f"/v1/upload-links/{made['id']}")
    for path in (_path(job), picture):
        assert_problem(await service.client.get(path), 404, "not_found")


async def test_url_of_results_opens_neither_pictures_nor_events(working_service: Service) -> None:
    job = await _upload(working_service, await working_service.make_link(), 1)
    token = urlsplit(job["results_url"]).path.rsplit("/", maxsplit=1)[-1]
    for path in (f"/v1/content/{token}", f"/v1/events/{token}"):
        assert_problem(await working_service.client.get(path), 404, "not_found")
