"""Cancelling a job: what has run is kept, what has not is canceled, what runs is ended."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.faults.stack import huge_picture
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization, running_service
from tests.waiting import until

pytestmark = pytest.mark.one_service


@pytest.fixture
async def service_of_small_chunks(environ: dict[str, str]) -> AsyncIterator[Service]:
    """A service whose workers take one image at a time."""
    async with running_service(environ | {"MINILAB_CHUNK_MAX_IMAGES": "1"}) as running:
        yield running


async def cancel(service: Service, job_id: str) -> dict[str, Any]:
    answer = await service.client.delete(f"/v1/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    job: dict[str, Any] = answer.json()
    return job


async def test_cancels_what_has_not_run(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw()), ("b.txt", b"text")])).json()
    job = await cancel(service, ticket["id"])
    assert (job["status"], job["version"]) == ("canceled", ticket["version"] + 1)
    assert job["finished_at"] is not None
    assert job["queue"] == {"position": 0, "eta_seconds": 0.0}
    assert job["progress"] == {"done": 0, "failed": 5, "total": 10}
    taken, refused = job["items"]
    assert (taken["status"], refused["status"]) == ("canceled", "failed")
    assert {cell["status"] for cell in taken["operations"].values()} == {"canceled"}
    assert taken["error"] is None
    assert (await service.client.get(f"/v1/jobs/{job['id']}")).json() == job
    async with service.working():
        other = await service.process([("c.jpg", draw(seed=1))])
    assert other["status"] == "succeeded"
    assert (await service.client.get(f"/v1/jobs/{job['id']}")).json() == job
    image = await service.stores.database["images"].find_one({"_id": taken["image_id"]})
    assert image is not None
    assert (image["attempts"], image["status"]) == (0, "canceled")
    assert not {"lease", "due_at"} & image.keys()


async def test_job_that_has_ended_stays_as_it_is(working_service: Service) -> None:
    for files in ([("a.jpg", draw())], [("a.txt", b"text")]):
        ended = await working_service.process(files)
        for _ in range(2):
            assert await cancel(working_service, ended["id"]) == ended


async def test_cancelling_twice_at_the_same_moment_answers_the_same(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw(seed=n)) for n in range(30)])).json()
    first, *others = await asyncio.gather(*(cancel(service, ticket["id"]) for _ in range(5)))
    assert first["status"] == "canceled"
    assert all(other == first for other in others)


async def test_whoever_waits_for_a_canceled_job_learns_at_once(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())])).json()
    path = f"/v1/jobs/{ticket['id']}"
    waiting = asyncio.create_task(service.client.get(path, headers={"Prefer": "wait=30"}))
    await until(lambda: ticket["id"] in service.stores.job_events.waited_for)
    await cancel(service, ticket["id"])
    answer = await waiting
    assert answer.json()["status"] == "canceled"
    assert answer.elapsed.total_seconds() < 30


async def test_ends_running_work_and_keeps_what_has_run(service_of_small_chunks: Service) -> None:
    service = service_of_small_chunks
    slow = [("slow.png", huge_picture() + bytes([n])) for n in range(20)]
    async with service.working():
        ticket = (await service.send([("quick.jpg", draw()), *slow])).json()
        neighbour = (await service.send([("neighbour.jpg", draw(seed=1))])).json()
        await until(lambda: _has(service, ticket["id"], status="succeeded"))
        await until(lambda: _has(service, ticket["id"], status="processing"))
        job = await cancel(service, ticket["id"])
        assert job["status"] == "canceled"
        statuses = [item["status"] for item in job["items"]]
        kept = statuses.count("succeeded")
        assert statuses[0] == "succeeded"
        assert kept + statuses.count("canceled") == len(statuses)
        # The children are free for others long before they could have done all of it.
        assert (await service.job(neighbour["id"]))["status"] == "succeeded"
        assert (await service.client.get(f"/v1/jobs/{job['id']}")).json() == job
    images = service.stores.database["images"]
    assert await images.count_documents({"job_id": job["id"], "status": "succeeded"}) == kept
    assert await images.count_documents({"status": "canceled", "attempts": {"$ne": 0}}) == 0
    path = f"/v1/images/{job['items'][0]['image_id']}/histogram"
    assert (await service.client.get(path)).status_code == 200


async def test_results_of_a_canceled_image_say_so(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())])).json()
    await cancel(service, ticket["id"])
    path = f"/v1/images/{ticket['items'][0]['image_id']}"
    image = (await service.client.get(path)).json()
    assert (image["status"], image["histogram"]) == ("canceled", None)
    assert_problem(await service.client.get(f"{path}/histogram"), 404, "not_found")
    assert (await service.client.get(f"{path}/content")).status_code == 200


async def test_only_who_sees_a_job_can_cancel_it(service: Service) -> None:
    ticket = (await service.send([("a.jpg", draw())], user_id="u1")).json()
    path = f"/v1/jobs/{ticket['id']}"

    async def cancel_as(user_id: str) -> httpx.Response:
        key = await service.make_key("client", user_id)
        return await service.client.delete(path, headers=authorization(key))

    assert_problem(await cancel_as("u2"), 404, "not_found")
    assert (await service.client.get(path)).json()["status"] == "queued"
    assert (await cancel_as("u1")).json()["status"] == "canceled"


async def _has(service: Service, job_id: str, **query: object) -> bool:
    found = await service.stores.database["images"].find_one({"job_id": job_id, **query})
    return found is not None
