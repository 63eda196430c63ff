"""Links as admins make them: a token that is shown once, an end that is near, use so far."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization, running_service

pytestmark = pytest.mark.one_service

PICTURE = ("a.png", draw(kind="PNG"))
NEVER_SHOWN_AGAIN = ("token", "upload_url", "page_url")


async def _drop(service: Service, made: dict[str, Any], *files: tuple[str, bytes]) -> Any:
    answer = await service.send(files or [PICTURE], route="/v1/uploads", key=made["token"])
    assert answer.status_code == 202, answer.text
    return answer.json()


async def test_token_is_shown_once_and_is_nowhere_in_mongodb(service: Service) -> None:
    made = await service.make_link(note="party", max_files=5, max_bytes=10**9, gps="strip")
    token = made["token"]
    assert token.startswith("mll_")
    assert len(token) == 47
    base = str(service.client.base_url).rstrip("/")
    assert made["upload_url"] == f"{base}/v1/uploads/{token}"
    assert made["page_url"] == f"{base}/u#{token}"
    again = await service.client.post(
        "/v1/upload-links", json={"expires_in": 60}, headers={"Idempotency-Key": "k1"}
    )
    await _drop(service, made)
    await service.send([PICTURE], route=f"/v1/uploads/{token}", key="none")
    for secret in (token, again.json()["token"]):
        for name in await service.stores.database.list_collection_names():
            async for document in service.stores.database[name].find():
                assert secret.removeprefix("mll_")[:12] not in repr(document)
    listed = (await service.client.get("/v1/upload-links")).json()["items"]
    assert [link["id"] for link in listed] == [again.json()["id"], made["id"]]
    for link in [*listed, await service.link(made["id"])]:
        assert not link.keys() & set(NEVER_SHOWN_AGAIN)


async def test_answer_is_kept_by_nobody(service: Service) -> None:
    answer = await service.client.post("/v1/upload-links", json={"expires_in": 60})
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"note": "no expiry"},
        {"expires_in": 0},
        {"expires_in": -5},
        {"expires_in": 90 * 24 * 3600 + 1},
        {"expires_in": 1.5},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": "2999-01-01T00:00:00Z"},
        {"expires_at": "2026-11-22T09:30:00"},
        {"expires_in": 60, "expires_at": "in the future"},
        {"expires_in": 60, "max_files": 0},
        {"expires_in": 60, "max_files": 2**63},
        {"expires_in": 60, "max_bytes": -1},
        {"expires_in": 60, "user_id": ""},
        {"expires_in": 60, "user_id": "a\nb"},
        {"expires_in": 60, "gps": "blur"},
        {"expires_in": 60, "colour": "blue"},
    ],
)
async def test_link_that_cannot_be_is_a_422(service: Service, body: dict[str, Any]) -> None:
    answer = await service.client.post("/v1/upload-links", json=body)
    assert_problem(answer, 422, "invalid_value")
    assert await service.count("upload_links") == 0


async def test_both_expiries_are_one_too_many(service: Service) -> None:
    soon = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
    body = {"expires_in": 60, "expires_at": soon}
    answer = await service.client.post("/v1/upload-links", json=body)
    assert_problem(answer, 422, "invalid_value")
    del body["expires_in"]
    assert (await service.client.post("/v1/upload-links", json=body)).status_code == 201


async def test_expiry_is_90_days_away_at_most(service: Service) -> None:
    made = await service.make_link(expires_in=90 * 24 * 3600)
    life = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert life == timedelta(days=90)


async def test_same_request_again_makes_no_second_link(service: Service) -> None:
    headers = {"Idempotency-Key": "k1"}
    body = {"expires_in": 60, "max_files": 3}
    first = await service.client.post("/v1/upload-links", json=body, headers=headers)
    made = first.json()
    await _drop(service, made)
    again = await service.client.post("/v1/upload-links", json=body, headers=headers)
    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    other = await service.client.post("/v1/upload-links", json={"expires_in": 61}, headers=headers)
    assert_problem(other, 422, "idempotency_key_misused")
    assert await service.count("upload_links") == 1


async def test_use_is_told_and_a_delete_leaves_the_totals_but_gives_nothing_back(
    service: Service,
) -> None:
    made = await service.make_link(max_files=3)
    assert (made["used_files"], made["images"], made["status"]) == (0, 0, "open")
    job = await _drop(service, made, ("a.png", draw()), ("b.txt", b"no picture " * 50))
    await _drop(service, made, ("c.png", draw()))
    sizes = 2 * len(draw())
    link = await service.link(made["id"])
    assert [link[name] for name in ("used_files", "images")] == [2, 2]
    assert [link[name] for name in ("used_bytes", "bytes")] == [sizes, sizes]
    image_id = job["items"][0]["image_id"]
    assert (await service.client.delete(f"/v1/images/{image_id}")).status_code == 204
    link = await service.link(made["id"])
    assert [link[name] for name in ("used_files", "images")] == [2, 1]
    assert [link[name] for name in ("used_bytes", "bytes")] == [sizes, sizes // 2]
    await _drop(service, made)
    assert (await service.link(made["id"]))["status"] == "used_up"


async def test_links_are_listed_in_pages(service: Service) -> None:
    made = [(await service.make_link())["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await service.client.get("/v1/upload-links", params={"limit": "2"} | cursor)).json()
        seen += [link["id"] for link in page["items"]]
        if "next_cursor" not in page:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]


async def test_revoke_is_at_once_for_good_and_leaves_the_images(service: Service) -> None:
    made = await service.make_link()
    job = await _drop(service, made)
    path = f"/v1/upload-links/{made['id']}"
    assert (await service.client.delete(path)).status_code == 204
    revoked = await service.link(made["id"])
    assert (revoked["status"], revoked["images"]) == ("revoked", 1)
    assert (await service.client.delete(path)).status_code == 204
    assert await service.link(made["id"]) == revoked
    headers = authorization(made["token"])
    for answer in [
        await service.send([PICTURE], route="/v1/uploads", key=made["token"]),
        await service.send([PICTURE], route=f"/v1/uploads/{made['token']}", key="none"),
        await service.client.get("/v1/uploads", headers=headers),
        await service.client.get(f"/v1/uploads/jobs/{job['id']}", headers=headers),
        await service.client.get(f"/v1/uploads/{made['token']}/jobs/{job['id']}"),
    ]:
        assert_problem(answer, 410, "link_revoked")
    assert await service.count("images") == 1


async def test_what_is_not_there_is_404(service: Service) -> None:
    path = "/v1/upload-links/019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"
    assert_problem(await service.client.get(path), 404, "not_found")
    assert_problem(await service.client.delete(path), 404, "not_found")


@pytest.mark.parametrize("role", ["client", "reader"])
async def test_other_keys_make_and_see_no_links(service: Service, role: str) -> None:
    made = await service.make_link()
    key = await service.make_key(role, "u1" if role == "client" else None)
    path = f"/v1/upload-links/{made['id']}"
    for method, route in [("GET", path), ("DELETE", path), ("GET", "/v1/upload-links")]:
        answer = await service.client.request(method, route, headers=authorization(key))
        assert_problem(answer, 403, "forbidden")
    body = {"expires_in": 60}
    answer = await service.client.post("/v1/upload-links", json=body, headers=authorization(key))
    assert_problem(answer, 403, "forbidden")
    assert (await service.link(made["id"]))["status"] == "open"


async def test_links_begin_with_the_address_that_people_know(environ: dict[str, str]) -> None:
    public = {"MINILAB_PUBLIC_URL": "https://photos.example/lab/"}
    async with running_service(environ | public) as service:
        made = await service.make_link()
        assert made["page_url"] == f"https://photos.example/lab/u#{made['token']}"
