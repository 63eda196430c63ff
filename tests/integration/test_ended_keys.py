"""A key that ends while a request of it is under way: nothing of that request happens any more."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from storage.blobs.stores.chunks import MOST_FLUSH_BYTES
from storage.mongo.client import DURABLE
from tests.multipart_bodies import CONTENT_TYPE, body_of, file_part
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization
from tests.slow_bodies import SlowBody
from tests.waiting import until
from tests.webhooks import URL

pytestmark = pytest.mark.one_service

LARGE = draw(kind="PNG") + bytes(2 * MOST_FLUSH_BYTES)


async def _make(service: Service, role: str, **more: Any) -> dict[str, Any]:
    answer = await service.client.post("/v1/api-keys", json={"role": role, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def _mint(service: Service, service_key: dict[str, Any]) -> dict[str, Any]:
    body = {"role": "client", "user_id": "u1", "expires_in": 600}
    headers = authorization(service_key["key"])
    made: dict[str, Any] = (
        await service.client.post("/v1/api-keys", json=body, headers=headers)
    ).json()
    return made


async def _revoke(service: Service, made: dict[str, Any]) -> None:
    assert (await service.client.delete(f"/v1/api-keys/{made['id']}")).status_code == 204


async def _expire(service: Service, made: dict[str, Any]) -> None:
    keys = service.stores.database["api_keys"].with_options(write_concern=DURABLE)
    past = {"$set": {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}}
    await keys.update_one({"_id": made["id"]}, past)


@pytest.mark.stores("gridfs")
@pytest.mark.parametrize(
    ("route", "end", "whose"),
    [
        ("/v1/jobs", _revoke, "its own"),
        ("/v1/jobs", _expire, "its own"),
        ("/process", _revoke, "its own"),
        ("/v1/jobs", _revoke, "of its service"),
        ("/v1/jobs", _expire, "of its service"),
    ],
)
async def test_upload_that_was_under_way_is_not_accepted(
    service: Service, route: str, end: Any, whose: str
) -> None:
    ending = made = await _make(service, "client", user_id="u1")
    if whose == "of its service":
        ending = await _make(service, "service")
        made = await _mint(service, ending)
    upload = SlowBody(service, route, made["key"], body_of(file_part(LARGE)), CONTENT_TYPE)
    await upload.half_sent.wait()
    await until(lambda: service.count("blobs.chunks"))
    await end(service, ending)
    upload.go_on.set()
    assert_problem(await upload.answer, 401, "unauthenticated")
    for name in ("images", "jobs", "blobs.files"):
        assert await service.count(name) == 0

    async def no_bytes_are_left() -> bool:
        return await service.count("blobs.chunks") == 0

    await until(no_bytes_are_left)


@pytest.mark.parametrize(
    ("role", "path", "body", "collection"),
    [
        ("admin", "/v1/api-keys", {"role": "admin"}, "api_keys"),
        ("admin", "/v1/upload-links", {"expires_in": 60}, "upload_links"),
        ("service", "/v1/webhooks", {"url": URL}, "webhook_endpoints"),
        (
            "service",
            "/v1/api-keys",
            {"role": "client", "user_id": "u1", "expires_in": 60},
            "api_keys",
        ),
        ("service", "/v1/upload-links", {"expires_in": 60}, "upload_links"),
    ],
)
async def test_revoked_key_that_held_a_request_open_makes_nothing(
    service: Service, role: str, path: str, body: dict[str, Any], collection: str
) -> None:
    made = await _make(service, role)
    before = await service.count(collection)
    slow = SlowBody(service, path, made["key"], json.dumps(body).encode(), "application/json")
    await slow.half_sent.wait()
    assert (await service.client.get("/v1/jobs", headers=authorization(made["key"]))).is_success
    await _revoke(service, made)
    slow.go_on.set()
    assert_problem(await slow.answer, 401, "unauthenticated")
    assert await service.count(collection) == before


async def test_wait_of_a_revoked_key_reveals_nothing(service: Service) -> None:
    made = await _make(service, "service")
    job = (await service.send([("a.png", draw())], key=made["key"], user_id="u1")).json()
    headers = authorization(made["key"]) | {"Prefer": "wait=2"}
    waiting = service.client.get(f"/v1/jobs/{job['id']}", headers=headers)
    first, _ = await asyncio.gather(waiting, _revoke(service, made))
    assert_problem(first, 401, "unauthenticated")


async def test_key_with_the_role_of_links_is_no_key(service: Service) -> None:
    answer = await service.client.post("/v1/api-keys", json={"role": "link"})
    assert_problem(answer, 422, "invalid_value")
    made = await _make(service, "service")
    keys = service.stores.database["api_keys"]
    await keys.update_one({"_id": made["id"]}, {"$set": {"role": "link"}})
    refused = await service.client.get("/v1/jobs", headers=authorization(made["key"]))
    assert_problem(refused, 401, "unauthenticated")
    listed = (await service.client.get("/v1/api-keys")).json()["items"]
    assert [key["role"] for key in listed] == ["link"]
