"""Equal uploads at the same moment: one blob, and counters that are right to the last one."""

import asyncio
import random
from typing import Any

import pytest

from tests.blob_counts import assert_counts_agree
from tests.pictures import draw
from tests.service import Service, running_service

pytestmark = [pytest.mark.one_service, pytest.mark.stores("gridfs", "s3")]


async def _send(service: Service, *names: int) -> list[dict[str, Any]]:
    answer = await service.send([(f"{n}.jpg", draw(seed=n)) for n in names])
    assert answer.status_code == 202, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_two_equal_uploads_at_once_make_one_blob(service: Service) -> None:
    for number in range(5):
        both = await asyncio.gather(_send(service, number), _send(service, number))
        links = sorted(str(items[0]["duplicate_of"]) for items in both)
        ids = [items[0]["image_id"] for items in both]
        assert "None" in links
        assert links[0] in ids
    await assert_counts_agree(service, blobs=5, images=10)


async def test_equal_uploads_through_two_processes_make_one_blob(service: Service) -> None:
    async with running_service(service.environ) as other:
        for number in range(5):
            sends = [_send(one, number, number) for one in (service, other) * 4]
            await asyncio.gather(*sends)
    await assert_counts_agree(service, blobs=5, images=5 * 16)


async def test_forty_uploads_mixed_with_deletes_keep_the_books_right(service: Service) -> None:
    chance = random.Random(7)  # noqa: S311
    kept: list[str] = []
    gone: list[str] = []

    async def upload_and_delete_some(client: Service, number: int) -> None:
        names = [chance.randrange(4) for _ in range(chance.randint(1, 3))]
        for item in await _send(client, *names):
            if number % 2:
                answer = await client.client.delete(f"/v1/images/{item['image_id']}")
                assert answer.status_code == 204
                gone.append(item["image_id"])
            else:
                kept.append(item["image_id"])

    async with running_service(service.environ) as other:
        await asyncio.gather(
            *(upload_and_delete_some((service, other)[n % 3 == 0], n) for n in range(40))
        )
    assert gone
    shared = await service.stores.database["images"].distinct("sha256")
    await assert_counts_agree(service, blobs=len(shared), images=len(kept))
    for image_id in kept:
        content = await service.client.get(f"/v1/images/{image_id}/content")
        assert content.status_code == 200
    answers = [await service.client.delete(f"/v1/images/{image_id}") for image_id in kept]
    assert {answer.status_code for answer in answers} == {204}
    await assert_counts_agree(service, blobs=0, images=0)
    assert await service.count("blobs.chunks") == 0


async def test_deleting_one_image_twice_at_once_counts_once(service: Service) -> None:
    for number in range(5):
        first, _ = await _send(service, number, number)
        path = f"/v1/images/{first['image_id']}"
        answers = await asyncio.gather(*(service.client.delete(path) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404]
    await assert_counts_agree(service, blobs=5, images=5)


async def test_uploads_while_a_worker_works_keep_the_books_right(
    working_service: Service,
) -> None:
    async def upload(number: int) -> None:
        job = await working_service.process([(f"{n}.jpg", draw(seed=n)) for n in (number % 3, 3)])
        assert job["status"] == "succeeded"
        if number % 2:
            path = f"/v1/images/{job['items'][0]['image_id']}"
            assert (await working_service.client.delete(path)).status_code == 204

    await asyncio.gather(*(upload(number) for number in range(20)))
    shared = await working_service.stores.database["images"].distinct("sha256")
    await assert_counts_agree(working_service, blobs=len(shared), images=30)
