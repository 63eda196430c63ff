"""API keys: shown once, kept as hashes, revoked at once, each for what it was made for."""

from typing import Any

import httpx
import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization
from tests.waiting import until

pytestmark = pytest.mark.one_service

PICTURE = ("a.png", draw(kind="PNG"))


async def _make(service: Service, role: str, **more: str) -> dict[str, Any]:
    answer = await service.client.post("/v1/api-keys", json={"role": role, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_shows_secret_once(service: Service) -> None:
    made = await _make(service, "client", user_id="u1", note="phone")
    secret, signing = made.pop("key"), made.pop("webhook_secret")
    assert secret.startswith("mlk_")
    assert len(secret) >= 40
    assert signing.startswith("whsec_")
    assert made["hint"] == secret[:8]
    listed = (await service.client.get("/v1/api-keys")).json()["items"]
    assert listed == [made]
    assert (made["role"], made["user_id"], made["note"]) == ("client", "u1", "phone")
    assert made["revoked_at"] is None


async def test_secret_is_nowhere_in_mongodb(service: Service) -> None:
    secret = (await _make(service, "service"))["key"]
    await service.send([PICTURE], key=secret, user_id="u1")
    await service.send([PICTURE])
    database = service.stores.database
    for name in await database.list_collection_names():
        async for document in database[name].find():
            text = repr(document)
            assert secret not in text
            assert secret.removeprefix("mlk_")[:12] not in text
            assert ADMIN_KEY not in text


async def test_revoked_key_is_refused_at_once(service: Service) -> None:
    made = await _make(service, "client", user_id="u1")
    assert (await service.send([PICTURE], key=made["key"])).status_code == 202
    for _ in range(2):
        assert (await service.client.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
        assert_problem(await service.send([PICTURE], key=made["key"]), 401, "unauthenticated")
        listed = await service.client.get("/v1/jobs", headers=authorization(made["key"]))
        assert_problem(listed, 401, "unauthenticated")
    (left,) = (await service.client.get("/v1/api-keys")).json()["items"]
    assert left["revoked_at"] is not None
    assert await service.count("images") == 1


async def test_made_admin_key_may_do_everything(service: Service) -> None:
    headers = authorization(await service.make_key("admin"))
    await service.send([PICTURE], user_id="u1")
    (job,) = (await service.client.get("/v1/jobs", headers=headers)).json()["items"]
    assert (await service.client.get(f"/v1/jobs/{job['id']}", headers=headers)).is_success
    body = {"role": "service"}
    assert (await service.client.post("/v1/api-keys", json=body, headers=headers)).is_success


async def test_pages_through_keys_newest_first(service: Service) -> None:
    made = [(await _make(service, "service"))["id"] for _ in range(5)]
    found: list[str] = []
    page = (await service.client.get("/v1/api-keys?limit=2")).json()
    found += [key["id"] for key in page["items"]]
    while "next_cursor" in page:
        path = f"/v1/api-keys?limit=2&cursor={page['next_cursor']}"
        page = (await service.client.get(path)).json()
        found += [key["id"] for key in page["items"]]
    assert found == made[::-1]


async def test_client_key_uploads_for_its_user_only(service: Service) -> None:
    key = await service.make_key("client", "u1")
    assert (await service.send([PICTURE], key=key)).json()["user_id"] == "u1"
    assert (await service.send([PICTURE], key=key, user_id="u1")).json()["user_id"] == "u1"
    assert_problem(await service.send([PICTURE], key=key, user_id="u2"), 403, "forbidden")
    assert await service.count("images") == 2


async def test_service_key_names_the_user_of_an_upload(service: Service) -> None:
    key = await service.make_key("service")
    assert (await service.send([PICTURE], key=key, user_id="u7")).json()["user_id"] == "u7"
    assert_problem(await service.send([PICTURE], key=key), 422, "user_required")
    assert await service.count("images") == 1


async def test_admin_uploads_for_anyone(service: Service) -> None:
    assert (await service.send([PICTURE])).json()["user_id"] == "admin"
    assert (await service.send([PICTURE], user_id="u1")).json()["user_id"] == "u1"


@pytest.mark.parametrize(
    "body",
    [
        {"expires_in": 60, "expires_at": "2100-01-01T00:00:00Z"},
        {"expires_in": 0},
        {"expires_in": 10**12},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "2100-01-01T00:00:00"},
        {"expires_at": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_expiry_must_make_sense(service: Service, body: dict[str, Any]) -> None:
    answer = await service.client.post("/v1/api-keys", json={"role": "service"} | body)
    assert answer.status_code in {400, 422}, answer.text
    assert await service.count("api_keys") == 0


async def test_expired_key_is_refused(service: Service) -> None:
    answer = await service.client.post("/v1/api-keys", json={"role": "service", "expires_in": 1})
    headers = authorization(answer.json()["key"])

    async def refusal() -> httpx.Response | None:
        answer = await service.client.get("/v1/jobs", headers=headers)
        return None if answer.is_success else answer

    refused = await until(refusal)
    assert_problem(refused, 401, "unauthenticated")
    (left,) = (await service.client.get("/v1/api-keys")).json()["items"]
    assert left["expires_at"] is not None
    assert left["revoked_at"] is None


async def test_options_are_told_to_everybody(service: Service) -> None:
    key = await service.make_key("client", "u1")
    for header in ("", f"Bearer {key}"):
        headers = {"Authorization": header}
        answer = await service.client.options("/v1/api-keys", headers=headers)
        assert answer.status_code == 204, answer.text
        assert "POST" in answer.headers["allow"]
