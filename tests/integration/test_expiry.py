"""Jobs and images that are kept for so long: gone in time, and known to have been there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage.mongo.client import DURABLE
from storage.stores import Stores
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization, running_service
from tests.times import moment
from tests.waiting import until

pytestmark = pytest.mark.one_service

LONG_AGO = timedelta(hours=2)
BYTES = ("blobs.files", "blobs.chunks", "variants.files", "variants.chunks")
AN_HOUR = 3600


@asynccontextmanager
async def keeping(environ: dict[str, str], **ttl_seconds: int) -> AsyncIterator[Service]:
    """Run a service with a worker that keeps jobs or images for so long."""
    settings = {f"MINILAB_{name.upper()}_TTL_SECONDS": str(n) for name, n in ttl_seconds.items()}
    async with running_service(environ | settings | {"MINILAB_SWEEP_SECONDS": "0.1"}) as service:
        async with service.working():
            yield service
        assert await service.orphan_chunks() == []


async def age(stores: Stores, collection: str, document_id: str) -> str:
    """Have something ended long ago: its ID carries when it was made, so it gets an older one."""
    found = await stores.database[collection].find_one_and_delete({"_id": document_id})
    assert found is not None
    older = f"{int(document_id[:8], 16) - 1000:08x}{document_id[8:]}"
    found |= {"_id": older, "finished_at": found["finished_at"] - LONG_AGO}
    # Durably, or readers may see the note of its end before they see the thing itself.
    aged = stores.database[collection].with_options(write_concern=DURABLE)
    await aged.insert_one(found)
    if collection == "jobs":
        await stores.database["images"].update_many(
            {"job_id": document_id}, {"$set": {"job_id": older}}
        )
    return older


async def _is_gone(service: Service, path: str) -> bool:
    return (await service.client.get(path)).status_code == 410


async def test_everything_is_kept_where_no_setting_says_otherwise(
    working_service: Service,
) -> None:
    job = await working_service.process([("a.jpg", draw())])
    assert job["expires_at"] is None
    image = (await working_service.client.get(f"/v1/images/{job['items'][0]['image_id']}")).json()
    assert image["expires_at"] is None
    await age(working_service.stores, "jobs", job["id"])
    removed = await working_service.stores.expiry.expire()
    assert (removed.jobs, removed.images) == (0, 0)


async def test_job_expires_and_its_images_stay(environ: dict[str, str]) -> None:
    async with keeping(environ, job=AN_HOUR) as service:
        job = await service.process([("a.jpg", draw())])
        assert _seconds_between(job["finished_at"], job["expires_at"]) == AN_HOUR
        expired = await age(service.stores, "jobs", job["id"])
        path = f"/v1/jobs/{expired}"
        await until(lambda: _is_gone(service, path))
        for method, route in (("GET", path), ("DELETE", path), ("POST", f"{path}/retry")):
            answer = await service.client.request(method, route)
            assert_problem(answer, 410, "job_expired")
        image = f"/v1/images/{job['items'][0]['image_id']}"
        for part in ("", "/content", "/content?variant=thumbnail", "/histogram"):
            assert (await service.client.get(image + part)).status_code == 200
        assert (await service.client.get(image)).json()["expires_at"] is None
        assert (await service.client.get("/v1/jobs")).json()["items"] == []
        assert (await service.client.delete(image)).status_code == 204
        assert_problem(await service.client.get(image), 404, "not_found")


async def test_image_expires_with_its_bytes_and_its_job_stays(environ: dict[str, str]) -> None:
    async with keeping(environ, image=AN_HOUR) as service:
        job = await service.process([("a.jpg", draw()), ("b.jpg", draw(seed=1))])
        first, second = (item["image_id"] for item in job["items"])
        etag = (await service.client.get(f"/v1/jobs/{job['id']}")).headers["etag"]
        seen = (await service.client.get(f"/v1/images/{second}")).json()
        assert moment(seen["expires_at"]) > moment(seen["uploaded_at"])
        path = f"/v1/images/{await age(service.stores, 'images', first)}"
        await until(lambda: _is_gone(service, path))
        for part in ("", "/content", "/content?variant=thumbnail", "/histogram"):
            assert_problem(await service.client.get(path + part), 410, "image_expired")
        assert_problem(await service.client.delete(path), 410, "image_expired")
        assert await service.count("blobs.files") == 1
        changed = {"If-None-Match": etag}
        await until(lambda: _is_shown(service, job["id"], changed))
        after = (await service.client.get(f"/v1/jobs/{job['id']}")).json()
        assert [item["image_id"] for item in after["items"]] == [second]
        assert (after["status"], after["progress"]) == ("succeeded", job["progress"])
        assert after["finished_at"] == job["finished_at"]


async def test_bytes_stay_while_another_image_has_them(environ: dict[str, str]) -> None:
    async with keeping(environ, image=AN_HOUR) as service:
        old, new = [
            (await service.process([("a.jpg", draw())]))["items"][0]["image_id"] for _ in range(2)
        ]
        expired = await age(service.stores, "images", old)
        await until(lambda: _is_gone(service, f"/v1/images/{expired}"))
        assert (await service.client.get(f"/v1/images/{new}/content")).content == draw()
        await service.client.delete(f"/v1/images/{new}")
        assert {name: await service.count(name) for name in BYTES} == dict.fromkeys(BYTES, 0)


async def test_what_is_open_does_not_expire(environ: dict[str, str]) -> None:
    settings = {"MINILAB_JOB_TTL_SECONDS": "0.001", "MINILAB_IMAGE_TTL_SECONDS": "0.001"}
    async with running_service(environ | settings) as service:
        ticket = (await service.send([("a.jpg", draw())])).json()
        removed = await service.stores.expiry.expire()
        assert (removed.jobs, removed.images) == (0, 0)
        assert ticket["expires_at"] is None
        assert (await service.client.get(f"/v1/jobs/{ticket['id']}")).json() == ticket


async def test_many_workers_remove_each_thing_once(environ: dict[str, str]) -> None:
    settings = {"MINILAB_JOB_TTL_SECONDS": "0.001", "MINILAB_IMAGE_TTL_SECONDS": "0.001"}
    async with running_service(environ | settings) as service:
        for n in range(5):
            files = [(f"{m}.jpg", draw(seed=m % 7)) for m in range(10)]
            ticket = (await service.send(files, user_id=f"u{n}")).json()
            await service.client.delete(f"/v1/jobs/{ticket['id']}")
        removed = await asyncio.gather(*(service.stores.expiry.expire() for _ in range(4)))
        assert sum(one.jobs for one in removed) == 5
        assert sum(one.images for one in removed) == 50
        left = ("jobs", "images", *BYTES)
        assert {name: await service.count(name) for name in left} == dict.fromkeys(left, 0)
        assert await service.count("expired") == 55


@pytest.mark.parametrize("kind", ["jobs", "images"])
async def test_strangers_do_not_learn_that_it_was_there(environ: dict[str, str], kind: str) -> None:
    async with keeping(environ, job=AN_HOUR, image=AN_HOUR) as service:
        owner = authorization(await service.make_key("client", "u1"))
        strangers = [
            authorization(await service.make_key("client", "u2")),
            authorization(await service.make_key("service")),
        ]
        job = await service.process([("a.jpg", draw())], user_id="u1")
        known = job["id"] if kind == "jobs" else job["items"][0]["image_id"]
        path = f"/v1/{kind}/{await age(service.stores, kind, known)}"
        await until(lambda: _is_gone(service, path))
        code = "job_expired" if kind == "jobs" else "image_expired"
        assert_problem(await service.client.get(path, headers=owner), 410, code)
        for stranger in strangers:
            assert_problem(await service.client.get(path, headers=stranger), 404, "not_found")
            assert_problem(await service.client.delete(path, headers=stranger), 404, "not_found")


async def _is_shown(service: Service, job_id: str, headers: dict[str, str]) -> bool:
    answer = await service.client.get(f"/v1/jobs/{job_id}", headers=headers)
    return answer.status_code == 200


def _seconds_between(first: Any, second: Any) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
