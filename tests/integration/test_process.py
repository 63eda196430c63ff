"""The face-detection route, on the files whose faces are known exactly."""

import json
from pathlib import Path

import pytest

from tests.service import File, Service

pytestmark = pytest.mark.one_service


@pytest.fixture
def portraits(test_data: Path) -> list[File]:
    return [(path.name, path.read_bytes()) for path in sorted((test_data / "lfw").glob("*.jpg"))]


@pytest.fixture
def expected(test_data: Path) -> dict[str, list[list[int]]]:
    truth: dict[str, list[list[int]]] = json.loads((test_data / "lfw/expected.json").read_text())
    return truth


async def test_answers_known_faces_in_upload_order(
    working_service: Service, portraits: list[File], expected: dict[str, list[list[int]]]
) -> None:
    answer = await working_service.send(portraits, route="/process", wait=30)
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "wait=30"
    assert answer.json()["results"] == [
        {"filename": name, "faces": expected[name]} for name, _ in portraits
    ]


async def test_answers_known_faces_by_polling(
    working_service: Service, portraits: list[File], expected: dict[str, list[list[int]]]
) -> None:
    answer = await working_service.send(portraits, route="/process")
    assert answer.status_code == 202
    ticket = answer.json()
    assert answer.headers["location"] == f"/v1/jobs/{ticket['id']}"
    assert int(answer.headers["retry-after"]) >= 1
    job = await working_service.job(ticket["id"])
    assert job["status"] == "succeeded"
    assert job["progress"] == {"done": 5, "failed": 0, "total": 5}
    for item in job["items"]:
        image = (await working_service.client.get(f"/v1/images/{item['image_id']}")).json()
        assert [face["box"] for face in image["faces"]] == expected[item["filename"]]
        assert all(face["score"] > 30 for face in image["faces"])


async def test_answers_known_faces_of_each_file_alone(
    working_service: Service, portraits: list[File], expected: dict[str, list[list[int]]]
) -> None:
    for name, content in portraits:
        answer = await working_service.send([(name, content)], route="/process", wait=30)
        assert answer.json()["results"] == [{"filename": name, "faces": expected[name]}]


async def test_tells_of_file_without_result_beside_those_with_one(
    working_service: Service, portraits: list[File]
) -> None:
    files = [("notes.txt", b"no picture"), portraits[0]]
    answer = await working_service.send(files, route="/process", wait=30)
    assert answer.status_code == 200
    refused, found = answer.json()["results"]
    assert refused["faces"] is None
    assert refused["error"]["code"] == "unsupported_format"
    assert found.keys() == {"filename", "faces"}
