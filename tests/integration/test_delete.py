"""Deleting an image: its share goes everywhere, its bytes with the last image that has them."""

import pytest

from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service

pytestmark = [pytest.mark.one_service, pytest.mark.stores("gridfs", "s3")]

BYTES = ("blobs.files", "blobs.chunks", "variants.files", "variants.chunks")


async def _delete(service: Service, image_id: str) -> None:
    answer = await service.client.delete(f"/v1/images/{image_id}")
    assert (answer.status_code, answer.content) == (204, b"")


async def test_deleted_image_is_gone_from_every_route(working_service: Service) -> None:
    job = await working_service.process([("a.jpg", draw()), ("b.jpg", draw(seed=1))])
    gone, kept = (item["image_id"] for item in job["items"])
    await _delete(working_service, gone)
    path = f"/v1/images/{gone}"
    for part in ("", "/content", "/content?variant=thumbnail", "/histogram"):
        assert_problem(await working_service.client.get(path + part), 404, "not_found")
    assert_problem(await working_service.client.delete(path), 404, "not_found")
    images = (await working_service.client.get("/v1/images")).json()["items"]
    assert [image["id"] for image in images] == [kept]
    after = await working_service.job(job["id"])
    assert [item["image_id"] for item in after["items"]] == [kept]
    assert after["progress"] == {"done": 5, "failed": 0, "total": 5}
    assert (after["status"], after["version"]) == ("succeeded", job["version"] + 1)
    assert after["finished_at"] == job["finished_at"]


async def test_bytes_and_variants_go_with_the_last_image(working_service: Service) -> None:
    content = draw(800, 600).ljust(600_000, b"\x00")
    images = []
    for user_id in ("u1", "u1", "u2"):
        job = await working_service.process([("a.jpg", content)], user_id=user_id)
        images.append(job["items"][0]["image_id"])
    for variant in ("grayscale", "faces"):
        path = f"/v1/images/{images[0]}/content?variant={variant}"
        assert (await working_service.client.get(path)).status_code == 200
    for left in (2, 1):
        await _delete(working_service, images.pop(0))
        file = await working_service.stores.database["blobs.files"].find_one()
        assert file is not None
        assert file["metadata"]["images"] == left
        for variant in ("original", "grayscale", "thumbnail", "faces"):
            path = f"/v1/images/{images[0]}/content?variant={variant}"
            assert (await working_service.client.get(path)).status_code == 200
    await _delete(working_service, images[0])
    assert {name: await working_service.count(name) for name in BYTES} == dict.fromkeys(BYTES, 0)


async def test_the_same_bytes_can_come_back_after_a_delete(working_service: Service) -> None:
    file = ("a.jpg", draw())
    for _ in range(3):
        job = await working_service.process([file])
        (item,) = job["items"]
        assert (item["status"], item["duplicate_of"]) == ("succeeded", None)
        path = f"/v1/images/{item['image_id']}/content"
        assert (await working_service.client.get(path)).content == file[1]
        await _delete(working_service, item["image_id"])


async def test_job_goes_on_without_image_that_was_deleted_from_the_queue(service: Service) -> None:
    job = (await service.send([("a.jpg", draw()), ("b.jpg", draw(seed=1))])).json()
    await _delete(service, job["items"][0]["image_id"])
    async with service.working():
        after = await service.job(job["id"])
    assert after["status"] == "succeeded"
    assert [item["filename"] for item in after["items"]] == ["b.jpg"]
    assert after["progress"] == {"done": 5, "failed": 0, "total": 5}


async def test_job_ends_when_its_last_image_is_deleted(service: Service) -> None:
    job = (await service.send([("a.jpg", draw())])).json()
    await _delete(service, job["items"][0]["image_id"])
    after = (await service.client.get(f"/v1/jobs/{job['id']}")).json()
    assert after["status"] == "canceled"
    assert after["items"] == []
    assert after["progress"]["total"] == 0
    assert {name: await service.count(name) for name in BYTES} == dict.fromkeys(BYTES, 0)


async def test_refused_files_stay_in_a_job_whose_images_are_deleted(service: Service) -> None:
    job = (await service.send([("a.jpg", draw()), ("b.txt", b"text")])).json()
    await _delete(service, job["items"][0]["image_id"])
    after = (await service.client.get(f"/v1/jobs/{job['id']}")).json()
    assert (after["status"], len(after["items"])) == ("failed", 1)
    assert after["items"][0]["error"]["code"] == "unsupported_format"
