"""Webhooks over HTTP: created, listed, changed, paused, rotated and deleted by their owner."""

import asyncio
from typing import Any

import pytest
from httpx import Response

from domain.webhooks.endpoints import DisabledReason
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.webhooks import URL, announce, deliveries_of, make_webhook, types_told

pytestmark = pytest.mark.one_service

UNKNOWN = "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"


async def _call(
    service: Service, method: str, path: str, key: str = ADMIN_KEY, **options: Any
) -> Response:
    return await service.client.request(
        method, f"/v1/webhooks{path}", headers=authorization(key), **options
    )


async def _kept(service: Service, webhook_id: str) -> dict[str, Any]:
    document = await service.stores.database["webhook_endpoints"].find_one({"_id": webhook_id})
    assert document is not None
    return document


async def test_secret_is_shown_once_and_kept_encrypted(service: Service) -> None:
    made = await make_webhook(service, event_types=["job.finished"], note="shop")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert made["url"] == URL
    assert made["status"] == "enabled"
    assert made["created_by"] == "admin"
    assert (await _call(service, "GET", f"/{made['id']}")).json() == made
    assert (await _call(service, "GET", "")).json()["items"] == [made]
    kept = str(await _kept(service, made["id"]))
    assert secret not in kept
    assert secret.removeprefix("whsec_") not in kept
    assert "whsec_" not in kept


async def test_same_idempotency_key_makes_one_webhook_with_one_secret(service: Service) -> None:
    headers = authorization(ADMIN_KEY) | {"Idempotency-Key": "once"}
    answers = [
        await service.client.post("/v1/webhooks", json={"url": URL}, headers=headers)
        for _ in range(2)
    ]
    first, again = (answer.json() for answer in answers)
    assert first == again
    assert answers[0].headers["cache-control"] == "no-store"
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert await service.count("webhook_endpoints") == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_value"),
        ({"url": "http://example.com/"}, 422, "invalid_value"),
        ({"url": "https://127.0.0.1/"}, 422, "invalid_value"),
        ({"url": "https://[::1]/"}, 422, "invalid_value"),
        ({"url": "ftp://example.com/"}, 422, "invalid_value"),
        ({"url": "https://u:p@example.com/"}, 422, "invalid_value"),
        ({"url": URL, "event_types": []}, 422, "invalid_value"),
        ({"url": URL, "event_types": ["job.begun"]}, 422, "invalid_value"),
        ({"url": URL, "event_types": ["webhook.test"]}, 422, "invalid_value"),
        ({"url": URL, "secret": "mine"}, 422, "invalid_value"),
    ],
)
async def test_refuses_what_cannot_be(
    refusing: Service, body: dict[str, Any], status: int, code: str
) -> None:
    assert_problem(await _call(refusing, "POST", "", json=body), status, code)
    assert await refusing.count("webhook_endpoints") == 0


async def test_wants_a_key(refusing: Service) -> None:
    for key in ("wrong", "mll_" + "a" * 19):
        assert_problem(await _call(refusing, "GET", "", key=key), 401, "unauthenticated")


async def test_only_admins_choose_what_only_admins_see(service: Service) -> None:
    key = await service.make_key("service")
    for type_ in ("link.used_up", "dead_letter.created"):
        body = {"url": URL, "event_types": [type_]}
        assert_problem(await _call(service, "POST", "", key, json=body), 403, "forbidden")
        await make_webhook(service, event_types=[type_])


async def test_keys_see_their_own_webhooks_and_admins_all(service: Service) -> None:
    keys = {
        "client": await service.make_key("client", "u1"),
        "service": await service.make_key("service"),
        "other": await service.make_key("client", "u2"),
    }
    made = {name: (await make_webhook(service, key))["id"] for name, key in keys.items()}
    for name, key in keys.items():
        listed = (await _call(service, "GET", "", key)).json()["items"]
        assert [one["id"] for one in listed] == [made[name]]
        for other in made.keys() - {name}:
            for method, path, body in (
                ("GET", "", None),
                ("PATCH", "", {"note": "mine"}),
                ("DELETE", "", None),
                ("POST", "/test", None),
                ("POST", "/secret/rotate", None),
                ("GET", "/deliveries", None),
                ("POST", "/redeliver", {"since": "2026-11-21T09:30:00Z"}),
            ):
                answer = await _call(service, method, f"/{made[other]}{path}", key, json=body)
                assert_problem(answer, 404, "not_found")
    listed = (await _call(service, "GET", "?limit=2")).json()
    rest = (await _call(service, "GET", f"?cursor={listed['next_cursor']}")).json()
    ids = [one["id"] for one in listed["items"] + rest["items"]]
    assert ids == sorted(made.values(), reverse=True)
    assert_problem(await _call(service, "GET", f"/{UNKNOWN}"), 404, "not_found")


async def test_changes_what_is_given_and_nothing_else(service: Service) -> None:
    made = await make_webhook(service, event_types=["job.finished"], note="shop")
    path = f"/{made['id']}"
    changed = (await _call(service, "PATCH", path, json={"url": f"{URL}/new"})).json()
    assert changed == {name: made[name] for name in changed} | {"url": f"{URL}/new"}
    changed = (await _call(service, "PATCH", path, json={"event_types": None})).json()
    assert changed["event_types"] is None
    assert changed["note"] == "shop"
    assert (await _call(service, "PATCH", path, json={"note": None})).json()["note"] is None
    for body in ({"url": "https://10.0.0.1/"}, {"status": "off"}, {"failing_since": None}):
        assert_problem(await _call(service, "PATCH", path, json=body), 422, "invalid_value")


async def test_paused_keeps_events_and_disabled_does_not(working_service: Service) -> None:
    service = working_service
    made = await make_webhook(service, event_types=["job.finished"])
    path = f"/{made['id']}"
    paused = await _call(service, "PATCH", path, json={"status": "paused"})
    assert paused.json()["status"] == "paused"
    await service.process([("a.jpg", draw())])
    assert await types_told(service, made["id"]) == ["job.finished"]
    disabled = (await _call(service, "PATCH", path, json={"status": "disabled"})).json()
    assert disabled["disabled_reason"] == "by_owner"
    (failed,) = await deliveries_of(service, made["id"], query="?status=failed")
    assert failed["next_attempt_at"] is None
    await service.process([("b.jpg", draw(seed=1))])
    assert await types_told(service, made["id"]) == ["job.finished"]
    enabled = (await _call(service, "PATCH", path, json={"status": "enabled"})).json()
    assert (enabled["status"], enabled["disabled_reason"]) == ("enabled", None)
    await service.process([("c.jpg", draw(seed=2))])
    assert await types_told(service, made["id"]) == ["job.finished"] * 2


async def test_what_is_not_enabled_is_not_tested_or_sent_again(service: Service) -> None:
    made = await make_webhook(service)
    await _call(service, "PATCH", f"/{made['id']}", json={"status": "paused"})
    for path, body in (("test", None), ("redeliver", {"since": "2026-11-21T09:30:00Z"})):
        answer = await _call(service, "POST", f"/{made['id']}/{path}", json=body)
        assert_problem(answer, 409, "wrong_state")


async def test_deleted_webhook_takes_what_waits_for_it(working_service: Service) -> None:
    service = working_service
    made = await make_webhook(service)
    await service.process([("a.jpg", draw())])
    await announce(service)
    assert (await _call(service, "DELETE", f"/{made['id']}")).status_code == 204
    assert_problem(await _call(service, "GET", f"/{made['id']}"), 404, "not_found")
    assert_problem(await _call(service, "DELETE", f"/{made['id']}"), 404, "not_found")
    deliveries = service.stores.database["deliveries"]
    assert await deliveries.distinct("status") == ["canceled"]
    assert await deliveries.count_documents({"due_at": {"$exists": True}}) == 0


async def test_disabling_tells_the_other_webhooks_of_the_key_once(service: Service) -> None:
    key = await service.make_key("service")
    gone, other = [await make_webhook(service, key) for _ in range(2)]
    foreign = await make_webhook(service)
    health = service.stores.endpoint_health
    done = await asyncio.gather(
        *(health.disable(gone["id"], DisabledReason.GONE) for _ in range(3))
    )
    assert sorted(done) == [False, False, True]
    assert (await _call(service, "GET", f"/{gone['id']}")).json()["disabled_reason"] == "gone"
    assert await types_told(service, other["id"]) == ["webhook.disabled"]
    assert await types_told(service, foreign["id"]) == []


async def test_without_a_secret_key_says_what_to_set(environ: dict[str, str]) -> None:
    environ.pop("MINILAB_SECRET_KEY")
    async with running_service(environ) as service:
        for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{UNKNOWN}")):
            body = {"url": URL} if method == "POST" else None
            answer = await _call(service, method, path, json=body)
            problem = assert_problem(answer, 503, "webhooks_not_set_up")
            assert "MINILAB_SECRET_KEY" in problem["detail"]
        answer = await service.send([("a.jpg", draw())], callback_url=URL)
        assert_problem(answer, 503, "webhooks_not_set_up")
        assert await service.count("jobs") == 0
        answer = await service.client.post("/v1/api-keys", json={"role": "service"})
        assert answer.json()["webhook_secret"] is None
