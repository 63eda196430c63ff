"""Idempotency-Key on routes that make something with a secret: here, API keys."""

import asyncio

import httpx
import pytest

from domain.keys import hash_secret
from storage.acceptance.idempotency import HELD_SECONDS
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization

pytestmark = pytest.mark.one_service

CLIENT: dict[str, object] = {"role": "client", "user_id": "u1", "note": "phone"}


async def _make(
    service: Service, body: dict[str, object], name: str = "k1", key: str = ADMIN_KEY
) -> httpx.Response:
    headers = authorization(key) | {"Idempotency-Key": name}
    return await service.client.post("/v1/api-keys", json=body, headers=headers)


async def test_same_request_gives_same_answer_and_secret(service: Service) -> None:
    first = await _make(service, CLIENT)
    again = await _make(service, dict(reversed(CLIENT.items())))
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert await service.count("api_keys") == 1
    jobs = await service.client.get("/v1/jobs", headers=authorization(again.json()["key"]))
    assert jobs.status_code == 200


async def test_answer_stays_the_same_when_the_key_is_revoked(service: Service) -> None:
    first = await _make(service, CLIENT)
    await service.client.delete(f"/v1/api-keys/{first.json()['id']}")
    assert (await _make(service, CLIENT)).content == first.content


async def test_other_content_is_refused(service: Service) -> None:
    await _make(service, CLIENT)
    for change in ({"note": "tablet"}, {"user_id": "u2"}, {"expires_in": 60}):
        answer = await _make(service, CLIENT | change)
        assert_problem(answer, 422, "idempotency_key_misused")
    assert await service.count("api_keys") == 1


async def test_equal_requests_at_once_make_one(service: Service) -> None:
    answers = await asyncio.gather(*(_make(service, CLIENT) for _ in range(20)))
    made = {answer.content for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert_problem(answer, 409, "idempotency_key_in_use")
    assert await service.count("api_keys") == 1


async def test_only_who_shows_the_same_key_gets_the_answer(service: Service) -> None:
    other = await service.make_key("admin")
    first = (await _make(service, CLIENT)).json()
    second = (await _make(service, CLIENT, key=other)).json()
    assert first["id"] != second["id"]
    assert first["key"] != second["key"]


async def test_secret_is_not_kept(service: Service) -> None:
    secret = (await _make(service, CLIENT)).json()["key"]
    records = [record async for record in service.stores.database["idempotency"].find()]
    assert len(records) == 1
    assert secret.removeprefix("mlk_") not in repr(records)
    assert ADMIN_KEY not in repr(records)
    key = await service.stores.database["api_keys"].find_one({"hash": hash_secret(secret)})
    assert key is not None


async def test_refused_request_leaves_its_key_free(service: Service) -> None:
    late = CLIENT | {"expires_at": "2020-01-01T00:00:00Z"}
    assert_problem(await _make(service, late), 422, "invalid_value")
    assert (await _make(service, CLIENT)).status_code == 201


async def test_key_of_a_request_that_died_is_free_again(service: Service) -> None:
    records = service.stores.database["idempotency"]
    first = await _make(service, CLIENT)
    # As a killed process leaves it: taken, not answered.
    held = {"$add": ["$$NOW", int(1000 * HELD_SECONDS)]}
    await records.update_many({}, [{"$set": {"answered": None, "held_until": held}}])
    assert_problem(await _make(service, CLIENT), 409, "idempotency_key_in_use")
    await records.update_many({}, [{"$set": {"held_until": "$$NOW"}}])
    again = await _make(service, CLIENT)
    assert again.status_code == 201
    assert again.json()["key"] != first.json()["key"]


async def test_answer_is_kept_as_long_as_the_setting_says(service: Service) -> None:
    await _make(service, CLIENT)
    left = [{"$project": {"seconds": {"$divide": [{"$subtract": ["$expires_at", "$$NOW"]}, 1000]}}}]
    (record,) = [found async for found in service.stores.database["idempotency"].aggregate(left)]
    assert 24 * 3600 - 300 < record["seconds"] <= 24 * 3600


async def test_unusable_key_is_refused(service: Service) -> None:
    for name in ("", "x" * 256):
        assert_problem(await _make(service, CLIENT, name), 422, "invalid_value")
    assert (await _make(service, CLIENT, "x" * 255)).status_code == 201
