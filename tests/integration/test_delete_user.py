"""Deleting a user: all that was there before goes, in steps, and nothing else."""

import asyncio
from typing import Any

import httpx
import pytest

from storage.removal.deletion_step import MAX_IMAGES
from storage.removal.removal import EXPIRED
from tasks.upkeep.upkeep import delete_users
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization
from tests.times import moment
from tests.waiting import until

pytestmark = pytest.mark.one_service

MARKED = {
    "user_id": "victim-7",
    "external_id": "secret-order",
    "tags": "secret-tag",
    "attributes": '{"room": "secret-room"}',
}
BYTES = ("blobs.files", "blobs.chunks", "variants.files", "variants.chunks")


async def ask(service: Service, user_id: str, key: str | None = None) -> httpx.Response:
    headers = authorization(key) if key else {}
    return await service.client.delete(f"/v1/users/{user_id}", headers=headers)


async def delete_user(service: Service, user_id: str) -> dict[str, Any]:
    """Delete a user and wait for the end."""
    answer = await ask(service, user_id)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    return await service.job(answer.json()["id"])


async def find_traces(service: Service, *texts: str) -> list[tuple[str, Any]]:
    """Find documents, of any collection, that hold one of these texts."""
    database = service.stores.database
    return [
        (name, document["_id"])
        for name in await database.list_collection_names()
        async for document in database[name].find()
        if any(text in repr(document) for text in texts)
    ]


async def test_everything_of_a_user_is_gone(working_service: Service) -> None:
    service = working_service
    files = [("secret-a.jpg", draw()), ("secret-b.jpg", draw(seed=1)), ("secret.txt", b"none")]
    headers = {"Idempotency-Key": "once", "Prefer": "wait=30"}
    parts = [("file", file) for file in files]
    answer = await service.client.post("/v1/jobs", files=parts, data=MARKED, headers=headers)
    job = await service.job(answer.json()["id"])
    await service.process([("secret-c.jpg", draw())], user_id="victim-7")
    await service.send([("secret.txt", b"none")], user_id="victim-7")
    neighbour = await service.process([("b.jpg", draw())], user_id="neighbour")

    async def has_signature() -> bool:
        signatures = service.stores.database["signatures"]
        return await signatures.count_documents({"_id": "victim-7", "images": 3}) == 1

    await until(has_signature)
    deleted = await delete_user(service, "victim-7")
    assert deleted["status"] == "succeeded"
    assert deleted["progress"] == {"done": 3, "failed": 0, "total": 3}
    assert (deleted["operations"], deleted["items"]) == (["delete_user"], [])
    assert moment(deleted["expires_at"]) > moment(deleted["finished_at"])

    (entry,) = await service.stores.database["audit"].find().to_list(None)
    assert (entry["action"], entry["target_id"]) == ("user.deleted", "victim-7")

    async def only_the_job_is_left() -> bool:
        traces = await find_traces(service, "victim-7", "secret-", "secret.txt")
        # For a day, a process that keeps signatures in memory learns that this one is deleted.
        left = {("user_deletions", deleted["id"]), ("signatures", "victim-7")}
        return set(traces) == left | {("audit", entry["_id"])}

    await until(only_the_job_is_left)  # The statistics forget a moment later.
    signature = await service.stores.database["signatures"].find_one({"_id": "victim-7"})
    assert signature is not None
    assert signature.keys() == {"_id", "images", "vanished_at", "revision"}
    for path in (f"/v1/jobs/{job['id']}", f"/v1/images/{job['items'][0]['image_id']}"):
        assert_problem(await service.client.get(path), 404, "not_found")
    for path in ("/v1/jobs", "/v1/images"):
        listed = (await service.client.get(path, params={"user_id": "victim-7"})).json()
        assert listed == {"items": []}
    (kept,) = neighbour["items"]
    content = await service.client.get(f"/v1/images/{kept['image_id']}/content")
    assert content.content == draw()
    assert [await service.count(name) for name in ("images", "jobs", "blobs.files")] == [1, 1, 1]


async def test_user_without_anything_is_deleted_at_once(working_service: Service) -> None:
    deleted = await delete_user(working_service, "nobody")
    assert (deleted["status"], deleted["progress"]["total"]) == ("succeeded", 0)


async def test_many_images_go_in_steps(service: Service) -> None:
    for n in range(3):
        files = [(f"{m}.jpg", draw(8, 8, seed=m)) for m in range(MAX_IMAGES)]
        await service.send([*files, (f"{n}.jpg", draw(8, 8, seed=100 + n))], user_id="u1")
    job = (await ask(service, "u1")).json()
    assert job["progress"] == {"done": 0, "failed": 0, "total": 3 * MAX_IMAGES + 3}
    step = await service.stores.user_deletion.step(job["id"])
    assert not step.has_ended
    after = (await service.client.get(f"/v1/jobs/{job['id']}")).json()
    assert after["status"] == "processing"
    assert after["progress"] == {**job["progress"], "done": MAX_IMAGES}
    (cut, *_) = (await service.client.get("/v1/jobs?user_id=u1")).json()["items"][::-1]
    assert cut["progress"]["total"] == len(cut["operations"])  # Of its one image that is left.
    await service.stores.user_deletion.release(job["id"])
    await delete_users(service.stores)
    ended = await service.job(job["id"])
    assert (ended["status"], ended["progress"]["done"]) == ("succeeded", 3 * MAX_IMAGES + 3)
    assert [await service.count(name) for name in ("images", "jobs", *BYTES)] == [0] * 6


async def test_what_is_accepted_afterwards_stays(service: Service) -> None:
    before = (await service.send([("a.jpg", draw())], user_id="u1")).json()
    job = (await ask(service, "u1")).json()
    after = (await service.send([("a.jpg", draw())], user_id="u1")).json()
    assert after["items"][0]["duplicate_of"] == before["items"][0]["image_id"]
    await delete_users(service.stores)
    assert (await service.job(job["id"]))["progress"]["done"] == 1
    listed = (await service.client.get("/v1/jobs?user_id=u1")).json()["items"]
    assert [found["id"] for found in listed] == [after["id"]]
    path = f"/v1/images/{after['items'][0]['image_id']}"
    assert (await service.client.get(f"{path}/content")).content == draw()
    assert await service.count("blobs.files") == 1


async def test_asking_again_takes_along_what_has_come_since(service: Service) -> None:
    await service.send([("a.jpg", draw())], user_id="u1")
    first = (await ask(service, "u1")).json()
    await service.send([("b.jpg", draw(seed=1))], user_id="u1")
    answers = await asyncio.gather(*(ask(service, "u1") for _ in range(8)))
    assert {answer.json()["id"] for answer in answers} == {first["id"]}
    assert answers[0].json()["progress"]["total"] == 2
    await delete_users(service.stores)
    assert (await service.job(first["id"]))["progress"]["done"] == 2
    again = (await ask(service, "u1")).json()
    assert again["id"] != first["id"]
    assert again["progress"]["total"] == 0
    await delete_users(service.stores)


async def test_images_that_outlived_their_jobs_go_too(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())], user_id="u1")).json()
    await service.stores.database["jobs"].delete_one({"_id": ticket["id"]})
    await service.stores.database["expired"].insert_one(
        {"_id": ticket["id"], "user_id": "u1", "key_id": "admin", "kind": EXPIRED}
    )
    job = (await ask(service, "u1")).json()
    await delete_users(service.stores)
    assert (await service.job(job["id"]))["progress"]["done"] == 1
    assert [await service.count(name) for name in ("images", "expired", *BYTES)] == [0] * 6


async def test_job_cannot_be_canceled_or_retried(service: Service) -> None:
    await service.send([("a.jpg", draw())], user_id="u1")
    job = (await ask(service, "u1")).json()
    path = f"/v1/jobs/{job['id']}"
    assert (await service.client.delete(path)).json()["status"] == "queued"
    assert_problem(await service.client.post(f"{path}/retry"), 409, "nothing_to_retry")
    await delete_users(service.stores)
    assert (await service.job(job["id"]))["progress"]["done"] == 1


async def test_many_workers_delete_each_image_once(service: Service) -> None:
    for n in range(4):
        files = [(f"{m}.jpg", draw(8, 8, seed=m)) for m in range(40)]
        await service.send(files, user_id=f"u{n % 2}")
    jobs = [(await ask(service, f"u{n}")).json()["id"] for n in range(2)]

    async def work() -> None:
        for job_id in jobs:
            while not (await service.stores.user_deletion.step(job_id)).has_ended:
                pass

    await asyncio.gather(*(work() for _ in range(3)))
    ended = [await service.job(job_id) for job_id in jobs]
    assert [job["progress"]["done"] for job in ended] == [80, 80]
    assert [await service.count(name) for name in ("images", "jobs", *BYTES)] == [0] * 6


@pytest.mark.parametrize(
    ("role", "own_user", "status"),
    [("admin", None, 202), ("service", None, 202), ("client", "u1", 202), ("client", "u2", 404)],
)
async def test_who_may_delete(
    service: Service, role: str, own_user: str | None, status: int
) -> None:
    key = await service.make_key(role, own_user)
    await service.send([("a.jpg", draw())], user_id="u1")
    answer = await ask(service, "u1", key)
    assert answer.status_code == status
    asked = await service.count("user_deletions")
    assert asked == (1 if status == 202 else 0)
    if status == 202:
        path = answer.headers["location"]
        assert (await service.client.get(path, headers=authorization(key))).status_code == 200
        stranger = authorization(await service.make_key("client", "stranger"))
        assert_problem(await service.client.get(path, headers=stranger), 404, "not_found")
        await delete_users(service.stores)


async def test_user_that_cannot_be_is_refused(service: Service) -> None:
    assert_problem(await ask(service, "%07"), 422, "invalid_value")
    assert_problem(await ask(service, "x" * 129), 422, "invalid_value")
