"""The audit trail: each action is in it once, with who did it, and with nothing personal."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.audit import AuditAction
from storage.mongo.client import DURABLE
from tests.image_documents import give_up
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import ADMIN_KEY, Service, authorization
from tests.trained_models import store_model
from tests.webhooks import make_webhook

pytestmark = pytest.mark.one_service

FILENAME = "holiday-9b2e41.png"
NOTE = "a-note-of-somebody"
DAY = timedelta(days=1)
PICTURE = (FILENAME, draw(kind="PNG"))


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"MINILAB_LEARNING": "true"}


async def _entries(service: Service, query: str = "") -> list[dict[str, Any]]:
    answer = await service.client.get(f"/v1/audit?limit=100{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def _did(service: Service, method: str, path: str, key: str, **options: Any) -> Any:
    answer = await service.client.request(method, path, headers=authorization(key), **options)
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


async def _do_everything(service: Service) -> list[tuple[str, str]]:
    """Do each action once; gives each with the ID of its target."""
    admin = await _did(service, "POST", "/v1/api-keys", ADMIN_KEY, json={"role": "admin"})
    key = str(admin["key"])
    done = [("api_key.created", admin["id"])]

    async def do(action: str, method: str, path: str, target: str = "", **options: Any) -> Any:
        answer = await _did(service, method, path, key, **options)
        done.append((action, target or answer["id"]))
        return answer

    body = {"role": "service", "note": NOTE, "tenant": "acme"}
    made = await do("api_key.created", "POST", "/v1/api-keys", json=body)
    path = f"/v1/api-keys/{made['id']}"
    await do("api_key.secret_rotated", "POST", f"{path}/webhook-secret", made["id"])
    await do("api_key.revoked", "DELETE", path, made["id"])
    await _did(service, "DELETE", path, key)  # Changes nothing any more.
    link_body = {"expires_in": 60, "note": NOTE, "user_id": "u1"}
    link = await do("upload_link.created", "POST", "/v1/upload-links", json=link_body)
    await do("upload_link.revoked", "DELETE", f"/v1/upload-links/{link['id']}", link["id"])
    webhook = await make_webhook(service, key, note=NOTE)
    done.append(("webhook.created", webhook["id"]))
    path = f"/v1/webhooks/{webhook['id']}"
    delivery = await _did(service, "POST", f"{path}/test", key)
    again = f"{path}/deliveries/{delivery['id']}/redeliver"
    await do("delivery.redelivered", "POST", again, delivery["id"])
    since = {"since": "2026-01-01T00:00:00Z"}
    await _fail(service, delivery["id"])
    await do("webhook.redelivered", "POST", f"{path}/redeliver", webhook["id"], json=since)
    await do("webhook.secret_rotated", "POST", f"{path}/secret/rotate", webhook["id"])
    await do("webhook.updated", "PATCH", path, webhook["id"], json={"note": NOTE * 2})
    await do("webhook.deleted", "DELETE", path, webhook["id"])
    await service.stores.webhook_hold.hold()
    await do("service.webhooks_released", "POST", "/v1/webhooks/release", "webhooks")
    version = await store_model(service.stores)
    await do("model.trained", "POST", "/v1/models/kind/train", "kind")
    await _did(service, "POST", "/v1/models/kind/train", key)  # It is open: nothing changes.
    await do("model.promoted", "POST", f"/v1/models/kind/versions/{version}/promote", "kind")
    # No worker yet: a batch of no image would end at once.
    batch = await do("batch.created", "POST", "/v1/batches", json={"operation": "metadata"})
    path = f"/v1/batches/{batch['id']}/cancel"
    await do("batch.canceled", "POST", path, batch["id"])
    await _did(service, "POST", path, key)  # It has ended: nothing changes.
    async with service.working():
        files = [("f", PICTURE), ("f", ("broken.png", PICTURE[1][:100]))]
        job = await _did(service, "POST", "/v1/jobs", key, files=files, data={"user_id": "u1"})
        job = await service.job(job["id"])
        await do("job.retried", "POST", f"/v1/jobs/{job['id']}/retry", job["id"])
        await service.job(job["id"])
        # It has ended: nothing changes.
        await _did(service, "DELETE", f"/v1/jobs/{job['id']}", key)
        await service.stores.database["images"].update_one(
            {"_id": job["items"][0]["image_id"]}, {"$set": {"due_at": datetime.now(UTC) + DAY}}
        )
        await do("job.canceled", "DELETE", f"/v1/jobs/{job['id']}", job["id"])
        image_id = job["items"][0]["image_id"]
        for verb, method, path in [
            ("retried", "POST", f"/v1/dead-letters/{image_id}/retry"),
            ("discarded", "DELETE", f"/v1/dead-letters/{image_id}"),
            ("retried", "POST", "/v1/dead-letters/retry"),
            ("discarded", "POST", "/v1/dead-letters/discard"),
        ]:
            await service.job(job["id"])
            await give_up(service.stores.database, image_id)
            many = None if image_id in path else {"ids": [image_id]}
            await do(f"dead_letter.{verb}", method, path, image_id, json=many)
        await service.job(job["id"])
        await do("image.deleted", "DELETE", f"/v1/images/{image_id}", image_id)
        deletion = await do("user.deleted", "DELETE", "/v1/users/u1", "u1")
        await service.job(deletion["id"])
    assert {action for action, _ in done} == set(AuditAction)
    return done


async def _fail(service: Service, delivery_id: str) -> None:
    ended = {"status": "failed", "finished_at": datetime.now(UTC)}
    deliveries = service.stores.database["deliveries"].with_options(write_concern=DURABLE)
    await deliveries.update_one({"_id": delivery_id}, {"$set": ended, "$unset": {"due_at": ""}})


async def test_each_action_is_listed_once_with_its_actor(service: Service) -> None:
    done = await _do_everything(service)
    entries = await _entries(service)
    assert [(one["action"], one["target"]["id"]) for one in entries] == done[::-1]
    (first, *_) = reversed(entries)
    assert first["actor"] == {"key_id": "admin", "role": "admin"}
    made_by = {one["actor"]["key_id"] for one in entries[:-1]}
    assert made_by == {first["target"]["id"]}
    assert [one["target"]["type"] for one in entries] == [
        one["action"].partition(".")[0] for one in entries
    ]
    assert len({one["request_id"] for one in entries}) == len(entries)
    assert {one.get("tenant") for one in entries if one["target"]["id"] == done[1][1]} == {"acme"}
    text = repr(await service.stores.database["audit"].find().to_list(None))
    for personal in (FILENAME, NOTE, "mlk_", "mll_", "whsec_", "https://"):
        assert personal not in text
    named = [one["action"] for one in entries if "u1" in repr(one)]
    assert named == ["user.deleted"]
    # The deletion of the user keeps the entries.
    job = await service.client.get("/v1/jobs?user_id=u1")
    assert job.status_code == 200
    assert len(await _entries(service)) == len(entries)


@pytest.mark.parametrize(
    ("collection", "method", "path", "body"),
    [
        ("webhook_endpoints", "PATCH", "", {"note": "new", "url": "https://b.example/hooks"}),
        ("webhook_endpoints", "PATCH", "", {"status": "disabled"}),
        ("deliveries", "POST", "/redeliver", {"since": "2026-01-01T00:00:00Z"}),
        ("deliveries", "POST", "/deliveries/{delivery}/redeliver", None),
    ],
)
async def test_the_trail_has_what_happened_and_nothing_else(
    service: Service, collection: str, method: str, path: str, body: object
) -> None:
    webhook = await make_webhook(service, ADMIN_KEY, note=NOTE)
    of_webhook = f"/v1/webhooks/{webhook['id']}"
    delivery = await _did(service, "POST", f"{of_webhook}/test", ADMIN_KEY)
    await _fail(service, delivery["id"])
    url = of_webhook + path.format(delivery=delivery["id"])
    database = service.stores.database

    async def state() -> list[Any]:
        names = ("audit", "webhook_endpoints", "deliveries")
        return [await database[name].find().to_list(None) for name in names]

    before = await state()
    for refusing in (collection, "audit"):
        await database.command("collMod", refusing, validator={"refused": {"$exists": True}})
        try:
            assert (await service.client.request(method, url, json=body)).status_code >= 500
        finally:
            await database.command("collMod", refusing, validator={})
        assert await state() == before
    answer = await service.client.request(method, url, json=body)
    assert answer.is_success, answer.text
    assert len((await state())[0]) == len(before[0]) + 1
    if body is not None:  # The same once more changes nothing.
        assert (await service.client.request(method, url, json=body)).status_code in {
            answer.status_code,
            409,
        }
        assert len((await state())[0]) == len(before[0]) + 1


async def test_filters_and_pages_of_the_trail(service: Service) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    links = [(await service.make_link())["id"] for _ in range(3)]
    other = await service.make_key("admin")
    key_id = (await service.client.get("/v1/api-keys")).json()["items"][0]["id"]
    path = f"/v1/upload-links/{links[0]}"
    assert (await service.client.delete(path, headers=authorization(other))).is_success
    everything = await _entries(service)
    assert len(everything) == 5
    assert {one["target"]["id"] for one in await _entries(service, f"&target={links[0]}")} == {
        links[0]
    }
    assert len(await _entries(service, f"&target={links[0]}")) == 2
    assert len(await _entries(service, "&actor=admin")) == 4
    assert len(await _entries(service, f"&actor={key_id}&action=upload_link.revoked")) == 1
    assert len(await _entries(service, "&action=upload_link.created")) == 3
    moment = (began + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert await _entries(service, f"&since={moment}") == []
    assert await _entries(service, f"&until={moment}") == everything
    middle = everything[2]["at"]
    newer = await _entries(service, f"&since={middle}")
    older = await _entries(service, f"&until={middle}")
    assert newer + older == everything
    found, query = [], ""
    while True:
        page = (await service.client.get(f"/v1/audit?limit=2{query}")).json()
        found += page["items"]
        if "next_cursor" not in page:
            break
        query = f"&cursor={page['next_cursor']}"
    assert found == everything


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-01-01T00:00:00", "action=nope"])
async def test_refuses_filters_that_make_no_sense(service: Service, query: str) -> None:
    answer = await service.client.get(f"/v1/audit?{query}")
    assert answer.status_code == 422, answer.text
    assert [one["parameter"] for one in answer.json()["errors"]] == [query.partition("=")[0]]


async def test_entries_are_kept_for_the_days_of_the_setting(service: Service) -> None:
    await service.make_link()
    entry = await service.stores.database["audit"].find_one()
    assert entry is not None
    assert entry["expires_at"] - entry["at"] == timedelta(days=400)
    indexes = await service.stores.database["audit"].index_information()
    assert indexes["expires_at_1"]["expireAfterSeconds"] == 0


async def test_uploads_reads_and_refused_requests_add_nothing(service: Service) -> None:
    sent = await service.send([PICTURE])
    for path in ("/v1/jobs", f"/v1/jobs/{sent.json()['id']}", "/v1/api-keys", "/v1/audit"):
        assert (await service.client.get(path)).is_success
    for path in ("api-keys", "upload-links", "images", "jobs", "webhooks", "dead-letters"):
        assert_problem(await service.client.delete(f"/v1/{path}/nothing"), 404, "not_found")
    assert await _entries(service) == []


async def test_equal_creations_are_one_entry(service: Service) -> None:
    headers = {"Idempotency-Key": "k1"}
    for _ in range(2):
        made = await service.client.post("/v1/api-keys", json={"role": "service"}, headers=headers)
    (entry,) = await _entries(service)
    assert entry["target"] == {"type": "api_key", "id": made.json()["id"]}
    assert entry["details"] == {"role": "service", "scopes": "upload read delete"}


async def test_a_cancellation_is_one_entry_of_who_ended_something(service: Service) -> None:
    others = [await service.make_key("admin") for _ in range(4)]
    before = await _entries(service)
    ticket = (await service.send([(f"{seed}.png", draw(seed=seed)) for seed in range(30)])).json()
    path = f"/v1/jobs/{ticket['id']}"
    await asyncio.gather(*(_did(service, "DELETE", path, key) for key in others))
    await _did(service, "DELETE", path, ADMIN_KEY)
    entry, *rest = await _entries(service)
    assert rest == before
    assert entry["action"] == "job.canceled"
    assert entry["target"]["id"] == ticket["id"]


async def test_a_job_that_is_open_again_can_be_canceled_again(service: Service) -> None:
    job = (await service.send([PICTURE])).json()
    path = f"/v1/jobs/{job['id']}"
    for count in (1, 2):
        await _did(service, "DELETE", path, ADMIN_KEY)
        assert len(await _entries(service, "&action=job.canceled")) == count
        cells = {f"cells.{name}.status": "failed" for name in job["operations"]}
        await service.stores.database["images"].update_one(
            {"job_id": job["id"]}, {"$set": cells | {"status": "failed"}}
        )
        await _did(service, "POST", f"{path}/retry", ADMIN_KEY)


async def test_a_deletion_of_a_user_is_one_entry_for_what_it_deletes(service: Service) -> None:
    async def delete(times: int) -> None:
        await asyncio.gather(
            *(_did(service, "DELETE", "/v1/users/u1", ADMIN_KEY) for _ in range(times))
        )

    await delete(2)
    assert await _entries(service) == []
    await service.send([PICTURE], user_id="u1")
    await delete(5)
    assert [one["action"] for one in await _entries(service)] == ["user.deleted"]
    await service.send([PICTURE], user_id="u1")
    await delete(5)
    assert [one["action"] for one in await _entries(service)] == ["user.deleted"] * 2


async def test_a_dead_letter_is_ended_once(service: Service) -> None:
    for action, method, path in [("retried", "POST", "/retry"), ("discarded", "DELETE", "")]:
        job = (await service.send([PICTURE])).json()
        image_id = job["items"][0]["image_id"]
        await give_up(service.stores.database, image_id)
        ended = {"$unset": {"due_at": ""}}
        await service.stores.database["images"].update_one({"_id": image_id}, ended)
        await asyncio.gather(
            *(
                service.client.request(method, f"/v1/dead-letters/{image_id}{path}")
                for _ in range(5)
            )
        )
        entries = await _entries(service, f"&target={image_id}")
        assert [one["action"] for one in entries] == [f"dead_letter.{action}"]


async def test_releasing_what_is_not_held_adds_nothing(service: Service) -> None:
    await _did(service, "POST", "/v1/webhooks/release", ADMIN_KEY)
    assert await _entries(service) == []
