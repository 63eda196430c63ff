"""Events: each change is announced once, to endpoints that may see it and only if there are any."""

import asyncio
from typing import Any

import pytest

from storage.mongo.client import DURABLE
from storage.outbox.subscriptions import CACHE_SECONDS
from storage.removal.expiry import Expiry
from storage.settings import WorkRules
from tests.integration.test_expiry import age
from tests.pictures import draw
from tests.service import ADMIN_KEY, Service, authorization
from tests.webhooks import (
    BASE_URL,
    announce,
    announcer_of,
    deliveries_of,
    make_webhook,
    told,
    types_told,
)

pytestmark = pytest.mark.one_service

MARKED = {"pending_events": {"$exists": True}}
NO_TIME: dict[str, object] = {"max_seconds": 1e-6}


async def _count(service: Service, collection: str, query: dict[str, Any]) -> int:
    return await service.stores.database[collection].count_documents(query)


async def test_finished_job_and_its_images_are_told(working_service: Service) -> None:
    webhook = await make_webhook(working_service)
    job = await working_service.process([("a.jpg", draw()), ("b.txt", b"text")], user_id="u1")
    events = {event["type"]: event for event in await told(working_service, webhook["id"])}
    assert events.keys() == {"job.finished", "image.processed"}
    assert events["job.finished"]["data"] == {
        "job_id": job["id"],
        "user_id": "u1",
        "status": "partial",
        "version": job["version"],
        "url": f"{BASE_URL}/v1/jobs/{job['id']}",
    }
    image_id = job["items"][0]["image_id"]
    assert events["image.processed"]["data"] == {
        "image_id": image_id,
        "job_id": job["id"],
        "user_id": "u1",
        "status": "succeeded",
        "url": f"{BASE_URL}/v1/images/{image_id}",
    }
    assert events["job.finished"]["timestamp"][:19] == job["finished_at"][:19]


async def test_nothing_is_written_where_nobody_listens(working_service: Service) -> None:
    await asyncio.sleep(CACHE_SECONDS)  # The webhooks of the tests before are remembered so long.
    job = await working_service.process([("a.jpg", draw()), ("b.txt", b"text")])
    image_id = job["items"][0]["image_id"]
    assert await _count(working_service, "jobs", MARKED) == 0
    assert await _count(working_service, "images", MARKED) == 0
    await working_service.client.delete(f"/v1/images/{image_id}")
    link = await working_service.make_link(max_files=1)
    await working_service.send([("c.jpg", draw(seed=1))], route="/v1/uploads", key=link["token"])
    assert await working_service.count("outbox") == 0
    await announce(working_service)
    assert await working_service.count("events") == 0


async def test_only_what_somebody_chose_is_marked(working_service: Service) -> None:
    await asyncio.sleep(CACHE_SECONDS)  # The webhooks of the tests before are remembered so long.
    webhook = await make_webhook(working_service, event_types=["image.deleted"])
    job = await working_service.process([("a.jpg", draw())])
    assert await _count(working_service, "jobs", MARKED) == 0
    assert await _count(working_service, "images", MARKED) == 0
    await working_service.client.delete(f"/v1/images/{job['items'][0]['image_id']}")
    assert await types_told(working_service, webhook["id"]) == ["image.deleted"]


async def test_job_of_which_every_file_is_refused_is_told(service: Service) -> None:
    webhook = await make_webhook(service, event_types=["job.finished"])
    answer = await service.send([("a.txt", b"text")])
    (event,) = await told(service, webhook["id"])
    assert event["data"]["job_id"] == answer.json()["id"]
    assert event["data"]["status"] == "failed"


async def test_canceled_job_is_told(service: Service) -> None:
    webhook = await make_webhook(service)
    job_id = (await service.send([("a.jpg", draw())])).json()["id"]
    await service.client.delete(f"/v1/jobs/{job_id}")
    (event,) = await told(service, webhook["id"])
    assert (event["type"], event["data"]["status"]) == ("job.finished", "canceled")


async def test_deleted_image_is_told_after_what_it_had_not_told_yet(
    working_service: Service,
) -> None:
    webhook = await make_webhook(working_service, event_types=["image.processed", "image.deleted"])
    job = await working_service.process([("a.jpg", draw())])
    image_id = job["items"][0]["image_id"]
    assert (await working_service.client.delete(f"/v1/images/{image_id}")).status_code == 204
    events = {event["type"]: event["data"] for event in await told(working_service, webhook["id"])}
    assert events.keys() == {"image.processed", "image.deleted"}
    assert events["image.deleted"] == {
        "image_id": image_id,
        "job_id": job["id"],
        "user_id": "admin",
        "url": f"{BASE_URL}/v1/jobs/{job['id']}",
    }


async def test_last_use_of_a_link_is_told_once(service: Service) -> None:
    webhook = await make_webhook(service, event_types=["link.used_up"])
    link = await service.make_link(max_files=2, user_id="u1")

    async def send(seed: int) -> int:
        files = [(f"{seed}.jpg", draw(seed=seed))]
        answer = await service.send(files, route="/v1/uploads", key=link["token"])
        return answer.status_code

    assert await send(0) == 202
    assert await told(service, webhook["id"]) == []
    assert sorted(await asyncio.gather(*(send(seed) for seed in range(1, 6)))) == [202] + [409] * 4
    (event,) = await told(service, webhook["id"])
    used = (await service.link(link["id"]))["used_bytes"]
    assert event["data"] == {
        "link_id": link["id"],
        "user_id": "u1",
        "used_files": 2,
        "used_bytes": used,
        "url": f"{BASE_URL}/v1/upload-links/{link['id']}",
    }


async def test_dead_letter_is_told_and_again_if_it_dies_again(service: Service) -> None:
    webhook = await make_webhook(service, event_types=["dead_letter.created", "job.finished"])
    async with service.working(**NO_TIME):
        job = await service.process([("a.jpg", draw())], user_id="u1")
        image_id = job["items"][0]["image_id"]
        assert await types_told(service, webhook["id"]) == ["dead_letter.created", "job.finished"]
        await service.client.post(f"/v1/dead-letters/{image_id}/retry")
        again = await service.job(job["id"])
    assert again["version"] > job["version"]
    events = await told(service, webhook["id"])
    letters = [event["data"] for event in events if event["type"] == "dead_letter.created"]
    assert len(letters) == 2
    assert letters[0] == {
        "dead_letter_id": image_id,
        "job_id": job["id"],
        "user_id": "u1",
        "code": "decode_timed_out",
        "url": f"{BASE_URL}/v1/dead-letters/{image_id}",
    }
    versions = [event["data"]["version"] for event in events if event["type"] == "job.finished"]
    assert sorted(versions) == [job["version"], again["version"]]


async def test_retry_before_the_announcer_looks_loses_nothing(service: Service) -> None:
    webhook = await make_webhook(service, event_types=["job.finished", "dead_letter.created"])
    async with service.working(**NO_TIME):
        job = await service.process([("a.jpg", draw())])
        await service.client.post(f"/v1/jobs/{job['id']}/retry")
        again = await service.job(job["id"])
    assert again["version"] > job["version"]
    types = ["dead_letter.created"] * 2 + ["job.finished"] * 2
    assert await types_told(service, webhook["id"]) == types


async def test_keys_are_told_what_they_may_see(service: Service) -> None:
    keys = {
        "admin": ADMIN_KEY,
        "u1": await service.make_key("client", "u1"),
        "u2": await service.make_key("client", "u2"),
        "back end": await service.make_key("service"),
    }
    webhooks = {name: (await make_webhook(service, key))["id"] for name, key in keys.items()}
    async with service.working():
        of_u1 = await service.process([("a.jpg", draw(seed=1))], user_id="u1")
        through = await service.send([("b.jpg", draw(seed=2))], key=keys["back end"], user_id="u2")
        await service.job(through.json()["id"])
        link = await service.make_link(user_id="u1", max_files=1)
        by_link = await service.send(
            [("c.jpg", draw(seed=3))], route="/v1/uploads", key=link["token"]
        )
        await service.job(by_link.json()["id"])
    ids = {"u1": of_u1["id"], "back end": through.json()["id"], "link": by_link.json()["id"]}
    await announce(service)
    seen = {
        name: {one["job_id"] for one in await deliveries_of(service, webhook_id, keys[name])}
        for name, webhook_id in webhooks.items()
    }
    assert seen["admin"] == {*ids.values(), None}  # The use of the link is of no job.
    assert seen["u1"] == {ids["u1"], ids["link"]}
    assert seen["u2"] == seen["back end"] == {ids["back end"]}
    for name in ("u1", "u2", "back end"):
        assert "link.used_up" not in await types_told(service, webhooks[name], keys[name])


async def test_revoked_key_is_told_nothing_more(working_service: Service) -> None:
    service = working_service
    made = (await service.client.post("/v1/api-keys", json={"role": "service"})).json()
    webhook = await make_webhook(service, made["key"])
    await service.client.delete(f"/v1/api-keys/{made['id']}")
    files = [("a.jpg", draw())]
    await make_webhook(service)
    await service.process(files)
    assert await types_told(service, webhook["id"]) == []
    read = (await service.client.get(f"/v1/webhooks/{webhook['id']}")).json()
    assert (read["status"], read["disabled_reason"]) == ("disabled", "key_invalid")


async def test_announcers_at_once_make_each_event_once(working_service: Service) -> None:
    webhook = await make_webhook(working_service)
    files = [(f"{seed}.jpg", draw(seed=seed)) for seed in range(4)]
    for file in files:
        await working_service.process([file])
    announcers = [announcer_of(working_service) for _ in range(4)]
    await asyncio.gather(*(one.announce_batch() for one in announcers for _ in range(2)))
    events = await told(working_service, webhook["id"])
    assert len(events) == 8
    assert await working_service.count("events") == 8
    assert await _count(working_service, "jobs", MARKED) == 0
    assert await _count(working_service, "images", MARKED) == 0


@pytest.mark.parametrize("lost", ["events", "deliveries"])
async def test_announcer_that_died_halfway_is_made_good(
    working_service: Service, lost: str
) -> None:
    """What another one has written is there once; what it has not is written now."""
    webhook = await make_webhook(working_service)
    await working_service.process([("a.jpg", draw())])
    database = working_service.stores.database
    marks = {
        name: [(one["_id"], one["pending_events"]) async for one in database[name].find(MARKED)]
        for name in ("jobs", "images")
    }
    await announce(working_service)
    ids = set(await database["events"].distinct("_id"))
    (removed, *_) = await database[lost].distinct("_id")
    await database[lost].delete_one({"_id": removed})
    for name, of_documents in marks.items():
        for document_id, mark in of_documents:
            durable = database[name].with_options(write_concern=DURABLE)
            await durable.update_one({"_id": document_id}, {"$set": {"pending_events": mark}})
    assert await types_told(working_service, webhook["id"]) == ["image.processed", "job.finished"]
    assert set(await database["events"].distinct("_id")) == ids


async def test_what_expires_is_told_first(working_service: Service) -> None:
    service, stores = working_service, working_service.stores
    webhook = await make_webhook(service, event_types=["job.finished", "image.deleted"])
    job = await service.process([("a.jpg", draw())])
    await age(stores, "images", job["items"][0]["image_id"])
    await age(stores, "jobs", job["id"])
    rules = WorkRules(job_ttl_seconds=3600, image_ttl_seconds=3600)
    expiry = Expiry(stores.client, stores.database, rules)
    removed = await expiry.expire()
    assert (removed.jobs, removed.images) == (0, 1)  # Nobody else could tell of the job.
    assert await types_told(service, webhook["id"]) == ["image.deleted", "job.finished"]
    assert (await expiry.expire()).jobs == 1


async def test_deleted_user_takes_webhooks_and_what_was_told_along(
    working_service: Service,
) -> None:
    service = working_service
    key = await service.make_key("client", "u1")
    own, admins = await make_webhook(service, key), await make_webhook(service)
    await service.process([("a.jpg", draw())], user_id="u1")
    kept = await service.process([("b.jpg", draw(seed=1))], user_id="u2")
    await announce(service)
    deletion = (await service.client.delete("/v1/users/u1")).json()
    await service.job(deletion["id"])
    answer = await service.client.get(f"/v1/webhooks/{own['id']}", headers=authorization(ADMIN_KEY))
    assert answer.status_code == 404
    events = await told(service, admins["id"])
    of_u1 = [event["type"] for event in events if event["data"].get("user_id") == "u1"]
    assert of_u1 == ["image.deleted"]  # A client that keeps data of the user has to know.
    assert {event["data"]["job_id"] for event in events if event["data"]["user_id"] == "u2"} == {
        kept["id"]
    }
    assert await _count(service, "deliveries", {"endpoint_id": own["id"]}) == 0
