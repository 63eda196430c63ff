"""Deletes among everything else: what is counted is what is there, to the last one."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from domain.jobs import TERMINAL
from storage.blobs.sweeper import Sweeper
from tests.blob_counts import assert_counts_agree
from tests.faults.stack import huge_picture
from tests.invariants import find_broken
from tests.pictures import draw
from tests.service import Service
from tests.waiting import until

pytestmark = pytest.mark.one_service

UPLOADS = 80
FILES = 12
AT_ONCE = 16
USERS = 5
BYTES = ("blobs.files", "blobs.chunks", "variants.files", "variants.chunks")


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    """Settings with time for transactions that meet each other often: time is not the claim."""
    return environ | {"MINILAB_STORE_TIMEOUT_SECONDS": "60"}


async def assert_all_agrees(service: Service) -> None:
    """Sweep what raced with its own removal, then check every invariant."""
    stores = service.stores
    await Sweeper(stores.client, stores.database, stores.blob_stores, timedelta(0)).sweep()
    assert await find_broken(stores, pause_seconds=0.2) == {}


async def all_have_ended(service: Service) -> bool:
    open_ones = {"status": {"$nin": [status.value for status in TERMINAL]}}
    database = service.stores.database
    counts = [
        await database[name].count_documents(open_ones)
        for name in ("images", "jobs", "user_deletions")
    ]
    return not sum(counts)


async def _delete(service: Service, image_id: str) -> None:
    answer = await service.client.delete(f"/v1/images/{image_id}")
    assert answer.status_code == 204, answer.text


@pytest.mark.long
async def test_many_uploads_of_few_files_mixed_with_deletes_agree_to_the_last_one(
    working_service: Service,
) -> None:
    service, chance = working_service, random.Random(11)  # noqa: S311
    pictures = [draw(seed=n) for n in range(FILES)]
    link = await service.make_link()
    kept: dict[str, str] = {}
    deleted: set[str] = set()
    names = iter(range(UPLOADS))

    async def upload_one(number: int) -> dict[str, Any]:
        files = [(f"{number}.jpg", pictures[number % FILES])]
        if number % 10 == 9:
            answer = await service.send(files, route="/v1/uploads", key=link["token"])
        else:
            answer = await service.send(files, user_id=f"u{number % USERS}")
        assert answer.status_code == 202, answer.text
        item: dict[str, Any] = answer.json()["items"][0]
        return item

    async def upload_and_delete() -> None:
        for number in names:
            item = await upload_one(number)
            kept[item["image_id"]] = item["filename"]
            if number % 3 == 0:  # Maybe while it is worked on; else one that is done, maybe.
                image_id = item["image_id"] if number % 2 else chance.choice(list(kept))
                del kept[image_id]
                deleted.add(image_id)
                await _delete(service, image_id)

    await asyncio.gather(*(upload_and_delete() for _ in range(AT_ONCE)))
    await until(lambda: all_have_ended(service))
    assert len(kept) + len(deleted) == UPLOADS
    await _assert_there(service, kept)
    shown = await service.link(link["id"])
    assert shown["used_files"] == UPLOADS // 10
    through_link = await service.stores.database["images"].count_documents({"link_id": link["id"]})
    assert shown["images"] == through_link

    gone = {image_id for image_id, name in kept.items() if int(name.split(".")[0]) % USERS == 1}
    gone = {image_id for image_id in gone if int(kept[image_id].split(".")[0]) % 10 != 9}
    job = await service.job((await service.client.delete("/v1/users/u1")).json()["id"])
    assert job["progress"] == {"done": len(gone), "failed": 0, "total": len(gone)}
    kept = {image_id: name for image_id, name in kept.items() if image_id not in gone}
    await _assert_there(service, kept)

    await asyncio.gather(*(_delete(service, image_id) for image_id in kept))
    await assert_counts_agree(service, blobs=0, images=0)
    await assert_all_agrees(service)
    assert {name: await service.count(name) for name in BYTES} == dict.fromkeys(BYTES, 0)


async def _assert_there(service: Service, kept: dict[str, str]) -> None:
    """Compare what clients were told with images, blobs, GridFS and statistics."""
    await assert_all_agrees(service)
    there = await service.stores.database["images"].distinct("_id")
    assert sorted(there) == sorted(kept)
    hashes = await service.stores.database["images"].distinct("sha256")
    contents = {int(name.split(".")[0]) % FILES for name in kept.values()}
    assert len(hashes) == len(contents)
    await assert_counts_agree(service, blobs=len(contents), images=len(kept))
    # Each blob is one chunk, and has one thumbnail of one chunk.
    assert {name: await service.count(name) for name in BYTES} == dict.fromkeys(
        BYTES, len(contents)
    )
    assert await service.stores.database["images"].distinct("status") == ["succeeded"]
    statistics = (await service.client.get("/v1/statistics")).json()
    assert statistics["totals"]["images"] == len(kept)
    saved = [len(draw(seed=int(name.split(".")[0]) % FILES)) for name in kept.values()]
    stored = [len(draw(seed=number)) for number in contents]
    assert statistics["totals"]["bytes_saved"] == sum(saved) - sum(stored)
    assert statistics["most_popular_format"] == {"format": "jpeg", "count": len(kept)}


@pytest.fixture
async def busy(service: Service) -> AsyncIterator[tuple[Service, dict[str, Any]]]:
    """The service, and a job of two pictures whose first one a child is at work on."""
    async with service.working(worker_children=1, worker_group_images=1):
        answer = await service.send([("slow.png", huge_picture()), ("b.jpg", draw())])
        ticket: dict[str, Any] = answer.json()

        async def is_held() -> bool:
            image = await service.stores.database["images"].find_one({"status": "processing"})
            return image is not None

        await until(is_held)
        yield service, ticket


async def test_image_that_is_deleted_while_it_is_worked_on_leaves_nothing(
    busy: tuple[Service, dict[str, Any]],
) -> None:
    service, ticket = busy
    for item in ticket["items"]:
        await _delete(service, item["image_id"])
    job = await service.job(ticket["id"])
    assert (job["status"], job["items"], job["progress"]["total"]) == ("canceled", [], 0)
    after = await service.process([("c.jpg", draw(seed=1))])
    assert after["status"] == "succeeded"
    await assert_all_agrees(service)
    assert [await service.count(name) for name in BYTES] == [1] * 4


async def test_neighbour_of_a_deleted_image_is_worked_on(
    busy: tuple[Service, dict[str, Any]],
) -> None:
    service, ticket = busy
    slow, other = ticket["items"]
    await _delete(service, slow["image_id"])
    job = await service.job(ticket["id"])
    assert job["status"] == "succeeded"
    assert [item["image_id"] for item in job["items"]] == [other["image_id"]]
    await assert_all_agrees(service)


async def test_bytes_that_come_again_while_their_last_image_is_deleted_are_worked_on(
    busy: tuple[Service, dict[str, Any]],
) -> None:
    service, ticket = busy
    slow = ticket["items"][0]["image_id"]
    _, again = await asyncio.gather(
        _delete(service, slow), service.send([("again.png", huge_picture())], user_id="another")
    )
    job = await service.job(again.json()["id"])
    assert job["status"] == "succeeded"
    await service.job(ticket["id"])
    await assert_all_agrees(service)
    image = f"/v1/images/{job['items'][0]['image_id']}/content"
    assert (await service.client.get(f"{image}?variant=thumbnail")).status_code == 200


async def test_user_who_is_deleted_while_his_images_are_worked_on_leaves_nothing(
    busy: tuple[Service, dict[str, Any]],
) -> None:
    service, ticket = busy
    answer = await service.client.delete(f"/v1/users/{ticket['user_id']}")
    job = await service.job(answer.json()["id"])
    assert job["progress"] == {"done": 2, "failed": 0, "total": 2}
    after = await service.process([("c.jpg", draw(seed=1))], user_id=ticket["user_id"])
    assert after["status"] == "succeeded"
    await assert_all_agrees(service)
    assert [await service.count(name) for name in ("jobs", "images", *BYTES)] == [1] * 6


@pytest.mark.parametrize("variant", ["grayscale", "faces", "thumbnail"])
async def test_variant_that_is_made_while_its_image_is_deleted_goes_with_the_sweep(
    working_service: Service, variant: str
) -> None:
    service = working_service
    for seed in range(4):
        job = await service.process([("a.jpg", draw(800, 600, seed=seed))])
        image = f"/v1/images/{job['items'][0]['image_id']}"
        making = asyncio.create_task(service.client.get(f"{image}/content?variant={variant}"))
        await asyncio.sleep(0.01 * seed)  # The deletion meets another step each time.
        assert (await service.client.delete(image)).status_code == 204
        # A stream that was begun may find its chunks gone; that is no answer.
        await asyncio.wait([making])
    await assert_all_agrees(service)
    assert {name: await service.count(name) for name in BYTES} == dict.fromkeys(BYTES, 0)


async def test_duplicate_goes_on_naming_a_deleted_original(working_service: Service) -> None:
    service = working_service
    first, second = [
        (await service.process([(name, draw())]))["items"][0] for name in ("a.jpg", "b.jpg")
    ]
    await _delete(service, first["image_id"])
    path = f"/v1/images/{second['image_id']}"
    image = (await service.client.get(path)).json()
    assert (image["status"], image["duplicate_of"]) == ("succeeded", first["image_id"])
    for variant in ("original", "thumbnail", "grayscale"):
        content = await service.client.get(f"{path}/content?variant={variant}")
        assert content.status_code == 200
    third = (await service.process([("c.jpg", draw())]))["items"][0]
    assert third["duplicate_of"] == second["image_id"]
    await assert_all_agrees(service)
