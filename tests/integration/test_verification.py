"""The check of all invariants: silent on a healthy database, and each breach is named."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from bson import ObjectId

from deploy.servers.embedded import EmbeddedServers
from domain.records import ItemError
from storage.aggregates.aggregator import LEASE_NAME, Aggregator
from storage.clock import new_id
from storage.mongo.client import DURABLE, Database
from storage.verification.objects import OF_OBJECTS
from storage.verification.walk import EVERY_INVARIANT, Verification, Verifier
from tests.pictures import draw
from tests.resumable import Tus
from tests.service import (
    ADMIN_KEY,
    Service,
    authorization,
    environment,
    find_test_data,
    running_service,
)
from tests.trained_models import store, train_on_arrays
from tests.waiting import until
from tests.webhooks import announce, make_webhook

# Its own commands damage chunks.
pytestmark = [pytest.mark.one_service, pytest.mark.any_shards]

Everything = dict[str, list[dict[str, Any]]]
Breach = Callable[[Database], Awaitable[object]]
_PREDICTED = {"predictions.version": 1}
UNFINISHED = {"offset": 300_000}
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
HELD = {"id": "q", "images": ["a"], "attempts": 1, "expires_at": FAR, "worker": "w:2"}
BROKEN = draw(400, 300)[:3000]


async def verify(service: Service, **options: Any) -> Verification:
    """Check everything, what is young included."""
    stores = service.stores
    verifier = Verifier(
        stores.client,
        stores.database,
        timedelta(0),
        pause_seconds=0,
        hashes=True,
        stores=stores.blob_stores,
        **options,
    )
    return await verifier.verify()


@pytest_asyncio.fixture(scope="module")
async def filled(servers: EmbeddedServers) -> AsyncIterator[Service]:
    """A service without a worker whose database holds something of every kind."""
    environ = environment(servers, f"test_{uuid4().hex[:12]}", worker_children=2)
    environ["MINILAB_LEARNING"] = "true"
    async with running_service(environ, prepare=True) as service:
        await _fill_models(service)
        async with service.working():
            await _fill(service)
        await service.send([("open.jpg", draw(seed=7))])
        urls = {"urls": ["https://photos.example/a.jpg"]}
        assert (await service.client.post("/v1/jobs/urls", json=urls)).status_code == 202
        # No worker fetches it: it should not be due while the tests run.
        later = datetime.now(UTC) + timedelta(hours=1)
        await _durable(service)["jobs"].update_one(
            {"by_url": True}, {"$set": {"fetch.due_at": later, "due_at": later}}
        )
        await _aggregate(service)
        yield service
        await service.stores.client.drop_database(environ["MINILAB_MONGODB_DATABASE"])


async def _fill(service: Service) -> None:
    await service.make_key("client", "u1")
    quota = {"role": "client", "user_id": "u2", "max_stored_bytes": 10**9}
    limited = (await service.client.post("/v1/api-keys", json=quota)).json()["key"]
    await service.send([("q.jpg", draw(seed=6))], key=limited)
    await make_webhook(service)
    photo = find_test_data() / "photos" / "DSCN0010.jpg"
    await service.process([("photo.jpg", photo.read_bytes())], gps="keep")
    await service.process([("photo.jpg", photo.read_bytes())], gps="strip")
    await service.process([("a.jpg", draw()), ("b.jpg", draw(seed=1)), ("c.txt", b"none")])
    again = await service.process([("a.jpg", draw()), ("d.jpg", BROKEN), ("e.jpg", draw(seed=2))])
    assert (await _delete(service, f"/v1/images/{again['items'][2]['image_id']}")) == 204
    await _fill_labels(service, again["items"][0]["image_id"])
    link = await service.make_link(max_files=3)
    await service.send([("l.jpg", draw(seed=3))] * 2, route="/v1/uploads", key=link["token"])
    await _fill_resumable(service, link["token"])
    # To its end: a thumbnail that is made meanwhile would stay until the sweep.
    await service.process([("x.jpg", draw(seed=4))], user_id="gone")
    asked = await service.client.delete("/v1/users/gone")
    await service.job(asked.json()["id"])
    await service.client.post(
        "/v1/jobs", files=[("file", ("k.jpg", draw(seed=5)))], headers={"Idempotency-Key": "k"}
    )
    for job in (await service.client.get("/v1/jobs")).json()["items"]:
        await service.job(job["id"])
    await announce(service)
    await _fill_batches(service)
    await _durable(service)["expired"].insert_one(
        {"_id": new_id(), "kind": "image", "user_id": "u1", "expired_at": datetime.now(UTC)}
    )


async def _fill_batches(service: Service) -> None:
    """Have a batch that has ended, and one that is open and has a piece."""
    await service.client.post("/v1/batches", json={"operation": "check_hashes"})
    batches = service.stores.database["batches"]
    await until(lambda: batches.find_one({"finished_at": {"$exists": True}}))
    piece = {"id": "p", "images": ["a", "b"], "attempts": 1, "expires_at": FAR, "worker": "w:1"}
    (ended,) = await batches.find({}).to_list(None)
    held = {"_id": new_id(), "pieces": [piece], "cursor": "b", "due_at": FAR}
    opened = ended | held | {"status": "processing", "done": 0, "unchanged": 0}
    del opened["finished_at"]
    await _durable(service)["batches"].insert_one(opened)


async def _fill_labels(service: Service, image_id: str) -> None:
    key = await service.make_key("client", "admin")
    for task, value, by in (("a", "x", ADMIN_KEY), ("a", "y", key), ("b", "z", key)):
        answer = await service.client.put(
            f"/v1/images/{image_id}/labels/{task}", json={"value": value}, headers=authorization(by)
        )
        assert answer.status_code == 200, answer.text


async def _fill_models(service: Service) -> None:
    """Have a live model, which predicts what is uploaded, an ended and an open training."""
    stores = service.stores
    await store(stores, train_on_arrays())
    await stores.models.promote("kind", 1)
    await stores.trainings.request("kind", "admin")
    training = await stores.trainings.begin_next()
    assert training is not None
    await stores.trainings.end(training, ItemError("too_few_labels", "Label more."))
    await stores.trainings.request("kind", "admin")


async def _fill_resumable(service: Service, token: str) -> None:
    """Have unfinished uploads of an admin and of a link, and finished ones, one of them used."""
    tus = Tus(service.client)
    used = await tus.upload(draw(seed=8))
    assert (await service.client.post("/v1/jobs", json={"uploads": [used]})).status_code == 202
    await tus.upload(draw(seed=9))
    for one in (tus, Tus(service.client, token)):
        path = (await one.create(600_000)).headers["Location"]
        assert (await one.patch(path, 0, bytes(300_000))).status_code == 204


async def _aggregate(service: Service) -> None:
    """Count everything pending, in place of the worker that is gone."""
    stores = service.stores
    await stores.database["leases"].delete_one({"_id": LEASE_NAME})
    await Aggregator(stores.client, stores.database).aggregate()


def _durable(service: Service) -> Database:
    """Give the database for writes that the next snapshot holds."""
    stores = service.stores
    return stores.client.get_database(stores.database.name, write_concern=DURABLE)


async def _delete(service: Service, path: str) -> int:
    return (await service.client.delete(path)).status_code


@pytest_asyncio.fixture(scope="module")
async def contents(filled: Service) -> Everything:
    """What the database holds, by collection."""
    return await _read_everything(filled)


@pytest.fixture
async def breakable(filled: Service, contents: Everything) -> AsyncIterator[Service]:
    """The service; afterwards its database is as it was."""
    yield filled
    now, database = await _read_everything(filled), _durable(filled)
    for name in now.keys() | contents.keys():
        if now.get(name, []) != contents.get(name, []):
            await database[name].delete_many({})
            if documents := contents.get(name):
                await database[name].insert_many(documents)


async def _read_everything(service: Service) -> Everything:
    database = _durable(service)
    names = await database.list_collection_names()
    return {name: await database[name].find().sort("_id", 1).to_list(None) for name in names}


def _changing(name: str, query: dict[str, Any], update: dict[str, Any]) -> Breach:
    async def change(database: Database) -> None:
        changed = await database[name].update_one(query, update)
        assert changed.modified_count == 1, "there is none to break"

    return change


def _removing(name: str, query: dict[str, Any]) -> Breach:
    async def remove(database: Database) -> None:
        removed = await database[name].delete_one(query)
        assert removed.deleted_count == 1, "there is none to break"

    return remove


async def _remove_variant(database: Database) -> None:
    variant = await database["variants.files"].find_one_and_delete({})
    assert variant is not None


async def _swap_bytes(database: Database) -> None:
    chunk = await database["blobs.chunks"].find_one({})
    assert chunk is not None
    data = bytes([chunk["data"][0] ^ 1]) + chunk["data"][1:]
    await database["blobs.chunks"].update_one({"_id": chunk["_id"]}, {"$set": {"data": data}})


async def _end_job_too_early(database: Database) -> None:
    ended = {"$set": {"status": "succeeded", "finished_at": datetime.now(UTC)}}
    await database["jobs"].update_one({"status": "queued"}, ended | {"$unset": {"due_at": ""}})


async def _forget_job(database: Database) -> None:
    fields = {
        "status": "processing",
        "finished_at": None,
        "due_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    await database["jobs"].update_one({"status": "succeeded"}, {"$set": fields})


async def _name_stranger(database: Database) -> None:
    duplicate = await database["images"].find_one({"duplicate_of": {"$ne": None}})
    assert duplicate is not None
    await database["images"].update_one(
        {"_id": duplicate["duplicate_of"]}, {"$set": {"user_id": "stranger"}}
    )


async def _keep_expired(database: Database) -> None:
    image = await database["images"].find_one({})
    assert image is not None
    await database["expired"].insert_one({"_id": image["_id"], "kind": "image"})


async def _change_sum(database: Database) -> None:
    signature = await database["signatures"].find_one({})
    assert signature is not None
    sums = bytes([signature["sums"][0] ^ 1]) + signature["sums"][1:]
    await database["signatures"].update_one({"_id": signature["_id"]}, {"$set": {"sums": sums}})


SUCCEEDED = {"status": "succeeded"}
SEEN = {"histogram": {"$exists": True}}
QUEUED = {"status": "queued"}
ONE_MORE = {"$inc": {"metadata.images": 1}}
IN_THE_OPEN = "whsec_MfKQ9r8GKYqrTwjU"
A_PLACE = {"type": "Point", "coordinates": [8.5, 47.4]}


async def _make_two_live(database: Database) -> None:
    await database["models"].drop_index("live_model")
    live = await database["models"].find_one({"status": "live"})
    assert live is not None
    await database["models"].insert_one(live | {"_id": "kind/v9", "version": 9})


BREACHES: dict[str, list[Breach]] = {
    "one_live_model": [_make_two_live],
    "model_files": [
        _changing("models.chunks", {}, {"$set": {"data": b"other"}}),
        _changing("models", {"status": "live"}, {"$set": {"status": "failed"}}),
    ],
    "files_of_models": [_changing("models.files", {}, {"$set": {"metadata.version": 77}})],
    "model_metrics": [_changing("models", {"status": "live"}, {"$unset": {"metrics": ""}})],
    "trainings": [
        _changing("trainings", {"status": "queued"}, {"$unset": {"due_at": ""}}),
        _changing("trainings", {"status": "failed"}, {"$unset": {"error": ""}}),
    ],
    "predictions": [
        _changing("images", _PREDICTED, {"$set": {"predictions.0.value": "none of them"}}),
        _changing("images", _PREDICTED, {"$set": {"predictions.0.version": 8}}),
        _changing("images", _PREDICTED, {"$set": {"predictions.0.probability": 2}}),
    ],
    "image_blob": [_removing("blobs.files", {})],
    "image_state": [
        _changing("images", QUEUED, {"$unset": {"due_at": ""}}),
        _changing("images", SUCCEEDED, {"$set": {"due_at": datetime.now(UTC)}}),
        _changing("images", SUCCEEDED, {"$set": {"lease": {"claim_id": "c"}}}),
        _changing("images", SUCCEEDED, {"$unset": {"finished_at": ""}}),
        _changing("images", SUCCEEDED, {"$set": {"status": "done"}}),
    ],
    "image_cells": [
        _changing("images", SUCCEEDED, {"$set": {"cells.faces.status": "failed"}}),
        _changing("images", SUCCEEDED, {"$set": {"cells.faces.status": "queued"}}),
        _changing("images", QUEUED, {"$set": {"cells": {"faces": {"status": "succeeded"}}}}),
    ],
    "image_results": [
        _changing("blobs.files", {}, {"$unset": {"metadata.results.faces": ""}}),
        _changing("images", SUCCEEDED, {"$set": {"cells.faces.version": 99}}),
    ],
    "image_job": [_removing("jobs", SUCCEEDED)],
    "open_image_job": [_end_job_too_early],
    "image_attempts": [
        _changing("images", SUCCEEDED, {"$set": {"attempts": -1}}),
        _changing("images", SUCCEEDED, {"$set": {"attempts": 9}}),
        _changing("images", SUCCEEDED, {"$set": {"attempt_log": [{"fence": 1}] * 21}}),
    ],
    "dead_letters": [_changing("images", SUCCEEDED, {"$set": {"gave_up_at": datetime.now(UTC)}})],
    "duplicates": [
        _name_stranger,
        _changing("images", {"duplicate_of": {"$ne": None}}, {"$set": {"sha256": "0" * 64}}),
    ],
    "fingerprint_bands": [
        _changing("images", {"fingerprint": {"$exists": True}}, {"$inc": {"fingerprint": 1}}),
        _changing(
            "images", {"fingerprint": {"$exists": True}}, {"$unset": {"fingerprint_bands": ""}}
        ),
    ],
    "stripped_positions": [_changing("images", {"gps": "strip"}, {"$set": {"location": A_PLACE}})],
    "blob_counts": [
        _changing("blobs.files", {}, ONE_MORE),
        _changing("blobs.files", {}, {"$set": {"metadata.sha256": "f" * 64, "metadata.images": 0}}),
    ],
    "blob_chunks": [
        _removing("blobs.chunks", {"n": 0}),
        _changing("blobs.chunks", {"n": 0}, {"$set": {"n": 3}}),
        _changing("blobs.files", {}, {"$inc": {"length": 1}}),
    ],
    "variant_chunks": [_removing("variants.chunks", {"n": 0})],
    "result_variants": [_remove_variant],
    "variant_blob": [_changing("variants.files", {}, {"$set": {"metadata.sha256": "0" * 64}})],
    "blob_orphans": [
        lambda database: database["blobs.chunks"].insert_one(
            {"_id": ObjectId(), "files_id": ObjectId(), "n": 0, "data": b"lost"}
        )
    ],
    "variant_orphans": [_remove_variant],
    "job_state": [
        _changing("jobs", SUCCEEDED, {"$set": {"due_at": datetime.now(UTC)}}),
        _changing("jobs", SUCCEEDED, {"$set": {"finished_at": None}}),
        _changing("jobs", SUCCEEDED, {"$set": {"status": "failed"}}),
    ],
    "job_tally": [
        _changing("jobs", SUCCEEDED, {"$inc": {"tally.succeeded": 1}}),
        _changing("jobs", QUEUED, {"$inc": {"tally.waiting": 1}}),
        _changing("jobs", {"status": "partial"}, {"$inc": {"tally.refused": 1}}),
    ],
    "job_items": [
        _changing("jobs", SUCCEEDED, {"$inc": {"files": 1}}),
        _changing("jobs", {"deleted": {"$exists": True}}, {"$unset": {"deleted": ""}}),
        _changing("images", SUCCEEDED, {"$set": {"index": 7}}),
    ],
    "job_fetches": [
        _changing("jobs", {"by_url": True}, {"$unset": {"due_at": ""}}),
        _changing("jobs", {"by_url": True}, {"$unset": {"fetch": ""}}),
        _changing("jobs", {"by_url": True}, {"$unset": {"fetches.0.url": ""}}),
    ],
    "forgotten_jobs": [_forget_job],
    "user_deletions": [_changing("user_deletions", {}, {"$set": {"asked": {"recent": []}}})],
    "idempotency": [
        _changing(
            "idempotency",
            {"answered.job_id": {"$gt": ""}},
            {"$set": {"answered.job_id": "none", "answered.status": None}},
        )
    ],
    "expired": [_keep_expired],
    "link_use": [
        _changing("upload_links", {}, {"$inc": {"used_files": 1}}),
        _changing("upload_links", {}, {"$inc": {"deleted_bytes": 1}}),
        _changing("upload_links", {}, {"$set": {"max_files": 2}}),
        _changing("upload_links", {}, {"$inc": {"reserved_files": -1}}),
        _removing("resumable_uploads", {"link_id": {"$gt": ""}}),
    ],
    "batch_state": [
        _changing("batches", SUCCEEDED, {"$set": {"due_at": datetime.now(UTC)}}),
        _changing("batches", SUCCEEDED, {"$unset": {"finished_at": ""}}),
        _changing("batches", SUCCEEDED, {"$set": {"pieces": [HELD]}}),
        _changing("batches", {"status": "processing"}, {"$set": {"status": "done"}}),
    ],
    "batch_counts": [
        _changing("batches", SUCCEEDED, {"$inc": {"selected": 1}}),
        _changing("batches", SUCCEEDED, {"$inc": {"failed": 1}}),
        _changing("batches", SUCCEEDED, {"$set": {"status": "partial"}}),
        _changing("batches", {"status": "processing"}, {"$set": {"unchanged": 1}}),
    ],
    "batch_pieces": [
        _changing("batches", {"status": "processing"}, {"$set": {"cursor": "a"}}),
        _changing("batches", {"status": "processing"}, {"$set": {"pieces.0.images": ["b", "a"]}}),
        _changing("batches", {"status": "processing"}, {"$push": {"pieces": HELD}}),
    ],
    "label_image": [
        _changing("labels", {"task": "b"}, {"$set": {"image_id": "none"}}),
        _changing("labels", {"task": "b"}, {"$set": {"user_id": "stranger"}}),
        _changing("images", {"labels.b": "z"}, {"$unset": {"labels": ""}}),
    ],
    "image_labels": [
        _changing("images", {"labels.b": "z"}, {"$set": {"labels.b": "other"}}),
        _changing("images", {"labels.b": "z"}, {"$set": {"labels.c": "z"}}),
        _removing("labels", {"task": "b"}),
    ],
    "resumable_state": [
        _changing("resumable_uploads", UNFINISHED, {"$set": {"offset": 600_001}}),
        _changing("resumable_uploads", UNFINISHED, {"$set": {"sha256": "0" * 64}}),
        _changing("resumable_uploads", {"job_id": {"$gt": ""}}, {"$unset": {"sha256": ""}}),
    ],
    "resumable_chunks": [
        _changing("resumable_uploads", UNFINISHED, {"$set": {"offset": 400_000}}),
        _changing("blobs.chunks", {"data": bytes(261_120)}, {"$set": {"data": b"short"}}),
        _removing("blobs.chunks", {"data": bytes(261_120)}),
    ],
    "resumable_expiry": [
        _changing("resumable_uploads", UNFINISHED, {"$set": {"expires_at": LONG_AGO}})
    ],
    "resumable_places": [
        _changing("resumable_accounts", {}, {"$inc": {"reserved_files": 1}}),
        _changing("resumable_accounts", {}, {"$inc": {"reserved_bytes": -1}}),
        _removing("resumable_uploads", {"job_id": None, "link_id": None}),
    ],
    "stored_bytes": [_changing("stored_bytes", {}, {"$inc": {"bytes": 1}})],
    "hashed_keys": [
        _changing("api_keys", {}, {"$set": {"hash": "mlk_" + "x" * 43}}),
        _changing("api_keys", {}, {"$set": {"note": "mlk_" + "x" * 43}}),
    ],
    "hashed_tokens": [_changing("upload_links", {}, {"$set": {"token_hash": "mll_" + "x" * 43}})],
    "statistics": [
        _changing("statistics", {"_id": "total/images"}, {"$inc": {"count": 1}}),
        _removing("images", {**SUCCEEDED, "uncounted": None}),
    ],
    "contributions": [
        _changing("images", {**SUCCEEDED, "uncounted": None}, {"$inc": {"faces": 1}}),
        _changing("contributions", SEEN, {"$set": {"histogram": bytes(1024)}}),
        _changing("contributions", {}, {"$inc": {"size_bytes": 1}}),
        _removing("contributions", {}),
    ],
    "contribution_image": [
        _changing("contributions", {}, {"$set": {"removed": True}}),
        _removing("images", {**SUCCEEDED, "uncounted": None}),
        lambda database: database["contributions"].insert_one({"_id": new_id()}),
    ],
    "contribution_signature": [
        _removing("signatures", {}),
        _changing("signatures", {}, {"$set": {"images": 0}}),
    ],
    "contribution_quarter": [_removing("histogram_changes", {})],
    "signatures": [
        _changing("signatures", {}, {"$inc": {"images": 1}}),
        _changing("signatures", {}, {"$set": {"sums": bytes(2048)}}),
        _change_sum,
        _removing("contributions", SEEN),
    ],
    "delivered_events": [
        _removing("events", {"type": "job.finished"}),
        _changing("deliveries", {}, {"$set": {"endpoint_id": "another"}}),
    ],
    "due_deliveries": [
        _changing("deliveries", {}, {"$unset": {"due_at": ""}}),
        _changing("deliveries", {}, {"$set": {"status": "delivered"}}),
    ],
    "encrypted_webhook_secrets": [
        _changing("webhook_endpoints", {}, {"$set": {"secrets.0.encrypted": IN_THE_OPEN}})
    ],
    "encrypted_key_secrets": [
        _changing("webhook_key_secrets", {}, {"$set": {"secrets.0.encrypted": IN_THE_OPEN}})
    ],
    "announced_jobs": [
        _changing(
            "jobs",
            SUCCEEDED,
            {"$set": {"pending_events": [{"version": 1, "at": datetime(2026, 1, 1, tzinfo=UTC)}]}},
        )
    ],
    "indexes": [lambda database: database["upload_links"].drop_index("token_hash_1")],
    "blob_hashes": [_swap_bytes],
}


async def test_healthy_database_is_clean(filled: Service) -> None:
    verification = await verify(filled)
    assert verification.broken == {}
    checked = {found.name: found.checked for found in verification.findings}
    assert {name: count for name, count in checked.items() if not count} == {}


def test_every_invariant_is_broken_here() -> None:
    # Those of objects are broken in tests/contract/test_bucket.py.
    of_objects = {invariant.name for invariant in OF_OBJECTS}
    assert BREACHES.keys() | of_objects == {invariant.name for invariant in EVERY_INVARIANT}


@pytest.mark.parametrize(
    ("name", "breach"), [(name, breach) for name in BREACHES for breach in BREACHES[name]]
)
async def test_breach_is_named(breakable: Service, name: str, breach: Breach) -> None:
    await breach(_durable(breakable))
    broken = (await verify(breakable)).broken
    if name == "indexes":
        await breakable.stores.prepare()
    assert broken.get(name), broken


async def test_what_the_sweeper_has_not_come_to_yet_is_not_wrong(breakable: Service) -> None:
    stores = breakable.stores
    await _remove_variant(_durable(breakable))
    await _durable(breakable)["blobs.chunks"].insert_one(
        {"_id": ObjectId(), "files_id": ObjectId(), "n": 0, "data": b"on its way"}
    )
    verifier = Verifier(
        stores.client,
        stores.database,
        timedelta(hours=1),
        pause_seconds=0,
        stores=stores.blob_stores,
    )
    assert {"blob_orphans", "variant_orphans"}.isdisjoint((await verifier.verify()).broken)


async def test_walks_in_pieces(breakable: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "storage.verification.walk.EVERY_INVARIANT",
        [
            type(one)(one.name, one.claim, one.collection, one.find, one.key, min(one.piece, 2))
            for one in EVERY_INVARIANT
        ],
    )
    seen: list[tuple[str, int, int]] = []
    verification = await verify(breakable, progress=lambda *step: seen.append(step))
    assert verification.broken == {}
    images = await breakable.count("images")
    found = next(found for found in verification.findings if found.name == "image_blob")
    assert found.checked == images
    steps = [checked for name, checked, _ in seen if name == "images"]
    assert steps == [*range(2, images, 2), images]


async def test_no_false_alarm_while_everything_changes(working_service: Service) -> None:
    service = working_service
    files = [(f"{n}.jpg", draw(16, 16, seed=n % 5)) for n in range(10)]

    async def change() -> None:
        for n in range(6):
            answer = await service.send(files, user_id=f"u{n % 2}")
            for item in answer.json()["items"][::3]:
                await service.client.delete(f"/v1/images/{item['image_id']}")
        await service.client.delete("/v1/users/u0")

    changing = asyncio.gather(*(change() for _ in range(3)))
    looks = 0
    while not changing.done() or not looks:
        stores = service.stores
        verifier = Verifier(
            stores.client,
            stores.database,
            timedelta(hours=1),
            pause_seconds=0.5,
            stores=stores.blob_stores,
        )
        assert (await verifier.verify()).broken == {}
        looks += 1
    await changing
