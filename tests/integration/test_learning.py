"""The operations of learning, from upload to answer."""

import numpy as np
import pytest

from domain.images.operations import ALL_OPERATIONS, DEFAULT_OPERATIONS, VERSIONS
from domain.images.values import DIMENSIONS
from tests.pictures import draw
from tests.problems import assert_problem
from tests.service import Service

pytestmark = pytest.mark.one_service


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | {"MINILAB_LEARNING": "true", "MINILAB_WORKER_CHILDREN": "1"}


async def test_an_upload_gets_a_quality_and_an_embedding_once(working_service: Service) -> None:
    job = await working_service.process([("a.png", draw(70, 50, kind="PNG"))])
    again = await working_service.process([("b.png", draw(70, 50, kind="PNG"))])
    for one in (job, again):
        image_id = one["items"][0]["image_id"]
        image = (await working_service.client.get(f"/v1/images/{image_id}")).json()
        assert tuple(image["operations"]) == ALL_OPERATIONS
        assert {of["status"] for of in image["operations"].values()} == {"succeeded"}
        assert 0 <= image["quality"]["low"] <= image["quality"]["high"] <= 255
        assert image["embedding"] == {"dimensions": DIMENSIONS}
    (blob,) = await working_service.stores.database["blobs.files"].find().to_list(None)
    results = blob["metadata"]["results"]
    for name in ("quality", "embedding"):
        assert results[name]["version"] == VERSIONS[name]
    vector = np.frombuffer(results["embedding"]["value"], "<f2")
    assert vector.shape == (DIMENSIONS,)
    assert np.linalg.norm(vector.astype(np.float64)) > 1
    for word in ("metadata", "quality"):
        only = await working_service.process([("c.png", draw(71, 50, kind="PNG"))], operations=word)
        image_id = only["items"][0]["image_id"]
        image = (await working_service.client.get(f"/v1/images/{image_id}")).json()
        assert image["embedding"] is None
        assert (image["quality"] is None) is (word == "metadata")


async def test_capabilities_name_the_operations_of_learning(service: Service) -> None:
    capabilities = (await service.client.get("/v1/capabilities")).json()
    assert tuple(one["name"] for one in capabilities["operations"]) == ALL_OPERATIONS


class TestOff:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"MINILAB_LEARNING": "false"}

    async def test_uploads_do_without(self, service: Service) -> None:
        capabilities = (await service.client.get("/v1/capabilities")).json()
        assert tuple(one["name"] for one in capabilities["operations"]) == DEFAULT_OPERATIONS
        answer = await service.send([("a.png", draw(70, 50, kind="PNG"))])
        image_id = answer.json()["items"][0]["image_id"]
        image = (await service.client.get(f"/v1/images/{image_id}")).json()
        assert tuple(image["operations"]) == DEFAULT_OPERATIONS
        assert (image["quality"], image["embedding"]) == (None, None)

    async def test_naming_one_says_what_to_set(self, service: Service) -> None:
        for name in ("quality", "embedding"):
            answer = await service.send([("a.png", draw(70, 50))], operations=f"faces,{name}")
            problem = assert_problem(answer, 422, "unknown_operation")
            assert "MINILAB_LEARNING=true" in problem["detail"]
