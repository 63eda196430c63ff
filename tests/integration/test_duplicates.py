"""Equal bytes: stored once, named within one user, silent across users."""

import pytest

from tests.blob_counts import assert_counts_agree
from tests.pictures import draw
from tests.service import Service

pytestmark = [pytest.mark.one_service, pytest.mark.stores("gridfs", "s3")]


async def test_names_the_earliest_image_of_the_same_user(service: Service) -> None:
    content = draw()
    found = []
    for name in ("a.jpg", "another name.jpg", "c.jpg"):
        job = (await service.send([(name, content)], user_id="u1")).json()
        found.append((job["items"][0]["image_id"], job["items"][0]["duplicate_of"]))
    first = found[0][0]
    assert [duplicate_of for _, duplicate_of in found] == [None, first, first]
    image = (await service.client.get(f"/v1/images/{found[2][0]}")).json()
    assert (image["duplicate_of"], image["filename"]) == (first, "c.jpg")
    await assert_counts_agree(service, blobs=1, images=3)


async def test_tells_no_user_what_another_has(service: Service) -> None:
    content = draw()
    for user_id in ("u1", "u2", "u3"):
        job = (await service.send([("a.jpg", content)], user_id=user_id)).json()
        assert job["items"][0]["duplicate_of"] is None
    job = (await service.send([("a.jpg", content)], user_id="u2")).json()
    earlier = (await service.client.get(f"/v1/images/{job['items'][0]['duplicate_of']}")).json()
    assert earlier["user_id"] == "u2"
    await assert_counts_agree(service, blobs=1, images=4)


@pytest.mark.parametrize("times", [2, 50])
async def test_takes_the_same_file_many_times_in_one_request(
    working_service: Service, times: int
) -> None:
    content = draw()
    job = await working_service.process([(f"{n}.jpg", content) for n in range(times)])
    assert job["status"] == "succeeded"
    assert job["progress"] == {"done": 5 * times, "failed": 0, "total": 5 * times}
    assert [item["filename"] for item in job["items"]] == [f"{n}.jpg" for n in range(times)]
    first = job["items"][0]["image_id"]
    assert [item["duplicate_of"] for item in job["items"]] == [None] + [first] * (times - 1)
    assert len({item["image_id"] for item in job["items"]}) == times
    await assert_counts_agree(working_service, blobs=1, images=times)
    assert await working_service.count("blobs.chunks") == 1
    images = (await working_service.client.get("/v1/images?limit=100")).json()["items"]
    assert {(image["status"], image["width"]) for image in images} == {("succeeded", 64)}


async def test_repeats_among_other_files_are_found(service: Service) -> None:
    files = [(f"{n}.jpg", draw(seed=n % 3)) for n in range(12)]
    job = (await service.send(files)).json()
    ids = [item["image_id"] for item in job["items"]]
    expected = [None if n < 3 else ids[n % 3] for n in range(12)]
    assert [item["duplicate_of"] for item in job["items"]] == expected
    await assert_counts_agree(service, blobs=3, images=12)


@pytest.mark.stores("gridfs")
async def test_large_duplicates_leave_no_second_copy(service: Service) -> None:
    content = draw().ljust(1_500_000, b"\x01")
    for _ in range(2):
        await service.send([("a.jpg", content), ("b.jpg", content)])
    await assert_counts_agree(service, blobs=1, images=4)
    assert await service.count("blobs.chunks") == 6
