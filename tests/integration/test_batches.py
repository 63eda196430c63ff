"""Batches over stored images, through the API and a real worker."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from deploy.servers.embedded import EmbeddedServers
from domain.images.operations import VERSIONS
from storage.mongo.client import DURABLE
from tests.integration.test_verification import verify
from tests.pictures import draw
from tests.service import Service, environment, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service


@pytest_asyncio.fixture(scope="module")
async def working(servers: EmbeddedServers) -> AsyncIterator[Service]:
    """A service with a worker, which the tests share: each has users of its own."""
    environ = environment(servers, f"test_{uuid4().hex[:12]}", worker_children=2)
    async with running_service(environ, prepare=True) as service:
        async with service.working(reconcile_seconds=0.2):
            yield service
        await service.stores.client.drop_database(environ["MINILAB_MONGODB_DATABASE"])


async def start(service: Service, **request: Any) -> str:
    answer = await service.client.post("/v1/batches", json=request)
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    assert answer.headers["location"] == f"/v1/batches/{batch['id']}"
    assert int(answer.headers["retry-after"]) > 0
    return str(batch["id"])


async def read(service: Service, batch_id: str) -> dict[str, Any]:
    answer = await service.client.get(f"/v1/batches/{batch_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def run(service: Service, **request: Any) -> dict[str, Any]:
    """Start a batch and wait for its end."""
    batch_id = await start(service, **request)

    async def ended() -> dict[str, Any] | None:
        batch = await read(service, batch_id)
        return batch if batch["finished_at"] else None

    return await until(ended)


def counts(batch: dict[str, Any]) -> tuple[str, int, int, int, int]:
    return tuple(batch[name] for name in ("status", "selected", "done", "unchanged", "failed"))


async def test_computes_what_is_missing_and_shows_it(working: Service) -> None:
    files = [(f"{n}.png", draw(seed=n)) for n in range(3)]
    job = await working.process(files, user_id="u1", operations="metadata")
    await working.process([files[0]], user_id="u1", operations="histogram")
    batch = await run(working, operation="histogram", filter={"user_id": "u1"})
    assert counts(batch) == ("succeeded", 4, 4, 1, 0)
    for item in job["items"]:
        image = (await working.client.get(f"/v1/images/{item['image_id']}")).json()
        assert sum(image["histogram"]["bins"]) == image["width"] * image["height"]
        assert image["operations"]["histogram"]["version"] == VERSIONS["histogram"]
    shown = (await working.client.get(f"/v1/jobs/{job['id']}")).json()
    assert shown["version"] > job["version"]
    again = await run(working, operation="histogram", filter={"user_id": "u1"})
    assert counts(again) == ("succeeded", 4, 4, 4, 0)
    assert (await verify(working)).broken == {}


async def test_replaces_older_versions_and_with_force_all(working: Service) -> None:
    wanted: dict[str, Any] = {"operation": "fingerprint", "filter": {"user_id": "u2"}}
    content = draw(seed=20)
    job = await working.process([("a.png", content)], user_id="u2", operations="fingerprint")
    image_id = job["items"][0]["image_id"]
    right = (await working.client.get(f"/v1/images/{image_id}")).json()["fingerprint"]
    files = working.stores.database["blobs.files"].with_options(write_concern=DURABLE)
    images = working.stores.database["images"].with_options(write_concern=DURABLE)
    blob = {"_id": await _blob_of(working, image_id)}
    old = {"version": 1, "value": "0" * 16}
    await files.update_one(blob, {"$set": {"metadata.results.fingerprint": old}})
    await images.update_one({"_id": image_id}, {"$set": {"cells.fingerprint.version": 1}})
    assert counts(await run(working, **wanted)) == ("succeeded", 1, 1, 0, 0)
    assert (await working.client.get(f"/v1/images/{image_id}")).json()["fingerprint"] == right

    wrong = {"metadata.results.fingerprint.value": "f" * 16}
    await files.update_one(blob, {"$set": wrong})
    assert counts(await run(working, **wanted)) == ("succeeded", 1, 1, 1, 0)
    assert counts(await run(working, **wanted, force=True)) == ("succeeded", 1, 1, 0, 0)
    assert (await working.client.get(f"/v1/images/{image_id}")).json()["fingerprint"] == right
    assert (await verify(working)).broken == {}


async def test_finds_bytes_that_changed_or_are_missing(working: Service) -> None:
    files = [(f"{n}.png", draw(seed=30 + n)) for n in range(3)]
    job = await working.process(files, user_id="u3", operations="metadata")
    ids = [item["image_id"] for item in job["items"]]
    database = working.stores.database.with_options(write_concern=DURABLE)
    blobs = [await _blob_of(working, image_id) for image_id in ids]
    before = await database["blobs.chunks"].find({"files_id": {"$in": blobs}}).to_list(None)
    await database["blobs.chunks"].update_one(
        {"files_id": blobs[0]}, {"$set": {"data": b"other bytes"}}
    )
    await database["blobs.chunks"].delete_one({"files_id": blobs[1]})
    batch = await run(working, operation="check_hashes", filter={"user_id": "u3"})
    assert counts(batch) == ("partial", 3, 1, 1, 2)
    assert batch["errors"] == {"corrupt_bytes": 2}
    assert {failure["image_id"] for failure in batch["failures"]} == set(ids[:2])
    await database["blobs.chunks"].delete_many({"files_id": {"$in": blobs}})
    await database["blobs.chunks"].insert_many(before)


async def test_counts_first_and_removes_no_more_than_that(working: Service) -> None:
    for user in ("u4", "u5"):
        files = [(f"{n}.png", draw(seed=40 + n)) for n in range(3)]
        await working.process(files, user_id=user, operations="metadata")
    of_user = {"filter": {"user_id": "u4"}}
    counted = await run(working, operation="remove", dry_run=True, **of_user)
    assert (counted["status"], counted["selected"], counted["done"]) == ("succeeded", 3, 0)
    assert counted["selected_bytes"] > 0
    few = await run(working, operation="remove", max_images=2, **of_user)
    assert (few["status"], few["done"], few["error"]["code"]) == ("failed", 0, "too_many_selected")
    young = {"user_id": "u4", "older_than_days": 1}
    assert (await run(working, operation="remove", max_images=9, filter=young))["done"] == 0
    assert len(await _listed(working, "u4")) == 3
    batch = await run(working, operation="remove", max_images=3, **of_user)
    assert counts(batch) == ("succeeded", 3, 3, 0, 0)
    assert (len(await _listed(working, "u4")), len(await _listed(working, "u5"))) == (0, 3)
    assert (await verify(working)).broken == {}


async def test_makes_sizes_ahead_of_time(working: Service) -> None:
    content = draw(800, 400, seed=60)
    job = await working.process([("a.png", content)], user_id="u6", operations="metadata")
    wanted: dict[str, Any] = {
        "operation": "thumbnail",
        "widths": [320, 1280],
        "formats": ["webp", "jpeg"],
    }
    wanted["filter"] = {"user_id": "u6"}
    assert counts(await run(working, **wanted)) == ("succeeded", 1, 1, 0, 0)
    image = await working.stores.database["images"].find_one({"user_id": "u6"})
    assert image is not None
    assert image["_id"] == job["items"][0]["image_id"]
    made = working.stores.database["variants.files"].find({"metadata.sha256": image["sha256"]})
    names = sorted([file["_id"].partition("/")[2] async for file in made])
    assert names == [f"{size}/v1" for size in ("full-jpeg", "full-webp", "w320-jpeg", "w320-webp")]
    assert sorted(image["variants"]) == names
    assert counts(await run(working, **wanted)) == ("succeeded", 1, 1, 1, 0)
    assert (await verify(working)).broken == {}


async def test_fails_images_that_cannot_be_decoded_and_goes_on(working: Service) -> None:
    files = [("a.png", draw(seed=70)), ("b.png", draw(seed=71))]
    job = await working.process(files, user_id="u7", operations="metadata")
    blob = await _blob_of(working, job["items"][0]["image_id"])
    chunks = working.stores.database["blobs.chunks"].with_options(write_concern=DURABLE)
    before = await chunks.find_one_and_update({"files_id": blob}, {"$set": {"data": b"no picture"}})
    batch = await run(working, operation="faces", filter={"user_id": "u7"})
    assert counts(batch) == ("partial", 2, 1, 0, 1)
    assert list(batch["errors"].values()) == [1]
    assert before is not None
    await chunks.replace_one({"files_id": blob}, before)


async def test_a_canceled_batch_stays_canceled(service: Service) -> None:
    batch_id = await start(service, operation="metadata")
    for _ in range(2):
        answer = await service.client.post(f"/v1/batches/{batch_id}/cancel")
        assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    entries = (await service.client.get("/v1/audit", params={"target": batch_id})).json()["items"]
    assert [entry["action"] for entry in entries] == ["batch.canceled", "batch.created"]
    assert await service.stores.pieces.take("host:1") is None
    listed = (await service.client.get("/v1/batches")).json()["items"]
    assert [batch["id"] for batch in listed] == [batch_id]


@pytest.mark.parametrize(
    ("request_body", "pointer"),
    [
        ({"operation": "sharpen"}, "operation"),
        ({"operation": "faces", "widths": [320]}, "widths"),
        ({"operation": "thumbnail", "widths": [321]}, "widths"),
        ({"operation": "thumbnail", "formats": ["gif"]}, "formats"),
        ({"operation": "remove"}, "max_images"),
        ({"operation": "check_hashes", "force": True}, "force"),
        ({"operation": "faces", "filter": {"near": "91,0"}}, "filter/near"),
        ({"operation": "faces", "filter": {"tz": "Nowhere"}}, "filter/tz"),
        ({"operation": "faces", "filter": {"colour": "red"}}, "filter"),
        ({"operation": "faces", "filter": {"older_than_days": 0}}, "filter"),
    ],
)
async def test_refuses_what_it_cannot_do(
    service: Service, request_body: dict[str, Any], pointer: str
) -> None:
    answer = await service.client.post("/v1/batches", json=request_body)
    assert answer.status_code in {400, 422}, answer.text
    first = answer.json()["errors"][0]
    assert first.get("pointer", "").startswith(f"#/{pointer}"), answer.text
    assert await service.count("batches") == 0


async def _blob_of(service: Service, image_id: str) -> Any:
    database = service.stores.database
    image = await database["images"].find_one({"_id": image_id})
    assert image is not None
    file = await database["blobs.files"].find_one({"metadata.sha256": image["sha256"]})
    assert file is not None
    return file["_id"]


async def _listed(service: Service, user_id: str) -> list[dict[str, Any]]:
    answer = await service.client.get("/v1/images", params={"user_id": user_id})
    return list(answer.json()["items"])


async def test_a_batch_whose_last_worker_died_before_its_end_is_ended(service: Service) -> None:
    batch_id = await start(service, operation="metadata")
    batches = service.stores.database["batches"].with_options(write_concern=DURABLE)
    counted = {"selected": 0, "size_bytes": 0, "handed_out": True, "status": "processing"}
    await batches.update_one({"_id": batch_id}, {"$set": counted})
    assert await service.stores.pieces.take("host:1") is None
    assert counts(await read(service, batch_id)) == ("succeeded", 0, 0, 0, 0)
