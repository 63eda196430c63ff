"""Images that show like things, over HTTP and beside plain NumPy."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from domain.image_search import ImageFilter
from domain.images.values import DIMENSIONS
from domain.keys import Scope
from storage.histograms import similar_embeddings
from storage.histograms.similar_embeddings import SimilarEmbeddings
from storage.mongo.client import DURABLE
from storage.settings import SimilaritySettings
from tests.command_line import read_answer, read_json, run_for
from tests.image_documents import finished_image, insert_images
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import REPOSITORY, Service, authorization

pytestmark = pytest.mark.one_service


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"MINILAB_LEARNING": "true", "MINILAB_WORKER_CHILDREN": "1"}


async def _fill(service: Service, images: int, user_id: str = "u1") -> dict[str, Any]:
    """Have images with random embeddings; gives the vector of each by its ID."""
    chance = np.random.default_rng(images)
    vectors = np.maximum(chance.normal(size=(images, DIMENSIONS)), 0).astype("<f2")
    made = [
        finished_image(
            user_id=user_id,
            sha256=f"{user_id}-{number}",
            cells={"embedding": {"status": "succeeded", "version": 1}},
        )
        for number in range(images)
    ]
    await insert_images(service.stores.database, made)
    files = service.stores.database["blobs.files"].with_options(write_concern=DURABLE)
    await files.insert_many(
        [
            {
                "_id": f"{user_id}-{number}",
                "length": 1,
                "metadata": {
                    "format": "jpeg",
                    "sha256": f"{user_id}-{number}",
                    "results": {"embedding": {"version": 1, "value": vector.tobytes()}},
                },
            }
            for number, vector in enumerate(vectors)
        ]
    )
    return {
        image["_id"]: vector.astype(np.float64) for image, vector in zip(made, vectors, strict=True)
    }


def _nearest(vectors: dict[str, Any], image_id: str, count: int) -> list[str]:
    own = vectors[image_id]
    cosines = {
        other: float(own @ of / np.linalg.norm(own) / np.linalg.norm(of))
        for other, of in vectors.items()
        if other != image_id
    }
    return sorted(cosines, key=lambda other: -cosines[other])[:count]


async def test_the_nearest_are_those_of_plain_numpy_within_the_scope(service: Service) -> None:
    vectors = await _fill(service, 60)
    await _fill(service, 20, "u2")
    key = await service.make_key("client", "u1")
    asked = next(iter(vectors))
    path = f"/v1/images?similar_to={asked}&by=embedding&limit=10"
    for _ in range(2):  # The second time, the vectors are in memory.
        answer = await service.client.get(path, headers=authorization(key))
        assert answer.status_code == 200, answer.text
        found = answer.json()["items"]
        assert [image["id"] for image in found] == _nearest(vectors, asked, 10)
        similarities = [image["similarity"] for image in found]
        assert similarities == sorted(similarities, reverse=True)
        assert all(0 < one < 1 for one in similarities)
        assert "next_cursor" not in answer.json()
    stranger = await service.make_key("client", "u2")
    refused = await service.client.get(path, headers=authorization(stranger))
    assert_problem(refused, 404, "not_found")
    gone = _nearest(vectors, asked, 1)[0]
    await (
        service.stores.database["images"]
        .with_options(write_concern=DURABLE)
        .delete_one({"_id": gone})
    )
    again = (await service.client.get(path, headers=authorization(key))).json()["items"]
    assert [image["id"] for image in again] == _nearest(
        {of: vector for of, vector in vectors.items() if of != gone}, asked, 10
    )


async def test_equal_bytes_come_first_and_memory_is_bounded(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = await _fill(service, 30)
    monkeypatch.setattr(similar_embeddings, "MOST_IMAGES", 20)
    similar = SimilarEmbeddings(service.stores.database, SimilaritySettings())
    newest = sorted(vectors)[-20:]
    for asked in (newest[0], min(vectors), newest[5]):
        found = await similar.find(ImageFilter(Scope()), asked, 5)
        assert found is not None
        compared = {of: vectors[of] for of in {asked, *newest}}
        assert [image.id for _, image in found] == _nearest(compared, asked, 5)
        assert len(similar._slots) <= 21


async def test_copies_of_a_picture_are_found_and_others_have_none(
    working_service: Service,
) -> None:
    service = working_service
    portrait = (REPOSITORY / "docs/examples/portrait.jpg").read_bytes()
    with Image.open(io.BytesIO(portrait)) as image:
        image.resize((300, 300)).save(smaller := io.BytesIO(), "JPEG")
    files = [("a.jpg", portrait), ("b.jpg", draw(320, 240)), ("c.jpg", smaller.getvalue())]
    job = await service.process(files, operations="embedding")
    first, second, copy = (item["image_id"] for item in job["items"])
    path = f"/v1/images?similar_to={first}&by=embedding"
    found = (await service.client.get(path)).json()["items"]
    assert [image["id"] for image in found] == [copy, second]
    command = ("images", "similar", first, "--by", "embedding")
    told = await read_json(service, *command)
    answer = await read_answer(service, "/v1/images", similar_to=first, by="embedding")
    assert told["items"] == answer["items"]
    shown = (await run_for(service, *command)).rows
    assert shown[0][-1] == "similarity"
    assert [row[0] for row in shown[1:]] == [copy, second]
    assert [float(row[-1]) for row in shown[1:]] == [image["similarity"] for image in found]
    (other,) = (await service.process([("a.png", draw())], operations="metadata"))["items"]
    path = f"/v1/images?similar_to={other['image_id']}&by=embedding"
    assert_problem(await service.client.get(path), 404, "not_found")
    assert_problem(await service.client.get("/v1/images?by=embedding"), 422, "invalid_value")


class TestOff:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"MINILAB_LEARNING": "false"}

    async def test_says_what_to_set(self, service: Service) -> None:
        answer = await service.client.get("/v1/images?similar_to=none&by=embedding")
        assert_problem(answer, 409, "learning_off")
