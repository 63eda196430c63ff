"""From labels to predictions: a learner trains on real digits, and workers predict others."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest

from storage.mongo.client import DURABLE
from tasks.learning.learner import Learner
from tasks.learning.settings import read_settings
from tests.digits import DIGITS, ONES_AND_ZEROS, draw_digit
from tests.labelled_images import add_images, draw_vectors
from tests.learners import LEARNER, learning
from tests.problems import assert_problem
from tests.service import Service
from tests.trained_models import store, train
from tests.waiting import until

pytestmark = pytest.mark.one_service

TRAINED, UNSEEN = range(160), range(160, 220)


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return environ | LEARNER | {"MINILAB_WORKER_CHILDREN": "2"}


async def _upload(service: Service, numbers: list[int]) -> dict[str, int]:
    """Process digits; give the number of each by the ID of its image."""
    job = await service.process(
        [draw_digit(n) for n in numbers], operations="fingerprint,embedding"
    )
    assert job["status"] == "succeeded"
    return {item["image_id"]: int(item["filename"].split(".")[0]) for item in job["items"]}


async def _label(service: Service, values: dict[str, str]) -> None:
    now = datetime.now(UTC)
    labels = service.stores.database.get_collection("labels", write_concern=DURABLE)
    await labels.insert_many(
        {
            "image_id": i,
            "task": "digit",
            "value": v,
            "user_id": "admin",
            "key_id": "admin",
            "at": now,
        }
        for i, v in values.items()
    )


async def _train(service: Service, task: str = "digit") -> dict[str, Any]:
    answer = await service.client.post(f"/v1/models/{task}/train")
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"
    return await service.job(answer.json()["id"])


async def _image(client: httpx.AsyncClient, image_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/images/{image_id}")).json()
    return found


async def _batch_catches_up(service: Service) -> None:
    """Have a batch describe, judge and predict an image from before there was learning."""
    older = draw_digit(ONES_AND_ZEROS[-1])
    (item,) = (await service.process([older], operations="metadata"))["items"]
    image = await _image(service.client, item["image_id"])
    assert (image["embedding"], image["quality"], image["predictions"]) == (None, None, {})
    for operation in ("quality", "embedding"):
        started = await service.client.post("/v1/batches", json={"operation": operation})
        batch_id = started.json()["id"]

        async def has_ended(batch_id: str = batch_id) -> bool:
            batch = (await service.client.get(f"/v1/batches/{batch_id}")).json()
            assert batch["status"] in {"queued", "processing", "succeeded"}, batch
            return batch["finished_at"] is not None

        await until(has_ended)
    image = await _image(service.client, item["image_id"])
    assert image["embedding"]["dimensions"] == 1280
    assert image["quality"]["entropy"] > 0
    assert image["predictions"]["digit"]["value"] == f"d{DIGITS.target[ONES_AND_ZEROS[-1]]}"
    assert image["predictions"]["digit"]["stale"] is False


async def test_digits_from_label_to_prediction(working_service: Service) -> None:
    service, client = working_service, working_service.client
    chosen = ONES_AND_ZEROS
    trained = await _upload(service, [chosen[n] for n in TRAINED])
    await _label(service, {image_id: f"d{DIGITS.target[n]}" for image_id, n in trained.items()})
    async with learning(service):
        job = await _train(service)
        assert (job["status"], job["operations"]) == ("succeeded", ["train_model"])
        model = (await client.get("/v1/models/digit")).json()
        (version,) = model["versions"]
        assert (model["live_version"], version["status"]) == (1, "live")
        assert version["metrics"]["accuracy"] >= 0.95
        assert version["trained_on"]["images"] == len(TRAINED)

        async def are_predicted() -> bool:
            query = "predicted=digit:d0&limit=100"
            found = (await client.get(f"/v1/images?{query}")).json()["items"]
            return len(found) > len(TRAINED) / 5

        await until(are_predicted)  # The stored ones too, without a look at their bytes.
    await _batch_catches_up(service)
    unseen = await _upload(service, [chosen[n] for n in UNSEEN])
    right = 0
    for image_id, number in unseen.items():
        prediction = (await _image(client, image_id))["predictions"]["digit"]
        assert (prediction["model_version"], prediction["stale"]) == (1, False)
        right += prediction["value"] == f"d{DIGITS.target[number]}"
    assert right / len(UNSEEN) >= 0.95  # A guess is right in a third.
    sure = (await client.get("/v1/images?predicted=digit:d0&min_probability=0.9&limit=100")).json()
    assert sure["items"]
    for image in sure["items"]:
        assert image["predictions"]["digit"]["value"] == "d0"
        assert image["predictions"]["digit"]["probability"] >= 0.9
    for series in (
        'minilab_model_accuracy{on="holdout",task="digit"}',
        'minilab_predictions_stale{task="digit"} 0',
    ):
        await until(partial(_is_metered, client, series))


async def _is_metered(client: httpx.AsyncClient, series: str) -> bool:
    """Say whether a series is on the page of metrics, which is read anew after 2 s."""
    return series in (await client.get("/metrics")).text


async def test_a_training_with_too_few_labels_fails_and_says_how_many(service: Service) -> None:
    async with learning(service):
        job = await _train(service, "nothing")
    assert job["status"] == "failed"
    (item,) = job["items"]
    assert (item["filename"], item["error"]["code"]) == ("nothing", "too_few_labels")
    assert "10 labelled images" in item["error"]["detail"]
    (version,) = (await service.client.get("/v1/models/nothing")).json()["versions"]
    assert (version["status"], version["error"]) == ("failed", item["error"]["detail"])
    promoted = await service.client.post("/v1/models/nothing/versions/1/promote")
    assert_problem(promoted, 409, "wrong_state")


async def test_a_promotion_makes_predictions_stale_until_they_are_made_again(
    service: Service,
) -> None:
    trained = await train(service.stores)
    for _ in range(2):
        await store(service.stores, trained)
    await service.stores.database["leases"].delete_many({"_id": "learner"})
    promote = "/v1/models/kind/versions/{}/promote"
    made = {"task": "kind", "value": "kind0", "probability": 0.9, "version": 1}
    ids = await add_images(service.stores.database, draw_vectors([0]), predictions=[made])
    for version, stale in ((1, False), (2, True)):
        answer = await service.client.post(promote.format(version))
        assert answer.json()["status"] == "live"
        prediction = (await _image(service.client, ids[0]))["predictions"]["kind"]
        assert (prediction["model_version"], prediction["stale"]) == (1, stale)
    assert (await service.client.get("/v1/models/kind")).json()["stale_predictions"] == 1
    async with learning(service):

        async def is_fresh() -> bool:
            prediction = (await _image(service.client, ids[0]))["predictions"]["kind"]
            return (prediction["model_version"], prediction["stale"]) == (2, False)

        await until(is_fresh)
    rolled_back = await service.client.post(promote.format(1))
    assert rolled_back.json()["status"] == "live"
    model = (await service.client.get("/v1/models/kind")).json()
    assert [one["status"] for one in model["versions"]] == ["retired", "live"]


async def test_the_plot_of_a_version_is_an_svg(service: Service) -> None:
    await store(service.stores, await train(service.stores))
    path = "/v1/models/kind/versions/1"
    plot = await service.client.get(path, headers={"Accept": "image/svg+xml"})
    assert plot.headers["Content-Type"].startswith("image/svg+xml")
    assert "kind, version 1" in plot.text
    assert "kind0 predicted as kind0" in plot.text
    again = await service.client.get(path, headers={"If-None-Match": plot.headers["ETag"]})
    assert again.status_code in {200, 304}


async def test_a_learner_is_seen_while_it_lives(service: Service) -> None:
    async def is_seen(status: str, metric: str) -> bool:
        part = (await service.client.get("/readyz")).json()["details"]["learner"]
        lines = (await service.client.get("/metrics")).text.splitlines()
        return bool(part["status"] == status and f"minilab_learners {metric}" in lines)

    await until(lambda: is_seen("degraded", "0.0"))
    async with learning(service):
        await until(lambda: is_seen("ok", "1.0"))
    await until(lambda: is_seen("degraded", "0.0"))


async def test_anomalous_images_are_found_at_night_and_listed(service: Service) -> None:
    await add_images(service.stores.database, draw_vectors([0, 1] * 60))
    (odd,) = await add_images(service.stores.database, draw_vectors([7]))
    learner = Learner(read_settings(service.environ), service.stores)
    await learner.compare()
    found = (await service.client.get("/v1/images?anomalous=true")).json()["items"]
    assert [image["id"] for image in found] == [odd]
    others = (await service.client.get("/v1/images?anomalous=false&limit=100")).json()["items"]
    assert odd not in {image["id"] for image in others}


async def test_a_comparison_sees_pictures_that_have_changed(service: Service) -> None:
    # With those of `train`: a fifth is held out, and the rest has to be enough to compare with.
    more = draw_vectors([0, 1, 2] * 10, seed=2)
    await add_images(service.stores.database, more, ["kind0", "kind1", "kind2"] * 10)
    await store(service.stores, await train(service.stores))
    await service.stores.models.promote("kind", 1)
    await add_images(service.stores.database, draw_vectors([8] * 300, seed=3))
    path, as_plot = "/v1/models/kind/drift", {"Accept": "image/svg+xml"}
    assert_problem(await service.client.get("/v1/models/none/drift"), 404, "not_found")
    assert_problem(await service.client.get(path, headers=as_plot), 409, "wrong_state")
    learner = Learner(read_settings(service.environ), service.stores)
    await learner.compare()
    version = (await service.client.get("/v1/models/kind/versions/1")).json()
    (watched,) = version["watched"]
    assert watched["images"] == 390
    assert watched["feature_psi"] > 0.25
    drift = (await service.client.get(path)).json()
    assert drift == {"task": "kind", "version": 1, "watched": [watched]}
    plot = await service.client.get(path, headers=as_plot)
    assert "the pictures have changed" in plot.text
    series = 'minilab_model_psi{of="features",task="kind"}'
    await until(partial(_is_metered, service.client, series))


class TestOff:
    @pytest.fixture
    def environ(self, environ: dict[str, str]) -> dict[str, str]:
        return environ | {"MINILAB_LEARNING": "false"}

    async def test_no_training_is_accepted(self, service: Service) -> None:
        answer = await service.client.post("/v1/models/kind/train")
        assert_problem(answer, 409, "learning_off")
        assert (await service.client.get("/v1/models")).json() == {"items": []}
        assert "learner" not in (await service.client.get("/readyz")).json()["details"]
        assert "minilab_learners" not in (await service.client.get("/metrics")).text
