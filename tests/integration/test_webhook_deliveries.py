"""Deliveries over HTTP: signed by the specification, listed with every attempt, redelivered."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from benchmarks.harness.receivers import Message, Receivers
from storage.mongo.client import DURABLE
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization, running_service
from tests.waiting import until
from tests.webhooks import (
    BASE_URL,
    allow_local_receivers,
    announce,
    deliveries_of,
    delivering,
    make_webhook,
)

pytestmark = pytest.mark.one_service

EVENTS: dict[str, Any] = {"event_types": ["job.finished"]}
LONG_AGO = "2026-01-01T00:00:00Z"


@pytest.fixture
async def receivers() -> AsyncIterator[Receivers]:
    async with Receivers() as running:
        yield running


@pytest.fixture
async def environ(environ: dict[str, str]) -> dict[str, str]:
    """The receivers are on this machine."""
    return allow_local_receivers(environ)


@pytest.fixture
async def hooked(working_service: Service) -> Service:
    """The service with a worker."""
    return working_service


def verified(message: Message, secret: str) -> Any:
    """Have the reference library check a message, and give what it says."""
    return Webhook(secret).verify(message.body, message.headers)


async def _rotate(service: Service, path: str, **query: int) -> dict[str, Any]:
    answer = await service.client.post(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    rotated: dict[str, Any] = answer.json()
    return rotated


async def _wait_for(
    receivers: Receivers, count: int, kind: str = "ok", name: str = "hook"
) -> list[Message]:
    await until(lambda: len(receivers.sent_to(kind, name)) >= count)
    return receivers.sent_to(kind, name)


async def test_reference_library_accepts_what_arrives(
    hooked: Service, receivers: Receivers
) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"))
    async with delivering(hooked):
        job = await hooked.process([("a.jpg", draw())])
        messages = await _wait_for(receivers, 2)
    events = {event["type"]: event for event in (verified(m, webhook["secret"]) for m in messages)}
    assert events.keys() == {"job.finished", "image.processed"}
    assert events["job.finished"]["data"]["url"] == f"{BASE_URL}/v1/jobs/{job['id']}"
    assert len({message.id for message in messages}) == 2


async def test_rotation_signs_with_both_secrets_until_the_old_one_ends(
    hooked: Service, receivers: Receivers
) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"), **EVENTS)
    path, old = f"/v1/webhooks/{webhook['id']}", webhook["secret"]
    async with delivering(hooked):
        await hooked.process([("a.jpg", draw(seed=1))])
        await _wait_for(receivers, 1)
        new = (await _rotate(hooked, f"{path}/secret/rotate"))["secret"]
        await hooked.process([("b.jpg", draw(seed=2))])
        await _wait_for(receivers, 2)
        newest = (await _rotate(hooked, f"{path}/secret/rotate", overlap_seconds=0))["secret"]
        await hooked.process([("c.jpg", draw(seed=3))])
        before, between, after = await _wait_for(receivers, 3)
    assert len({old, new, newest}) == 3
    for message, secrets in ((before, [old]), (between, [old, new]), (after, [newest])):
        assert len(message.headers["webhook-signature"].split()) == len(secrets)
        for secret in secrets:
            assert verified(message, secret)["type"] == "job.finished"


async def test_an_old_secret_ends_in_its_time(hooked: Service, receivers: Receivers) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"), **EVENTS)
    path = f"/v1/webhooks/{webhook['id']}"
    new = (await _rotate(hooked, f"{path}/secret/rotate", overlap_seconds=1))["secret"]
    endpoints = hooked.stores.database["webhook_endpoints"]

    async def has_ended() -> bool:
        kept = await endpoints.find_one({"_id": webhook["id"]})
        assert kept is not None
        return bool(kept["secrets"][1]["expires_at"] < datetime.now(UTC) - timedelta(seconds=0.6))

    await until(has_ended)
    async with delivering(hooked):
        await hooked.client.post(f"{path}/test")
        (message,) = await _wait_for(receivers, 1)
    assert len(message.headers["webhook-signature"].split()) == 1
    assert verified(message, new)["type"] == "webhook.test"


async def test_secrets_outlive_a_change_of_the_key_that_encrypts_them(
    environ: dict[str, str], receivers: Receivers
) -> None:
    async with running_service(environ) as service:
        webhook = await make_webhook(service, url=receivers.url("ok"))
    environ["MINILAB_SECRET_KEY"] = f"{'n' * 40},{environ['MINILAB_SECRET_KEY']}"
    async with running_service(environ) as service, delivering(service):
        await service.client.post(f"/v1/webhooks/{webhook['id']}/test")
        (message,) = await _wait_for(receivers, 1)
    assert verified(message, webhook["secret"])["type"] == "webhook.test"


async def test_test_event_goes_to_that_webhook_alone(hooked: Service, receivers: Receivers) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"), **EVENTS)
    await make_webhook(hooked, url=receivers.url("ok", "other"))
    answer = await hooked.client.post(f"/v1/webhooks/{webhook['id']}/test")
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    async with delivering(hooked):
        (message,) = await _wait_for(receivers, 1)
    assert message.id == answer.json()["event_id"]
    event = verified(message, webhook["secret"])
    assert event["type"] == "webhook.test"
    assert event["data"]["webhook_id"] == webhook["id"]
    assert receivers.sent_to("ok", "other") == []


async def test_delivery_shows_every_attempt(hooked: Service, receivers: Receivers) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("flaky"), **EVENTS)
    async with delivering(hooked, webhook_retry_seconds="0.1,0.1"):
        job = await hooked.process([("a.jpg", draw())])
        first, second = await _wait_for(receivers, 2, "flaky")

        async def is_delivered() -> bool:
            return bool(await deliveries_of(hooked, webhook["id"], query="?status=delivered"))

        await until(is_delivered)
    assert first.id == second.id
    assert first.body == second.body
    (summary,) = await deliveries_of(hooked, webhook["id"])
    answer = await hooked.client.get(f"/v1/webhooks/{webhook['id']}/deliveries/{summary['id']}")
    delivery = answer.json()
    assert summary.items() <= delivery.items()
    assert (delivery["event_id"], delivery["job_id"]) == (first.id, job["id"])
    assert delivery["status"] == "delivered"
    assert delivery["next_attempt_at"] is None
    assert delivery["attempt_count"] == 2
    kept_days = datetime.fromisoformat(delivery["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29) < kept_days <= timedelta(days=30)
    failed, arrived = delivery["attempts"]
    assert (failed["number"], failed["status_code"], failed["answer"]) == (1, 500, "broken")
    assert (arrived["number"], arrived["status_code"], arrived["answer"]) == (2, 200, "taken")
    assert arrived["error"] is None
    assert arrived["seconds"] >= 0
    assert summary["last_attempt"] == arrived


async def test_sends_again_with_the_same_id_however_it_stands(
    hooked: Service, receivers: Receivers
) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"), **EVENTS)
    path = f"/v1/webhooks/{webhook['id']}/deliveries"
    async with delivering(hooked):
        await hooked.process([("a.jpg", draw())])
        await _wait_for(receivers, 1)

        async def attempts() -> int:
            (one,) = await deliveries_of(hooked, webhook["id"])
            return int(one["attempt_count"]) if one["status"] == "delivered" else 0

        await until(lambda: _equals(attempts, 1))
        (delivery,) = await deliveries_of(hooked, webhook["id"])
        answer = await hooked.client.post(f"{path}/{delivery['id']}/redeliver")
        assert answer.status_code == 202, answer.text
        first, again = await _wait_for(receivers, 2)
        await until(lambda: _equals(attempts, 2))
    assert (first.id, first.body) == (again.id, again.body)
    assert await hooked.count("deliveries") == 1
    unknown = await hooked.client.post(f"{path}/msg_none:{webhook['id']}/redeliver")
    assert_problem(unknown, 404, "not_found")


async def test_sends_all_again_that_has_failed_since(hooked: Service, receivers: Receivers) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"), **EVENTS)
    for seed in range(3):
        await hooked.process([(f"{seed}.jpg", draw(seed=seed))])
    await announce(hooked)
    deliveries = hooked.stores.database["deliveries"].with_options(write_concern=DURABLE)
    oldest, *others = [one["id"] for one in await deliveries_of(hooked, webhook["id"])]
    now = datetime.now(UTC)
    for ids, at in (([oldest], now - timedelta(days=2)), (others, now)):
        fields = {"status": "failed", "finished_at": at}
        await deliveries.update_many(
            {"_id": {"$in": ids}}, {"$set": fields, "$unset": {"due_at": ""}}
        )
    path, since = f"/v1/webhooks/{webhook['id']}/redeliver", (now - timedelta(days=1)).isoformat()
    answer = await hooked.client.post(path, json={"since": since})
    assert (answer.status_code, answer.json()) == (202, {"redelivered": 2})
    async with delivering(hooked):
        await _wait_for(receivers, 2)
    (left,) = await deliveries_of(hooked, webhook["id"], query="?status=failed")
    assert left["id"] == oldest
    for body in ({}, {"since": "yesterday"}, {"since": "2026-11-21T09:30:00"}):
        assert_problem(await hooked.client.post(path, json=body), 422, "invalid_value")


async def test_lists_in_pages_newest_first(service: Service) -> None:
    webhook = await make_webhook(service, **EVENTS)
    for _ in range(5):
        await service.send([("a.txt", b"text")])
    await announce(service)
    path, found, query = f"/v1/webhooks/{webhook['id']}/deliveries", [], ""
    while True:
        page = (await service.client.get(f"{path}?limit=2{query}")).json()
        found += [one["created_at"] for one in page["items"]]
        if "next_cursor" not in page:
            break
        query = f"&cursor={page['next_cursor']}"
    assert len(found) == 5
    assert found == sorted(found, reverse=True)
    assert await deliveries_of(service, webhook["id"], query="?status=delivered") == []
    answer = await service.client.get(f"{path}?status=lost")
    assert_problem(answer, 422, "invalid_value")


async def test_callback_gets_the_end_of_its_job_signed_by_the_key(
    hooked: Service, receivers: Receivers
) -> None:
    made = (await hooked.client.post("/v1/api-keys", json={"role": "service"})).json()
    other = await hooked.make_key("service")
    answer = await hooked.send(
        [("a.jpg", draw())], key=made["key"], user_id="u1", callback_url=receivers.url("ok")
    )
    job_id = answer.json()["id"]
    assert receivers.url("ok") not in answer.text
    await hooked.job(job_id)
    async with delivering(hooked):
        (message,) = await _wait_for(receivers, 1)

        async def is_delivered() -> bool:
            query = "?status=delivered"
            return bool(await deliveries_of(hooked, "callbacks", made["key"], query))

        await until(is_delivered)
    event = verified(message, made["webhook_secret"])
    assert (event["type"], event["data"]["job_id"]) == ("job.finished", job_id)
    assert await hooked.count("deliveries") == 1
    (delivery,) = await deliveries_of(hooked, "callbacks", made["key"])
    assert delivery["webhook_id"] is None
    assert await deliveries_of(hooked, "callbacks", other) == []
    assert len(await deliveries_of(hooked, "callbacks")) == 1
    again = f"/v1/webhooks/callbacks/deliveries/{delivery['id']}/redeliver"
    refused = await hooked.client.post(again, headers=authorization(other))
    assert_problem(refused, 404, "not_found")
    async with delivering(hooked):
        assert (await hooked.client.post(again)).status_code == 202
        first, second = await _wait_for(receivers, 2)
    assert first.id == second.id


async def test_secret_of_a_key_is_rotated_that_of_the_settings_too(
    hooked: Service, receivers: Receivers
) -> None:
    made = (await hooked.client.post("/v1/api-keys", json={"role": "service"})).json()
    both = {}
    for key_id, key in (("admin", ADMIN_KEY), (made["id"], made["key"])):
        old = (await _rotate(hooked, f"/v1/api-keys/{key_id}/webhook-secret"))["webhook_secret"]
        new = (await _rotate(hooked, f"/v1/api-keys/{key_id}/webhook-secret"))["webhook_secret"]
        url = receivers.url("ok", key_id)
        await hooked.send([("a.jpg", draw())], key=key, user_id="u1", callback_url=url)
        both[key_id] = (old, new)
    async with delivering(hooked):
        for key_id, secrets in both.items():
            (message,) = await _wait_for(receivers, 1, name=key_id)
            for secret in secrets:
                assert verified(message, secret)["type"] == "job.finished"
    path = "/v1/api-keys/019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4/webhook-secret"
    assert_problem(await hooked.client.post(path), 404, "not_found")
    path = f"/v1/api-keys/{made['id']}/webhook-secret"
    refused = await hooked.client.post(path, headers=authorization(made["key"]))
    assert_problem(refused, 403, "forbidden")


async def test_repeated_key_request_shows_the_same_webhook_secret(service: Service) -> None:
    headers = authorization(ADMIN_KEY) | {"Idempotency-Key": "k"}
    first, again = [
        (await service.client.post("/v1/api-keys", json={"role": "admin"}, headers=headers)).json()
        for _ in range(2)
    ]
    assert first == again
    assert first["webhook_secret"].startswith("whsec_")
    kept = str(await service.stores.database["webhook_key_secrets"].find().to_list(None))
    assert "whsec_" not in kept
    assert first["webhook_secret"].removeprefix("whsec_") not in kept
    listed = await service.client.get("/v1/api-keys")
    assert "whsec_" not in listed.text


async def test_callback_of_a_job_of_refused_files_and_on_the_faces_route(
    hooked: Service, receivers: Receivers
) -> None:
    await hooked.send([("a.txt", b"text")], callback_url=receivers.url("ok"))
    await hooked.send([("b.jpg", draw())], route="/process", callback_url=receivers.url("ok"))
    async with delivering(hooked):
        messages = await _wait_for(receivers, 2)
    secret = (await _rotate(hooked, "/v1/api-keys/admin/webhook-secret"))["webhook_secret"]
    assert secret
    assert {message.id for message in messages} == {
        one["event_id"] for one in await deliveries_of(hooked, "callbacks")
    }


async def test_callback_goes_with_a_key_and_not_through_a_link(service: Service) -> None:
    link = await service.make_link()
    answer = await service.send(
        [("a.jpg", draw())],
        route="/v1/uploads",
        key=link["token"],
        callback_url="https://example.com/",
    )
    assert_problem(answer, 422, "invalid_value")


async def test_revoked_key_sends_no_callback(hooked: Service, receivers: Receivers) -> None:
    made = (await hooked.client.post("/v1/api-keys", json={"role": "service"})).json()
    answer = await hooked.send(
        [("a.jpg", draw())], key=made["key"], user_id="u1", callback_url=receivers.url("ok")
    )
    await hooked.job(answer.json()["id"])
    await hooked.client.delete(f"/v1/api-keys/{made['id']}")
    async with delivering(hooked):

        async def is_over() -> bool:
            return bool(await deliveries_of(hooked, "callbacks", query="?status=canceled"))

        await until(is_over)
    assert receivers.messages == []


async def test_paused_webhook_gets_what_it_missed(hooked: Service, receivers: Receivers) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"), **EVENTS)
    await make_webhook(hooked, url=receivers.url("ok", "witness"), **EVENTS)
    path = f"/v1/webhooks/{webhook['id']}"
    await hooked.client.patch(path, json={"status": "paused"})
    async with delivering(hooked):
        await hooked.process([("a.jpg", draw())])
        await _wait_for(receivers, 1, name="witness")
        assert receivers.sent_to("ok") == []
        await hooked.client.patch(path, json={"status": "enabled"})
        (message,) = await _wait_for(receivers, 1)
    assert verified(message, webhook["secret"])["type"] == "job.finished"


async def test_nothing_secret_is_listed(hooked: Service, receivers: Receivers) -> None:
    webhook = await make_webhook(hooked, url=receivers.url("ok"))
    async with delivering(hooked):
        await hooked.client.post(f"/v1/webhooks/{webhook['id']}/test")
        await _wait_for(receivers, 1)
    for path in ("", f"/{webhook['id']}", f"/{webhook['id']}/deliveries"):
        text = (await hooked.client.get(f"/v1/webhooks{path}")).text
        assert "whsec_" not in text
        assert webhook["secret"].removeprefix("whsec_") not in text


async def _equals(ask: Any, wanted: int) -> bool:
    return bool(await ask() == wanted)


async def test_many_rotations_at_once_leave_two_secrets(service: Service) -> None:
    webhook = await make_webhook(service)
    path = f"/v1/webhooks/{webhook['id']}/secret/rotate"
    secrets = await asyncio.gather(*(_rotate(service, path) for _ in range(5)))
    assert len({one["secret"] for one in secrets}) == 5
    kept = await service.stores.database["webhook_endpoints"].find_one({"_id": webhook["id"]})
    assert kept is not None
    assert len(kept["secrets"]) == 2
