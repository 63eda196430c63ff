"""External IDs, tags and attributes: given with an upload, changed later, searched, and shown."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from domain.image_search import ImageFilter
from domain.keys import Scope
from domain.marks import wanted_marks
from storage.catalog.image_search import query_of
from tests.event_streams import listening
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, File, Service, authorization
from tests.webhooks import make_webhook, told

pytestmark = pytest.mark.one_service

PICTURE = ("a.png", draw(kind="PNG"))
MARKED: dict[str, Any] = {
    "external_id": "order-1042",
    "tags": "holiday, kitchen",
    "attributes": '{"room": "kitchen", "note": "a: b, c"}',
}
SHOWN: dict[str, Any] = {
    "external_id": "order-1042",
    "tags": ["holiday", "kitchen"],
    "attributes": {"room": "kitchen", "note": "a: b, c"},
}
NONE: dict[str, Any] = {"external_id": None, "tags": [], "attributes": {}}


def marks_of(shown: dict[str, Any]) -> dict[str, Any]:
    return {name: shown[name] for name in SHOWN}


async def upload(service: Service, *files: File, **fields: Any) -> dict[str, Any]:
    answer = await service.send(files or [PICTURE], **fields)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


async def get(service: Service, path: str, **query: Any) -> dict[str, Any]:
    answer = await service.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def patch(service: Service, path: str, **changes: Any) -> dict[str, Any]:
    answer = await service.client.patch(path, json=changes)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def test_marks_of_an_upload_are_those_of_its_job_and_images(service: Service) -> None:
    job = await upload(service, PICTURE, ("b.png", draw(seed=1, kind="PNG")), **MARKED)
    assert marks_of(job) == SHOWN
    assert marks_of(await get(service, f"/v1/jobs/{job['id']}")) == SHOWN
    for item in job["items"]:
        assert marks_of(await get(service, f"/v1/images/{item['image_id']}")) == SHOWN
    plain = await upload(service)
    assert marks_of(plain) == NONE
    stored = await service.stores.database["images"].find_one({"job_id": plain["id"]})
    assert stored is not None
    assert "marks" not in stored


async def test_tags_may_be_repeated(service: Service) -> None:
    parts = [("tags", (None, tag)) for tag in ("a", "b,c", "a", *(f"t{at}" for at in range(17)))]
    answer = await service.client.post("/v1/jobs", files=[*parts, ("file", PICTURE)])
    assert answer.json()["tags"] == ["a", "b", "c", *(f"t{at}" for at in range(17))]


async def test_a_file_as_the_body_has_them_in_the_query(service: Service) -> None:
    for path in ("/v1/jobs", "/v1/jobs/file", "/process"):
        answer = await service.client.post(
            path, content=PICTURE[1], params=MARKED, headers={"Content-Type": "image/png"}
        )
        assert answer.status_code == 202, answer.text
        assert marks_of(answer.json()) == SHOWN


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"external_id": "x" * 256}, "external_id"),
        ({"tags": ",".join(f"t{at}" for at in range(21))}, "tags"),
        ({"tags": "x" * 65}, "tags"),
        ({"attributes": '{"a b": "1"}'}, "attributes"),
        ({"attributes": json.dumps({"a": "x" * 501})}, "attributes.a"),
        ({"attributes": '{"a": 1}'}, "attributes"),
        ({"attributes": "red"}, "attributes"),
    ],
)
async def test_an_upload_beyond_the_bounds_is_refused_by_name(
    service: Service, fields: dict[str, Any], named: str
) -> None:
    images = await service.count("images")
    answer = await service.send([PICTURE], **fields)
    assert_problem(answer, 422, "invalid_value")
    assert answer.json()["detail"].startswith(named)
    assert await service.count("images") == images


@pytest.mark.parametrize(
    "body",
    [
        {"external_id": "x" * 256},
        {"tags": ["a,b"]},
        {"add_tags": [""]},
        {"tags": "a"},
        {"attributes": {"a b": "1"}},
        {"attributes": {"a": 1}},
        {"metadata": {}},
    ],
)
async def test_a_change_beyond_the_bounds_is_refused(service: Service, body: Any) -> None:
    job = await upload(service, **MARKED)
    for path in (f"/v1/jobs/{job['id']}", f"/v1/images/{job['items'][0]['image_id']}"):
        answer = await service.client.patch(path, json=body)
        assert_problem(answer, 422, "invalid_value")
        assert next(iter(body)).removeprefix("add_") in answer.json()["detail"]
        assert marks_of(await get(service, path)) == SHOWN


async def test_a_holder_of_a_link_sets_and_sees_no_marks(service: Service) -> None:
    link = await service.make_link()
    for name, value in MARKED.items():
        answer = await service.send(
            [PICTURE], route="/v1/uploads", key=link["token"], **{name: value}
        )
        assert_problem(answer, 422, "invalid_value")
    sent = await service.send([PICTURE], route="/v1/uploads", key=link["token"])
    job = await patch(service, f"/v1/jobs/{sent.json()['id']}", external_id="mine-7")
    path = f"/v1/uploads/jobs/{job['id']}"
    seen = await service.client.get(path, headers=authorization(link["token"]))
    assert seen.status_code == 200
    assert not seen.json().keys() & SHOWN.keys()
    async with listening(service.client, path, key=link["token"]) as reader:
        await reader.until(lambda: len(reader.events) == 1)
        assert "mine-7" not in repr(reader.events)


async def test_changes_merge_and_empty_values_remove(service: Service) -> None:
    job = await upload(service, **MARKED)
    for path in (f"/v1/jobs/{job['id']}", f"/v1/images/{job['items'][0]['image_id']}"):
        assert marks_of(await patch(service, path)) == SHOWN
        changed = await patch(
            service, path, add_tags=["new"], remove_tags=["kitchen"], attributes={"a": "1"}
        )
        assert changed["tags"] == ["holiday", "new"]
        assert changed["attributes"] == SHOWN["attributes"] | {"a": "1"}
        changed = await patch(service, path, external_id="", attributes={"note": "", "a": "2"})
        assert changed["attributes"] == {"room": "kitchen", "a": "2"}
        assert changed["external_id"] is None
        cleared = await patch(service, path, tags=[], attributes={"room": "", "a": ""})
        assert marks_of(cleared) == marks_of(await get(service, path)) == NONE
    stored = await service.stores.database["jobs"].find_one({"_id": job["id"]})
    assert stored is not None
    assert "marks" not in stored


async def test_changes_at_the_same_time_lose_nothing(service: Service) -> None:
    job = await upload(service)
    for path in (f"/v1/jobs/{job['id']}", f"/v1/images/{job['items'][0]['image_id']}"):
        changes: list[dict[str, Any]] = [{"attributes": {f"k{at}": str(at)}} for at in range(12)]
        changes += [{"add_tags": [f"t{at}"]} for at in range(6)] + [{"external_id": "x"}]
        await asyncio.gather(*(patch(service, path, **change) for change in changes))
        found = await get(service, path)
        assert found["attributes"] == {f"k{at}": str(at) for at in range(12)}
        assert set(found["tags"]) == {f"t{at}" for at in range(6)}
        assert found["external_id"] == "x"


async def test_a_change_of_a_job_is_a_new_version_that_listeners_are_told(service: Service) -> None:
    job = await upload(service, **MARKED)
    path = f"/v1/jobs/{job['id']}"
    etag = (await service.client.get(path)).headers["etag"]
    async with listening(service.client, path) as reader:
        await reader.until(lambda: len(reader.events) == 1)
        assert reader.events[0].data.items() >= SHOWN.items()
        changed = await patch(service, path, tags=["new"])
        assert changed["version"] == job["version"] + 1
        await reader.until(lambda: len(reader.events) == 2)
        assert reader.events[1].data["tags"] == ["new"]
    again = await service.client.get(path, headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert (await patch(service, path, tags=["new"]))["version"] == changed["version"]


@pytest.mark.parametrize("kind", ["jobs", "images"])
async def test_a_search_finds_exactly_what_has_all_marks(service: Service, kind: str) -> None:
    mine = {"user_id": f"searcher-{kind}"}
    both = await upload(service, **mine, external_id="e1", tags="a,b", attributes='{"k": "v"}')
    one = await upload(service, **mine, external_id="e1", tags="a", attributes='{"k": "w:v"}')
    await upload(service, **mine)
    await upload(service, user_id="other", **MARKED, callback_url="")

    async def found(**query: Any) -> list[str]:
        page = await get(service, f"/v1/{kind}", **mine, **query)
        return [item["id"] if kind == "jobs" else item["job_id"] for item in page["items"]]

    assert await found(external_id="e1") == [one["id"], both["id"]]
    assert await found(tag="a") == [one["id"], both["id"]]
    assert await found(tag=["a", "b"]) == [both["id"]]
    assert await found(attribute="k:w:v") == [one["id"]]
    assert await found(external_id="e1", tag="b", attribute=["k:v"]) == [both["id"]]
    assert await found(external_id="e") == await found(tag="e1") == await found(tag="k:v") == []
    page = await get(service, f"/v1/{kind}", **mine, tag="a", limit=1)
    rest = await get(service, f"/v1/{kind}", **mine, tag="a", limit=1, cursor=page["next_cursor"])
    assert len(rest["items"]) == 1
    assert "next_cursor" not in rest
    for query in ({"attribute": "k"}, {"external_id": "x" * 256}, {"tag": ["x"] * 21}):
        answer = await service.client.get(f"/v1/{kind}", params=query)
        assert_problem(answer, 422, "invalid_value")


@pytest.mark.parametrize("user_id", ["u1", None])
async def test_a_search_by_marks_can_read_the_index(service: Service, user_id: str | None) -> None:
    marks = wanted_marks("e1", ["a"], None)
    query = query_of(ImageFilter(Scope(user_id=user_id), marks=marks))
    for collection in ("images", "jobs"):
        found = service.stores.database[collection].find(query).sort("_id", -1)
        # Among so few documents the planner may prefer another index, but it knows of this one.
        planner = json.dumps((await found.explain())["queryPlanner"])
        assert "marks_1_user_id_1__id_-1" in planner


async def test_keys_of_others_and_readers_change_nothing(service: Service) -> None:
    job = await upload(service, **MARKED, user_id="owner")
    paths = (f"/v1/jobs/{job['id']}", f"/v1/images/{job['items'][0]['image_id']}")
    for role, user_id, status, code in (
        ("client", "stranger", 404, "not_found"),
        ("reader", "owner", 403, "forbidden"),
    ):
        headers = authorization(await service.make_key(role, user_id))
        for path in paths:
            answer = await service.client.patch(path, json={"tags": []}, headers=headers)
            assert_problem(answer, status, code)
            assert marks_of(await get(service, path)) == SHOWN
    headers = authorization(await service.make_key("client", "owner"))
    for path in paths:
        answer = await service.client.patch(path, json={"tags": []}, headers=headers)
        assert answer.json()["tags"] == []


async def test_the_job_of_a_deletion_takes_no_marks(service: Service) -> None:
    await upload(service, user_id="leaves")
    deletion = (await service.client.delete("/v1/users/leaves")).json()
    assert marks_of(deletion) == NONE
    answer = await service.client.patch(f"/v1/jobs/{deletion['id']}", json={"tags": ["a"]})
    assert_problem(answer, 404, "not_found")


async def test_a_repeated_upload_with_other_marks_is_another_request(service: Service) -> None:
    async def send(tags: str) -> httpx.Response:
        return await service.client.post(
            "/v1/jobs",
            files=[("file", PICTURE)],
            data={"tags": tags},
            headers=authorization(ADMIN_KEY) | {"Idempotency-Key": "marks-1"},
        )

    first, again, other = await send("a"), await send("a"), await send("b")
    assert first.json()["id"] == again.json()["id"]
    assert_problem(other, 422, "idempotency_key_misused")


async def test_webhooks_carry_marks(working_service: Service) -> None:
    service = working_service
    webhook = await make_webhook(service)
    job = await service.process([PICTURE], **MARKED)
    image_id = job["items"][0]["image_id"]
    await told(service, webhook["id"])
    await service.client.delete(f"/v1/images/{image_id}")
    await service.process([("plain.png", draw(seed=2, kind="PNG"))])
    events = await told(service, webhook["id"])
    marked = [event["data"] for event in events if event["data"]["job_id"] == job["id"]]
    types = [event["type"] for event in events if event["data"]["job_id"] == job["id"]]
    assert sorted(types) == ["image.deleted", "image.processed", "job.finished"]
    for type_, data in zip(types, marked, strict=True):
        if type_ == "image.deleted":
            assert data["external_id"] == SHOWN["external_id"]
            assert not data.keys() & {"tags", "attributes"}
        else:
            assert marks_of(data) == SHOWN
    for event in events:
        if event["data"]["job_id"] != job["id"]:
            assert not event["data"].keys() & SHOWN.keys()
