"""A back end without the admin key: its service key enrols phones and invites people."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from storage.mongo.client import DURABLE
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service

PICTURE = ("a.png", draw(kind="PNG"))
NO_KEY = {"Authorization": ""}
PHONE: dict[str, Any] = {"role": "client", "user_id": "u1", "expires_in": 3600}


async def _ask(
    service: Service, method: str, path: str, key: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    return await service.client.request(method, path, json=body, headers=authorization(key))


async def _service_key(service: Service, **more: Any) -> dict[str, Any]:
    answer = await service.client.post("/v1/api-keys", json={"role": "service"} | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _mint(service: Service, key: str, **more: Any) -> dict[str, Any]:
    answer = await _ask(service, "POST", "/v1/api-keys", key, PHONE | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _is_refused(service: Service, key: str) -> bool:
    answer = await _ask(service, "GET", "/v1/jobs", key)
    return answer.status_code == 401


@pytest.mark.parametrize("tenant", [None, "acme"])
async def test_enrolled_phone_uploads_and_reads_until_it_is_revoked(
    service: Service, tenant: str | None
) -> None:
    back_end = await _service_key(service, tenant=tenant)
    phone = await _mint(service, back_end["key"], scopes=["upload", "read"])
    assert (phone["tenant"], phone["user_id"]) == (tenant, "u1")
    assert (phone["created_by"], phone["last_used_at"]) == (back_end["id"], None)
    sent = await service.send([PICTURE], key=phone["key"])
    assert sent.status_code == 202, sent.text
    job_id, (item,) = sent.json()["id"], sent.json()["items"]
    for path in (f"/v1/jobs/{job_id}", f"/v1/images/{item['image_id']}", "/v1/images"):
        assert (await _ask(service, "GET", path, phone["key"])).status_code == 200
    for path in (f"/v1/images/{item['image_id']}", f"/v1/jobs/{job_id}", "/v1/users/u1"):
        answer = await _ask(service, "DELETE", path, phone["key"])
        assert_problem(answer, 403, "scope_missing")
    assert await service.count("images") == 1
    for _ in range(2):
        path = f"/v1/api-keys/{phone['id']}"
        assert (await _ask(service, "DELETE", path, back_end["key"])).status_code == 204
        assert await _is_refused(service, phone["key"])
        assert_problem(await service.send([PICTURE], key=phone["key"]), 401, "unauthenticated")
    shown = (await _ask(service, "GET", path, back_end["key"])).json()
    assert shown["revoked_at"] is not None


async def test_enrolled_phone_is_refused_when_its_key_expires(service: Service) -> None:
    back_end = await _service_key(service)
    phone = await _mint(service, back_end["key"], expires_in=1)
    await until(lambda: _is_refused(service, phone["key"]))


async def test_key_expires_no_later_than_the_service_key(service: Service) -> None:
    back_end = await _service_key(service, expires_in=600)
    phone = await _mint(service, back_end["key"])
    assert phone["expires_at"] == back_end["expires_at"]
    link = (await _link(service, back_end["key"])).json()
    assert link["expires_at"] == back_end["expires_at"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"role": "service", "expires_in": 60}, 403, "forbidden"),
        ({"role": "admin", "expires_in": 60}, 403, "forbidden"),
        ({"role": "reader", "expires_in": 60}, 403, "forbidden"),
        ({"role": "client", "user_id": "u1"}, 422, "invalid_value"),
        ({"role": "client", "expires_in": 60}, 422, "invalid_value"),
        (PHONE | {"expires_in": 90 * 24 * 3600 + 1}, 422, "invalid_value"),
        (PHONE | {"tenant": "globex"}, 403, "forbidden"),
        (PHONE | {"scopes": ["read", "delete"]}, 403, "scope_missing"),
        (PHONE | {"max_stored_bytes": 1001}, 422, "invalid_value"),
        (PHONE | {"user_id": " u1"}, 422, "invalid_value"),
    ],
)
async def test_service_key_gives_no_more_than_it_has(
    service: Service, body: dict[str, Any], status: int, code: str
) -> None:
    more = {"tenant": "acme", "max_stored_bytes": 1000, "scopes": ["upload", "read"]}
    back_end = await _service_key(service, **more)
    answer = await _ask(service, "POST", "/v1/api-keys", back_end["key"], body)
    assert_problem(answer, status, code)
    assert await service.count("api_keys") == 1
    phone = await _mint(service, back_end["key"], tenant="acme")
    assert phone["scopes"] == ["upload", "read"]
    assert phone["max_stored_bytes"] == 1000
    assert_problem(await service.send([PICTURE] * 40, key=phone["key"]), 413, "quota_exceeded")


async def _link(service: Service, key: str, **more: Any) -> httpx.Response:
    return await _ask(service, "POST", "/v1/upload-links", key, {"expires_in": 3600} | more)


@pytest.mark.parametrize("tenant", [None, "acme"])
async def test_service_key_invites_people_for_its_users(
    service: Service, tenant: str | None
) -> None:
    back_end = await _service_key(service, tenant=tenant, max_stored_bytes=10_000)
    link = (await _link(service, back_end["key"], user_id="u1")).json()
    assert (link["user_id"], link.get("tenant")) == ("u1", tenant)
    assert link["created_by"] == back_end["id"]
    sent = await service.send([PICTURE], route="/v1/uploads", key=link["token"])
    assert sent.status_code == 202, sent.text
    too_many = await service.send([PICTURE] * 400, route="/v1/uploads", key=link["token"])
    assert_problem(too_many, 413, "quota_exceeded")
    images = await _ask(service, "GET", "/v1/images?user_id=u1", back_end["key"])
    assert [image["link_id"] for image in images.json()["items"]] == [link["id"]]
    path = f"/v1/upload-links/{link['id']}"
    assert (await _ask(service, "GET", path, back_end["key"])).json()["images"] == 1
    assert (await _ask(service, "DELETE", path, back_end["key"])).status_code == 204
    gone = await service.send([PICTURE], route="/v1/uploads", key=link["token"])
    assert_problem(gone, 410, "link_revoked")


async def test_other_back_ends_see_neither_key_nor_link(service: Service) -> None:
    """Each of a tenant sees what any of it created; what an admin created is for admins."""
    keys = {
        name: (await _service_key(service, tenant=tenant))["key"]
        for name, tenant in [
            ("alone", None),
            ("other alone", None),
            ("acme", "acme"),
            ("acme too", "acme"),
            ("globex", "globex"),
        ]
    }
    made = {}
    for name in ("alone", "acme"):
        phone = await _mint(service, keys[name])
        made[name] = {
            "/v1/api-keys": phone["id"],
            "/v1/upload-links": (await _link(service, keys[name])).json()["id"],
        }
    admins = await service.client.post("/v1/api-keys", json=PHONE | {"tenant": "acme"})
    link = await service.make_link(tenant="acme")
    made["admin"] = {"/v1/api-keys": admins.json()["id"], "/v1/upload-links": link["id"]}
    sees = {"alone": {"alone"}, "acme": {"acme"}, "acme too": {"acme"}}
    for name, key in keys.items():
        for path in ("/v1/api-keys", "/v1/upload-links"):
            visible = {made[owner][path] for owner in sees.get(name, ())}
            listed = (await _ask(service, "GET", path, key)).json()["items"]
            assert {one["id"] for one in listed} == visible
            for ids in made.values():
                status = 200 if ids[path] in visible else 404
                got = await _ask(service, "GET", f"{path}/{ids[path]}", key)
                assert got.status_code == status
                if status == 404:
                    answer = await _ask(service, "DELETE", f"{path}/{ids[path]}", key)
                    assert_problem(answer, 404, "not_found")
    for path in ("/v1/api-keys", "/v1/upload-links"):
        stored = service.stores.database[path.rpartition("/")[2].replace("-", "_")]
        assert await stored.count_documents({"revoked_at": {"$ne": None}}) == 0


async def test_what_a_service_key_created_ends_with_it(service: Service) -> None:
    back_end = await _service_key(service, tenant="acme")
    other = await _service_key(service, tenant="acme")
    phone, kept = await _mint(service, back_end["key"]), await _mint(service, other["key"])
    link = (await _link(service, back_end["key"])).json()
    sent = await service.send([PICTURE], key=phone["key"])
    path = f"/v1/images/{sent.json()['items'][0]['image_id']}/content-url"
    url = (await _ask(service, "GET", path, phone["key"])).json()["url"]
    assert (await service.client.get(url, headers=NO_KEY)).status_code == 200
    await service.client.delete(f"/v1/api-keys/{back_end['id']}")
    assert await _is_refused(service, phone["key"])
    assert (await service.client.get(url, headers=NO_KEY)).status_code == 404
    assert not await _is_refused(service, kept["key"])
    sent = await service.send([PICTURE], route="/v1/uploads", key=link["token"])
    assert_problem(sent, 410, "link_revoked")
    parent = (await service.client.get(f"/v1/api-keys/{back_end['id']}")).json()
    listed = (await _ask(service, "GET", "/v1/api-keys", other["key"])).json()["items"]
    ended = {one["id"]: one["revoked_at"] for one in listed}
    assert ended == {phone["id"]: parent["revoked_at"], kept["id"]: None}


async def test_what_an_expired_service_key_created_is_refused(service: Service) -> None:
    back_end = await _service_key(service)
    phone = await _mint(service, back_end["key"])
    keys = service.stores.database["api_keys"].with_options(write_concern=DURABLE)
    past = {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}}
    await keys.update_one({"_id": back_end["id"]}, past)
    await until(lambda: _is_refused(service, phone["key"]))


async def test_equal_requests_create_one_key(service: Service) -> None:
    back_end = await _service_key(service)
    headers = authorization(back_end["key"]) | {"Idempotency-Key": "device-7"}
    answers = [
        await service.client.post("/v1/api-keys", json=PHONE, headers=headers) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert await service.count("api_keys") == 2


async def test_last_use_is_shown_to_the_minute(service: Service) -> None:
    back_end = await _service_key(service)
    phone = await _mint(service, back_end["key"])
    uses, path = service.stores.api_keys.uses, f"/v1/api-keys/{phone['id']}"
    await uses.write()
    assert (await service.client.get(path)).json()["last_used_at"] is None
    before = datetime.now(UTC)
    for _ in range(5):
        await _ask(service, "GET", "/v1/jobs", phone["key"])
    await uses.write()
    used = datetime.fromisoformat((await service.client.get(path)).json()["last_used_at"])
    assert used.second == used.microsecond == 0
    assert before - timedelta(minutes=1) < used <= datetime.now(UTC)


@pytest.mark.parametrize("role", ["client", "reader"])
async def test_keys_of_users_manage_neither_keys_nor_links(service: Service, role: str) -> None:
    answer = await service.client.post("/v1/api-keys", json={"role": role, "user_id": "u1"})
    made = answer.json()
    for method, path, body in [
        ("GET", "/v1/api-keys", None),
        ("GET", f"/v1/api-keys/{made['id']}", None),
        ("POST", "/v1/api-keys", PHONE),
        ("DELETE", f"/v1/api-keys/{made['id']}", None),
        ("GET", "/v1/upload-links", None),
        ("POST", "/v1/upload-links", {"expires_in": 60}),
        ("GET", "/v1/audit", None),
    ]:
        assert_problem(await _ask(service, method, path, made["key"], body), 403, "forbidden")
    assert await service.count("api_keys") == 1
