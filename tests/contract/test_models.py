"""The registry of models, trainings, and predictions of stored images, on a real MongoDB."""

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.errors.access import NotFound, TooFewLabels, WrongState
from domain.jobs import Status
from domain.keys import Scope
from domain.learning.linear_model import LinearModel, unit_vectors
from domain.learning.models import Model, ModelStatus
from domain.records import ItemError
from storage.learning.examples import find_changed_tasks, read_examples
from storage.learning.model_files import CHUNKS, ESTIMATOR, FILES, read_file
from storage.learning.trainings import LEARNER
from storage.mongo.client import DURABLE, Database
from storage.mongo.leases import Lease
from storage.stores import Stores
from tasks.images.predict_images import PredictImages
from tasks.learning.find_anomalies import find_anomalies
from tasks.learning.train_model import train_model
from tests.labelled_images import add_images, draw_vectors
from tests.trained_models import KINDS, VALUES, store, train


def _durable(stores: Stores) -> Database:
    """Give the database for writes that committed reads see."""
    return stores.client.get_database(stores.database.name, write_concern=DURABLE)


async def _live(stores: Stores) -> dict[str, tuple[Model, LinearModel]]:
    return {one.task: (one, await stores.models.weights(one)) for one in await stores.models.live()}


async def test_a_model_goes_from_training_to_live_and_back(stores: Stores) -> None:
    trained = await train(stores)
    assert trained.metrics.accuracy > 0.9
    first, second = await store(stores, trained), await store(stores, trained)
    assert (first, second) == (1, 2)
    assert (await stores.models.get("kind", 1)).status is ModelStatus.CANDIDATE
    for live, retired in ((1, None), (2, 1), (1, 2)):
        await stores.models.promote("kind", live)
        assert await stores.models.live_versions() == {"kind": live}
        if retired is not None:
            assert (await stores.models.get("kind", retired)).status is ModelStatus.RETIRED


async def test_promotions_at_the_same_time_leave_one_live_version(stores: Stores) -> None:
    trained = await train(stores)
    for _ in range(4):
        await store(stores, trained)
    await asyncio.gather(*(stores.models.promote("kind", version) for version in (1, 2, 3, 4) * 3))
    statuses = [model.status for model in await stores.models.list_all("kind")]
    assert statuses.count(ModelStatus.LIVE) == 1
    assert statuses.count(ModelStatus.RETIRED) == 3


async def test_a_model_in_training_or_failed_is_not_promoted(stores: Stores) -> None:
    version = await stores.models.begin("kind", "job", 1)
    with pytest.raises(WrongState):
        await stores.models.promote("kind", version)
    assert await stores.models.fail_abandoned("the learner ended") == 1
    with pytest.raises(WrongState):
        await stores.models.promote("kind", version)
    with pytest.raises(NotFound):
        await stores.models.promote("kind", 99)


async def test_a_learner_without_the_lease_stores_nothing(stores: Stores) -> None:
    trained = await train(stores)
    assert await Lease(stores.client, stores.database, LEARNER).hold()
    version = await stores.models.begin("kind", "job", 1)
    late = Lease(stores.client, stores.database, LEARNER)
    assert not await stores.models.complete(late, "kind", version, trained, None)
    assert (await stores.models.get("kind", version)).status is ModelStatus.TRAINING
    for name in (FILES, CHUNKS):
        assert await stores.database[name].count_documents({}) == 0


async def test_a_model_that_was_failed_meanwhile_stays_failed(stores: Stores) -> None:
    trained = await train(stores)
    lease = stores.lease(LEARNER)
    assert await lease.hold()
    version = await stores.models.begin("kind", "job", 1)
    await stores.models.fail_abandoned("another learner began")
    assert not await stores.models.complete(lease, "kind", version, trained, None)
    assert await stores.database[CHUNKS].count_documents({}) == 0


async def test_stored_weights_predict_as_the_stored_estimator(stores: Stores) -> None:
    import skops.io

    await store(stores, await train(stores))
    model = await stores.models.get("kind", 1)
    estimator = skops.io.loads(await read_file(stores.database, model, ESTIMATOR), trusted=[])
    vectors = unit_vectors([row.tobytes() for row in draw_vectors(KINDS, seed=5).astype("<f2")])
    ours = (await stores.models.weights(model)).probabilities(vectors)
    assert (ours == estimator.predict_proba(vectors)).all()


async def test_trainings_of_a_task_are_one_job_while_it_is_open(stores: Stores) -> None:
    job_id, is_new = await stores.trainings.request("kind", "admin")
    again = await stores.trainings.request("kind", "admin")
    other, _ = await stores.trainings.request("other", "admin")
    assert is_new
    assert again == (job_id, False)
    assert other != job_id
    job = await stores.jobs.get(job_id, Scope())
    assert (job.status, job.trains_model) == (Status.QUEUED, True)
    training = await stores.trainings.begin_next()
    assert training is not None
    assert training.job_id == job_id
    assert (await stores.jobs.get(job_id, Scope())).status is Status.PROCESSING
    error = ItemError(TooFewLabels.code, "Label more.")
    change = await stores.trainings.end(training, error)
    job = await stores.jobs.get(job_id, Scope())
    assert change is not None
    assert (change.version, change.status) == (job.version, Status.FAILED)
    (item,) = (await stores.jobs.items([job]))[job_id]
    assert (item.filename, item.error) == ("kind", error)
    assert (await stores.trainings.request("kind", "admin"))[0] != job_id


async def test_a_learner_that_was_overtaken_ends_no_training(stores: Stores) -> None:
    job_id, _ = await stores.trainings.request("kind", "admin")
    first, second = await stores.trainings.begin_next(), await stores.trainings.begin_next()
    assert first is not None
    assert second is not None
    assert (first.job_id, second.job_id, second.beginnings) == (job_id, job_id, 2)
    assert await stores.trainings.end(first, None) is None
    assert await stores.trainings.end(second, None) is not None


async def test_too_few_labels_say_how_many_are_needed(stores: Stores) -> None:
    few = [value if number < 12 else None for number, value in enumerate(VALUES)]
    await add_images(stores.database, draw_vectors(KINDS), few)
    examples = await read_examples(stores.database, "kind", 1, 1_000)
    with pytest.raises(TooFewLabels, match=r"10 labelled images each.*kind0: 4"):
        train_model(examples, 10, None)


async def test_a_class_with_few_labels_is_left_out(stores: Stores) -> None:
    trained = await train(stores, [*VALUES[:57], "typo", "typo", "typo"])
    assert trained.classes == ("kind0", "kind1", "kind2")
    assert trained.trained_on.left_out == {"typo": 3}
    assert (trained.trained_on.images, trained.trained_on.labels) == (57, 60)


async def test_only_the_newest_label_of_an_image_counts(stores: Stores) -> None:
    (image_id,) = await add_images(stores.database, draw_vectors([0]), ["old"])
    later = datetime.now(UTC) + timedelta(seconds=1)
    label = {"image_id": image_id, "task": "kind", "value": "new", "key_id": "k2", "at": later}
    await _durable(stores)["labels"].insert_one(label | {"user_id": "u1"})
    assert (await read_examples(stores.database, "kind", 1, 10)).values == ["new"]


async def test_examples_are_the_newest_images_and_no_others(stores: Stores) -> None:
    vectors = draw_vectors(KINDS)
    await add_images(stores.database, vectors[:5], ["old"] * 5)
    await add_images(stores.database, vectors[5:10], ["new"] * 5)
    await add_images(stores.database, vectors[10:12], ["queued"] * 2, cells={})
    await add_images(stores.database, vectors[12:14], ["other"] * 2, task="another")
    found = await read_examples(stores.database, "kind", 1, 7)
    assert found.values == ["new"] * 5 + ["old"] * 2
    expected = unit_vectors([vectors[9].astype("<f2").tobytes()])
    assert (found.vectors[0] == expected[0]).all()
    assert (await read_examples(stores.database, "kind", 2, 7)).values == []


async def test_images_that_are_deleted_and_users_that_leave_are_no_examples(
    stores: Stores,
) -> None:
    ids = await add_images(stores.database, draw_vectors([0, 1, 2]), ["a", "b", "c"])
    await add_images(stores.database, draw_vectors([0, 1]), ["a", "b"], user_id="leaving")
    await _durable(stores)["images"].delete_one({"_id": ids[1]})
    deletion = {"user_id": "leaving", "key_id": "k", "due_at": datetime.now(UTC)}
    await _durable(stores)["user_deletions"].insert_one(deletion)
    found = await read_examples(stores.database, "kind", 1, 10)
    assert sorted(found.values) == ["a", "c"]
    assert found.users == {"labelled"}


async def test_the_schedule_trains_tasks_whose_labels_changed_also_by_deletes(
    stores: Stores,
) -> None:
    trained = await train(stores)
    assert await find_changed_tasks(stores.database) == ["kind"]
    await store(stores, trained)
    assert await find_changed_tasks(stores.database) == []
    await stores.database["labels"].delete_one({})
    assert await find_changed_tasks(stores.database) == ["kind"]


async def test_stored_images_are_predicted_once_and_again_after_a_promotion(
    stores: Stores,
) -> None:
    trained = await train(stores)
    await add_images(stores.database, draw_vectors([0]), cells={})  # Without an embedding.
    for version in (1, 2):
        await store(stores, trained)
        await stores.models.promote("kind", version)
        models = await _live(stores)
        assert [one.version for one in await stores.models.find_unpredicted()] == [version]
        if version == 2:
            assert await stores.predictions.count_stale({"kind": 2}) == {"kind": 60}
        ranges = await stores.predictions.plan_ranges(25)
        assert len(ranges) == 3
        written = [await stores.predictions.predict_range(*one, models) for one in ranges]
        assert sum(written) == 60
        assert [await stores.predictions.predict_range(*one, models) for one in ranges] == [0] * 3
        await stores.models.note_predicted([model for model, _ in models.values()])
        assert await stores.models.find_unpredicted() == []
        assert await stores.predictions.count_stale({"kind": version}) == {"kind": 0}
    image = await stores.database["images"].find_one({"cells.embedding": {"$exists": True}})
    assert image is not None
    (prediction,) = image["predictions"]
    assert prediction["version"] == 2
    assert prediction["value"] == VALUES[image["index"]]


async def test_stale_predictions_are_found_by_themselves(stores: Stores) -> None:
    trained = await train(stores)
    for version in (1, 2):
        await store(stores, trained)
        await stores.models.promote("kind", version)
    old = {"task": "kind", "value": "kind0", "probability": 0.5, "version": 1}
    await stores.database["images"].update_many(
        {"index": {"$lt": 5}}, {"$set": {"predictions": [old]}}
    )
    assert await stores.predictions.predict_stale(await _live(stores)) == 5
    assert await stores.predictions.predict_stale(await _live(stores)) == 0


async def test_a_worker_follows_promotions(stores: Stores) -> None:
    trained = await train(stores)
    await store(stores, trained)
    predictor = PredictImages(stores)
    await predictor.follow_models()
    assert predictor.live_versions == {}
    await stores.models.promote("kind", 1)
    await predictor.follow_models()
    assert predictor.live_versions == {"kind": 1}


async def test_accuracy_is_that_of_labels_given_after_the_training(stores: Stores) -> None:
    trained = await train(stores)
    await store(stores, trained)
    model = await stores.models.promote("kind", 1)
    made = [{"task": "kind", "value": "kind0", "probability": 0.9, "version": 1}]
    await asyncio.sleep(0.002)  # Times are whole milliseconds: these images come later.
    await add_images(
        stores.database, draw_vectors([0, 0, 1]), ["kind0", "kind0", "kind1"], predictions=made
    )
    ago = datetime.now(UTC) - timedelta(days=1)
    assert await stores.predictions.accuracy(model, ago) == (3, 2)
    assert await stores.predictions.accuracy(model, datetime.now(UTC)) == (0, 0)


async def test_an_image_unlike_all_others_is_an_anomaly(stores: Stores) -> None:
    await add_images(stores.database, draw_vectors([0, 1] * 100))
    (odd,) = await add_images(stores.database, draw_vectors([7]))
    ids, vectors = await stores.predictions.read_newest(1, 1_000)
    assert len(ids) == 201
    found = find_anomalies(vectors)
    assert [image_id for image_id, one in zip(ids, found, strict=True) if one] == [odd]
    await stores.predictions.note_anomalies(ids, [ids[5], odd])
    await stores.predictions.note_anomalies(ids, [odd])
    assert await stores.database["images"].distinct("_id", {"anomalous": True}) == [odd]
    assert not find_anomalies(np.ones((10, 1280), np.float32)).any()
