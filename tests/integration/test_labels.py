"""Labels over HTTP: whose images they name, which one is shown, and what they go with."""

import asyncio
from typing import Any

import httpx
import pytest

from domain.labels import MAX_LABELS, MAX_TASKS
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization

pytestmark = pytest.mark.one_service


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"MINILAB_LEARNING": "true"}


async def _upload(service: Service, user_id: str = "u1", files: int = 1) -> list[str]:
    named = [(f"{number}.png", draw(kind="PNG")) for number in range(files)]
    answer = await service.send(named, user_id=user_id, operations="metadata")
    return [item["image_id"] for item in answer.json()["items"]]


async def _set(
    service: Service, image_id: str, task: str, value: Any, key: str = ADMIN_KEY
) -> httpx.Response:
    path = f"/v1/images/{image_id}/labels/{task}"
    return await service.client.put(path, json={"value": value}, headers=authorization(key))


async def _remove(
    service: Service, image_id: str, task: str, key: str = ADMIN_KEY
) -> httpx.Response:
    path = f"/v1/images/{image_id}/labels/{task}"
    return await service.client.delete(path, headers=authorization(key))


async def _shown(service: Service, image_id: str) -> dict[str, str]:
    shown: dict[str, str] = (await service.client.get(f"/v1/images/{image_id}")).json()["labels"]
    return shown


async def test_what_can_be_labelled_can_be_trained_and_searched(service: Service) -> None:
    (image_id,) = await _upload(service)
    for task in ("Colour_2", "a" * 40):
        assert (await _set(service, image_id, task, "red")).status_code == 200
        assert (await service.client.post(f"/v1/models/{task}/train")).status_code == 202
        answer = await service.client.get("/v1/images", params={"predicted": f"{task}:red"})
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    longer = "a" * 41
    assert_problem(await _set(service, image_id, longer, "red"), 422, "invalid_value")
    answer = await service.client.post(f"/v1/models/{longer}/train")
    assert_problem(answer, 422, "invalid_value")
    answer = await service.client.get("/v1/images", params={"predicted": f"{longer}:red"})
    assert_problem(answer, 422, "invalid_value")


async def test_an_image_shows_the_latest_label_of_each_task(service: Service) -> None:
    (image_id,) = await _upload(service)
    assert await _shown(service, image_id) == {}
    answer = await _set(service, image_id, "flowers", "daisy")
    assert answer.json() == {"image_id": image_id, "task": "flowers", "value": "daisy"}
    await _set(service, image_id, "place", "Wien, Prater")
    key = await service.make_key("client", "u1")
    assert (await _set(service, image_id, "flowers", "tulip", key)).status_code == 200
    assert await _shown(service, image_id) == {"flowers": "tulip", "place": "Wien, Prater"}
    kept = await service.stores.database["labels"].find({"task": "flowers"}).to_list(None)
    assert sorted(label["value"] for label in kept) == ["daisy", "tulip"]
    assert {label["user_id"] for label in kept} == {"u1"}
    assert len({label["key_id"] for label in kept}) == 2
    await _set(service, image_id, "flowers", "rose", key)
    assert await service.count("labels") == 3
    assert (await _remove(service, image_id, "flowers")).status_code == 204
    assert await _shown(service, image_id) == {"place": "Wien, Prater"}
    assert await service.count("labels") == 1
    assert_problem(await _remove(service, image_id, "flowers"), 404, "not_found")


async def test_labels_of_another_users_image_are_not_found(service: Service) -> None:
    (own,), (foreign,) = await _upload(service), await _upload(service, "u2")
    key = await service.make_key("client", "u1")
    await _set(service, foreign, "flowers", "daisy")
    assert_problem(await _set(service, foreign, "flowers", "tulip", key), 404, "not_found")
    assert_problem(await _remove(service, foreign, "flowers", key), 404, "not_found")
    labels = [
        {"image_id": image_id, "task": "flowers", "value": "tulip"}
        for image_id in (foreign, own, "none")
    ]
    answer = await service.client.post(
        "/v1/labels", json={"labels": labels}, headers=authorization(key)
    )
    assert answer.status_code == 200
    assert answer.json()["labeled"] == 1
    assert [item["error"] and item["error"]["code"] for item in answer.json()["items"]] == [
        "not_found",
        None,
        "not_found",
    ]
    assert await _shown(service, foreign) == {"flowers": "daisy"}
    assert await _shown(service, own) == {"flowers": "tulip"}
    reader = await service.make_key("reader", "u1")
    assert_problem(await _set(service, own, "flowers", "rose", reader), 403, "forbidden")


async def test_many_labels_at_once(service: Service) -> None:
    images = await _upload(service, files=3)
    labels = [
        {"image_id": image_id, "task": "t", "value": str(number % 7)}
        for number, image_id in enumerate(images * 100)
    ]
    labels += [{"image_id": images[0], "task": f"t{n}", "value": "x"} for n in range(MAX_TASKS)]
    answer = (await service.client.post("/v1/labels", json={"labels": labels})).json()
    assert answer["labeled"] == len(labels) - 1
    assert answer["items"][-1]["error"]["code"] == "invalid_value"
    assert len(await _shown(service, images[0])) == MAX_TASKS
    assert await _shown(service, images[2]) == {"t": str(299 % 7)}
    assert await service.count("labels") == MAX_TASKS + 2


@pytest.mark.parametrize(
    ("task", "value"),
    [
        *(("a:b", "x"), ("a.b", "x"), ("x" * 41, "x")),
        *(("t", ""), ("t", "x" * 101), ("t", " x"), ("t", "a\nb"), ("t", 7), ("t", None)),
    ],
)
async def test_malformed_labels_are_refused(service: Service, task: str, value: Any) -> None:
    (image_id,) = await _upload(service)
    assert (await _set(service, image_id, task, value)).status_code == 422
    answer = await service.client.post(
        "/v1/labels", json={"labels": [{"image_id": image_id, "task": task, "value": value}]}
    )
    assert answer.status_code == 422
    assert "labels/0/" in answer.text
    assert await service.count("labels") == 0


async def test_a_request_has_at_least_one_label_and_at_most_a_thousand(service: Service) -> None:
    label = {"image_id": "none", "task": "t", "value": "x"}
    for number in (0, MAX_LABELS + 1):
        answer = await service.client.post("/v1/labels", json={"labels": [label] * number})
        assert answer.status_code == 422, number


async def test_labels_go_with_the_image_and_with_the_user(working_service: Service) -> None:
    service = working_service
    one, two, three = await _upload(service, files=3)
    for image_id in (one, two, three):
        await _set(service, image_id, "flowers", "daisy")
    assert (await service.client.delete(f"/v1/images/{one}")).status_code == 204
    assert await service.stores.database["labels"].count_documents({"image_id": one}) == 0
    assert await service.count("labels") == 2
    job = (await service.client.delete("/v1/users/u1")).json()
    await service.job(job["id"])
    assert await service.count("labels") == 0


async def test_no_label_outlives_an_image_that_is_deleted_at_the_same_time(
    service: Service,
) -> None:
    images = await _upload(service, files=8)
    changes = [
        change
        for image_id in images
        for change in (
            _set(service, image_id, "a", "x"),
            service.client.delete(f"/v1/images/{image_id}"),
            _set(service, image_id, "b", "y"),
        )
    ]
    answers = await asyncio.gather(*changes)
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    assert await service.count("images") == 0
    assert await service.count("labels") == 0


async def test_an_expired_image_is_gone_for_labels(service: Service) -> None:
    (image_id,) = await _upload(service)
    await service.stores.database["images"].delete_one({"_id": image_id})
    note = {"_id": image_id, "user_id": "u1", "key_id": "admin", "kind": "image"}
    await service.stores.database["expired"].insert_one(note)
    assert_problem(await _set(service, image_id, "a", "x"), 410, "image_expired")
    label = {"image_id": image_id, "task": "a", "value": "x"}
    answer = (await service.client.post("/v1/labels", json={"labels": [label]})).json()
    assert answer["items"][0]["error"]["code"] == "image_expired"
    await service.stores.database["jobs"].delete_many({})


class TestOff:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"MINILAB_LEARNING": "false"}

    async def test_labels_say_what_to_set(self, service: Service) -> None:
        (image_id,) = await _upload(service)
        problem = assert_problem(await _set(service, image_id, "a", "x"), 409, "learning_off")
        assert "MINILAB_LEARNING=true" in problem["detail"]
        assert await _shown(service, image_id) == {}
