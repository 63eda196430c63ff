"""The commands ``minilab models``, with the running service and a learner."""

import pytest

from tests.command_line import read_answer, read_json, run_for
from tests.labelled_images import add_images, draw_vectors
from tests.learners import LEARNER, learning
from tests.service import Service
from tests.trained_models import KINDS, VALUES, store_model

pytestmark = pytest.mark.one_service


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | LEARNER


async def test_versions_are_listed_shown_and_promoted(service: Service) -> None:
    version = await store_model(service.stores)
    listed = await read_json(service, "models", "list")
    assert listed == await read_answer(service, "/v1/models")
    assert (await run_for(service, "models", "list")).rows[1][:3] == ["kind", version, "candidate"]
    shown = await read_json(service, "models", "show", "kind", version)
    assert shown == await read_answer(service, f"/v1/models/kind/versions/{version}")
    rows = (await run_for(service, "models", "show", "kind", version)).rows
    assert ["classes", "kind0,", "kind1,", "kind2"] in rows
    assert ["trained", "on", "60", "images", "of", "1", "users"] in rows
    unconfirmed = await run_for(service, "models", "promote", "kind", version)
    assert (unconfirmed.code, "--yes" in unconfirmed.err) == (2, True)
    promoted = await read_json(service, "models", "promote", "kind", version, "--yes")
    assert (promoted["version"], promoted["status"]) == (int(version), "live")
    assert (await run_for(service, "models", "list")).rows[1][2] == "live"
    missing = await run_for(service, "models", "show", "kind", "7")
    assert (missing.code, "not_found" in missing.err) == (3, True)


async def test_training_is_waited_for(service: Service) -> None:
    async with learning(service):
        few = await run_for(service, "models", "train", "kind", "--wait")
        assert (few.code, few.rows[-1][:2]) == (1, ["kind", "failed"])
        assert "There are too few labels" in few.text
        await add_images(service.stores.database, draw_vectors(KINDS), VALUES)
        begun = await read_json(service, "models", "train", "kind", "--wait")
    assert begun["status"] == "succeeded"
    statuses = [row[2] for row in (await run_for(service, "models", "list")).rows[1:]]
    assert sorted(statuses) == ["failed", "live"]
