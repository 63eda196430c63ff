"""What was wrong with a file that has results all the same."""

import pytest

from tests.pictures import draw
from tests.service import Service

pytestmark = pytest.mark.one_service

WHOLE = draw(200, 150, seed=5)


async def test_items_and_images_have_the_warnings_of_their_file(working_service: Service) -> None:
    files = [("whole.jpg", WHOLE), ("end.jpg", WHOLE[:-2]), ("cut.jpg", WHOLE[: -len(WHOLE) // 8])]
    job = await working_service.process([*files, ("broken.jpg", WHOLE[:300])], user_id="u1")
    expected = [[], ["end_missing"], ["truncated"], []]
    assert [item["warnings"] for item in job["items"]] == expected
    assert [item["status"] for item in job["items"]] == ["succeeded"] * 3 + ["failed"]
    for item, warnings in zip(job["items"], expected, strict=True):
        image = (await working_service.client.get(f"/v1/images/{item['image_id']}")).json()
        assert image["warnings"] == warnings
    listed = (await working_service.client.get("/v1/images?user_id=u1")).json()["items"]
    assert sorted(image["warnings"] for image in listed) == sorted(expected)


async def test_a_duplicate_has_the_warnings_of_the_stored_results(working_service: Service) -> None:
    content = draw(120, 90, seed=9)[:-2]
    for user_id, operations in (("u1", "metadata,histogram"), ("u2", "metadata"), ("u3", "faces")):
        job = await working_service.process(
            [("a.jpg", content)], user_id=user_id, operations=operations
        )
        assert job["items"][0]["warnings"] == ["end_missing"]
