"""Similar users over HTTP: who may ask, what is refused, right after each upload and delete."""

from typing import Any

import pytest

from storage.aggregates.aggregator import Aggregator
from tests.pictures import draw
from tests.plain_similarity import draw_counts
from tests.problems import assert_problem
from tests.seen_images import add_seen_images
from tests.service import Service, authorization, find_test_data

pytestmark = pytest.mark.one_service


async def _ask(service: Service, user_id: str, **params: Any) -> dict[str, Any]:
    answer = await service.client.get(f"/v1/users/{user_id}/similar", params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _add_users(service: Service, *user_ids: str) -> None:
    """Add an image for each, and have them counted."""
    await add_seen_images(service.stores, user_ids, draw_counts(len(user_ids)))
    await Aggregator(service.stores.client, service.stores.database).aggregate()


async def _ids(service: Service, user_id: str, **params: Any) -> list[str]:
    return [item["user_id"] for item in (await _ask(service, user_id, **params))["items"]]


async def test_uploads_and_deletes_show_at_once(working_service: Service) -> None:
    data = find_test_data()
    faces = sorted((data / "lfw").glob("*.jpg"))[:3]
    contents = [face.read_bytes() for face in faces]
    await working_service.process([("a.jpg", contents[0])], user_id="u1")
    assert await _ids(working_service, "u1") == []
    job = await working_service.process([("a.jpg", contents[0])], user_id="u2")
    await working_service.process([("b.jpg", contents[1])], user_id="u3")
    found = await _ask(working_service, "u1")
    assert found["metric"] == "hellinger"
    assert found["items"][0] == {"user_id": "u2", "distance": 0.0}
    assert found["items"][1]["user_id"] == "u3"
    assert 0 < found["items"][1]["distance"] <= 1
    assert await _ids(working_service, "u1", n=1) == ["u2"]
    image_id = job["items"][0]["image_id"]
    assert (await working_service.client.delete(f"/v1/images/{image_id}")).status_code == 204
    assert await _ids(working_service, "u1") == ["u3"]
    answer = await working_service.client.get("/v1/users/u2/similar")
    assert_problem(answer, 404, "not_found")
    deleted = await working_service.client.delete("/v1/users/u3")
    assert (await working_service.job(deleted.json()["id"]))["status"] == "succeeded"
    assert await _ids(working_service, "u1") == []


async def test_users_without_histograms_are_unknown(working_service: Service) -> None:
    await working_service.process([("a.jpg", draw())], user_id="u1", operations="metadata")
    await working_service.process([("b.jpg", draw())], user_id="u2")
    answer = await working_service.client.get("/v1/users/u1/similar")
    assert_problem(answer, 404, "not_found")
    assert await _ids(working_service, "u2") == []


async def test_images_like_one(working_service: Service) -> None:
    same, other = draw(), draw(kind="PNG")
    job = await working_service.process([("a.jpg", same), ("b.png", other)], user_id="u1")
    ids = [item["image_id"] for item in job["items"]]
    twin = await working_service.process([("c.jpg", same)], user_id="u2")
    twin_id = twin["items"][0]["image_id"]
    found = await _ask(working_service, "u1", image_id=ids[0], metric="emd")
    assert (found["metric"], found["compared"]) == ("emd", 2)
    assert found["items"][0] == {"image_id": twin_id, "user_id": "u2", "distance": 0.0}
    assert [item["image_id"] for item in found["items"]] == [twin_id, ids[1]]
    since = (await working_service.client.get(f"/v1/images/{twin_id}")).json()["uploaded_at"]
    found = await _ask(working_service, "u1", image_id=ids[0], since=since)
    assert [item["image_id"] for item in found["items"]] == [twin_id]
    answer = await working_service.client.get("/v1/users/u2/similar", params={"image_id": ids[0]})
    assert_problem(answer, 404, "not_found")


async def test_images_in_work_have_to_be_waited_for(service: Service) -> None:
    await _add_users(service, "u2")
    ticket = (await service.send([("a.jpg", draw())], user_id="u1")).json()
    params = {"image_id": ticket["items"][0]["image_id"]}
    answer = await service.client.get("/v1/users/u1/similar", params=params)
    assert_problem(answer, 409, "wrong_state")
    assert_problem(await service.client.get("/v1/users/u1/similar"), 404, "not_found")


async def test_since_counts_what_came_later(service: Service) -> None:
    await _add_users(service, "u1", "u2", "u3")
    assert set(await _ids(service, "u1", since="2026-01-01T00:00:00+01:00")) == {"u2", "u3"}
    params = {"since": "2999-01-01T00:00:00Z"}
    answer = await service.client.get("/v1/users/u1/similar", params=params)
    assert_problem(answer, 404, "not_found")


async def test_client_keys_learn_nothing_of_others(service: Service) -> None:
    await _add_users(service, "u1", "u2")
    client = authorization(await service.make_key("client", "u1"))
    for user_id in ("u1", "u2", "nobody"):
        answer = await service.client.get(f"/v1/users/{user_id}/similar", headers=client)
        assert_problem(answer, 403, "forbidden")
    helper = authorization(await service.make_key("service"))
    answer = await service.client.get("/v1/users/u1/similar", headers=helper)
    assert [item["user_id"] for item in answer.json()["items"]] == ["u2"]
    answer = await service.client.get("/v1/users/u1/similar", headers={"Authorization": ""})
    assert_problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize(
    "params",
    [
        {"n": "0"},
        {"n": "101"},
        {"n": "many"},
        {"metric": "cosine"},
        {"since": "yesterday"},
        {"since": "2026-11-22T10:00:00"},
        {"since": "0001-01-01T00:00:00+01:00"},
        {"image_id": "a" * 65},
    ],
)
async def test_bad_questions_are_refused(service: Service, params: dict[str, str]) -> None:
    await _add_users(service, "u1")
    answer = await service.client.get("/v1/users/u1/similar", params=params)
    assert_problem(answer, 422, "invalid_value")


async def test_user_ids_are_checked(service: Service) -> None:
    answer = await service.client.get(f"/v1/users/{'u' * 129}/similar")
    assert_problem(answer, 422, "invalid_value")
