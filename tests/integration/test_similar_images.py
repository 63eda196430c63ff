"""Near-duplicates over HTTP: nearest first, page by page, within the scope."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.image_documents import finished_image, insert_images
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service, authorization

pytestmark = pytest.mark.one_service


async def _similar(service: Service, query: str, key: str | None = None) -> list[dict[str, Any]]:
    headers = authorization(key) if key else None
    answer = await service.client.get(f"/v1/images?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def _scene(seed: int) -> bytes:
    """Draw large soft spots, as of a scene: each seed gives another one."""
    spots = np.random.default_rng(seed).integers(0, 256, (12, 16), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(spots).resize((320, 240), Image.Resampling.BICUBIC).save(file, "JPEG")
    return file.getvalue()


def _changed(picture: bytes, width: int, quality: int) -> bytes:
    file = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as image:
        image.resize((width, width * image.height // image.width)).save(
            file, "JPEG", quality=quality
        )
    return file.getvalue()


async def test_smaller_copies_are_near_and_others_are_not(working_service: Service) -> None:
    picture = _scene(1)
    files = [
        ("original.jpg", picture),
        ("again.jpg", picture),
        ("smaller.jpg", _changed(picture, 200, 60)),
        ("other.jpg", _scene(2)),
    ]
    job = await working_service.process(files, operations="fingerprint")
    ids = {item["filename"]: item["image_id"] for item in job["items"]}
    found = await _similar(working_service, f"similar_to={ids['original.jpg']}&distance=4")
    distances = {image["filename"]: image["distance"] for image in found}
    assert distances["again.jpg"] == 0
    assert "smaller.jpg" in distances
    assert "original.jpg" not in distances
    view = (await working_service.client.get(f"/v1/images/{ids['smaller.jpg']}")).json()
    origin = (await working_service.client.get(f"/v1/images/{ids['original.jpg']}")).json()
    bits = int(view["fingerprint"], 16) ^ int(origin["fingerprint"], 16)
    assert distances["smaller.jpg"] == bits.bit_count()
    plain = await _similar(working_service, "")
    assert all("distance" not in image for image in plain)


async def _insert(service: Service, *fingerprints: int, user_id: str = "u1") -> list[str]:
    made = [finished_image(user_id, fingerprint=fingerprint) for fingerprint in fingerprints]
    await insert_images(service.stores.database, made)
    return [image["_id"] for image in made]


async def test_nearest_come_first_and_newest_among_equals(service: Service) -> None:
    # The sign bit, the ends of the bands, and as many bits as the distance allows.
    of, same, sign, two, three, six, seven = await _insert(
        service, 0, 0, -(2**63), 0b11, 1 << 15 | 1 << 16 | 1 << 47, 0b111111, 0b1111111
    )
    found = await _similar(service, f"similar_to={of}")
    assert [(image["id"], image["distance"]) for image in found] == [
        (same, 0), (sign, 1), (two, 2), (three, 3), (six, 6),
    ]  # fmt: skip
    (newer,) = await _insert(service, 0b11)
    found = await _similar(service, f"similar_to={of}&distance=7")
    assert [image["id"] for image in found] == [same, sign, newer, two, three, six, seven]
    found = await _similar(service, f"similar_to={of}&distance=0")
    assert [image["id"] for image in found] == [same]


async def test_pages_hold_each_once_while_others_arrive(service: Service) -> None:
    (of,) = await _insert(service, 0)
    made = await _insert(service, *([0, 1, 3] * 5), 0b1111111)
    # Nearest first, newest first among equals.
    expected = [made[index] for start in range(3) for index in range(12 + start, -1, -3)]
    found, cursor = [], ""
    while True:
        page = (await service.client.get(f"/v1/images?similar_to={of}&limit=4{cursor}")).json()
        found.append([image["id"] for image in page["items"]])
        await _insert(service, 0)
        if "next_cursor" not in page:
            break
        assert page["next_cursor"] == f"{page['items'][-1]['distance']}.{page['items'][-1]['id']}"
        cursor = f"&cursor={page['next_cursor']}"
    assert [image_id for page in found for image_id in page] == expected
    assert [len(page) for page in found] == [4, 4, 4, 3]


async def test_near_duplicates_of_others_are_not_shown(service: Service) -> None:
    (mine, my_other) = await _insert(service, 7, 6)
    (theirs,) = await _insert(service, 7, user_id="u2")
    key = await service.make_key("client", "u1")
    found = await _similar(service, f"similar_to={mine}", key)
    assert [image["id"] for image in found] == [my_other]
    answer = await service.client.get(f"/v1/images?similar_to={theirs}", headers=authorization(key))
    assert_problem(answer, 404, "not_found")
    found = await _similar(service, f"similar_to={mine}")
    assert [image["id"] for image in found] == [theirs, my_other]
    found = await _similar(service, f"similar_to={mine}&user_id=u1")
    assert [image["id"] for image in found] == [my_other]
    service_key = await service.make_key("service")
    found = await _similar(service, f"similar_to={mine}&user_id=u1", service_key)
    assert [image["id"] for image in found] == [my_other]
    answer = await service.client.get(
        f"/v1/images?similar_to={mine}", headers=authorization(service_key)
    )
    assert_problem(answer, 404, "not_found")


async def test_filters_hold_for_near_duplicates_too(service: Service) -> None:
    (of,) = await _insert(service, 0)
    png, camera = (
        finished_image(format="png", fingerprint=1),
        finished_image(camera_model="M1", fingerprint=3, faces=2),
    )
    await insert_images(service.stores.database, [png, camera])
    for query, found in [
        ("format=png", [png]),
        ("camera=M1&faces=true", [camera]),
        ("camera=M1&format=png", []),
        ("", [png, camera]),
    ]:
        images = await _similar(service, f"similar_to={of}&{query}")
        assert [image["id"] for image in images] == [image["_id"] for image in found], query


async def test_deleted_image_is_near_to_nothing(working_service: Service) -> None:
    picture = draw(seed=4)
    job = await working_service.process([("a.jpg", picture), ("b.jpg", picture)])
    first, second = (item["image_id"] for item in job["items"])
    assert len(await _similar(working_service, f"similar_to={first}")) == 1
    assert (await working_service.client.delete(f"/v1/images/{second}")).status_code == 204
    assert await _similar(working_service, f"similar_to={first}") == []
    assert_problem(
        await working_service.client.get(f"/v1/images?similar_to={second}"), 404, "not_found"
    )


@pytest.mark.parametrize("image_id", ["nope", "019aa5d2-7c1e-7d43-9f0b-3a52c1f7e9b4"])
async def test_answers_404_for_image_that_is_not_there(service: Service, image_id: str) -> None:
    assert_problem(await service.client.get(f"/v1/images?similar_to={image_id}"), 404, "not_found")


async def test_says_why_there_is_no_fingerprint(service: Service) -> None:
    job = (await service.send([("a.png", draw(kind="PNG"))], operations="metadata")).json()
    image_id = job["items"][0]["image_id"]
    early = await service.client.get(f"/v1/images?similar_to={image_id}")
    assert_problem(early, 409, "wrong_state")
    async with service.working():
        await service.job(job["id"])
    assert_problem(await service.client.get(f"/v1/images?similar_to={image_id}"), 404, "not_found")
