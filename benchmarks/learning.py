"""Learning: training, predictions in the worker, and predictions of all stored images again."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec
import numpy as np
from pymongo import UpdateOne
from sklearn.linear_model import LogisticRegression

from benchmarks.harness.service import Bench
from benchmarks.rows import Row, Section, Target, figure_at_most
from domain.learning.linear_model import EMBEDDING_LENGTH, Floats, LinearModel, unit_vectors
from domain.learning.models import Model, ModelStatus, TrainedModel
from storage.clock import new_id
from storage.learning.examples import read_examples
from storage.learning.predictions import LiveModels, predict_all, stored
from storage.learning.trainings import LEARNER
from storage.settings import StoreSettings, WorkRules
from storage.stores import Stores, open_stores
from tasks.learning import remote_calls
from tasks.learning.cluster import Cluster
from tasks.learning.settings import LearnerSettings
from tasks.learning.train_model import INVERSE_REGULARIZATION, MOST_ITERATIONS, train_model

TASK = "kind"
KINDS = 10
CHUNK = 25
FILLED_AT_ONCE = 5_000
TRAINED = Target(1.3, at_most=True)
AGAIN = Target(1.5, at_most=True)
SCALED = Target(1.7)


def measure_learning(bench: Bench) -> Section:
    """Train on 100,000 labelled images, and predict them again after a promotion."""
    return asyncio.run(_measure(bench))


async def _measure(bench: Bench) -> Section:
    images = bench.count(100_000, 20_000)
    name = f"learning_{images}"
    settings = msgspec.structs.replace(bench.store_settings, mongodb_database=name)
    async with open_stores(settings, WorkRules()) as stores:
        await stores.client.drop_database(name)
        await stores.prepare()
        vectors = await _fill(stores, images)
        trained, rows = await _measure_training(stores, images)
        live = await _promote(stores, trained)
        rows.append(_measure_worker(vectors, live))
        rows += await _measure_again(stores, settings, live, images)
        await stores.client.drop_database(name)
    return Section(f"learning: {images:,} images of {KINDS} kinds, 1,280 numbers each", rows)


async def _fill(stores: Stores, images: int) -> Floats:
    """Store labelled images with embeddings; give the vectors of the last ones."""
    random = np.random.default_rng(1)
    middles = random.random((KINDS, EMBEDDING_LENGTH))
    vectors = np.empty((0, EMBEDDING_LENGTH))
    now = datetime.now(UTC)
    for start in range(0, images, FILLED_AT_ONCE):
        count = min(FILLED_AT_ONCE, images - start)
        kinds = random.integers(0, KINDS, count)
        vectors = middles[kinds] + 3 * random.random((count, EMBEDDING_LENGTH))
        ids = [new_id() for _ in range(count)]
        hashes = [hashlib.sha256(image_id.encode()).hexdigest() for image_id in ids]
        cells = {"embedding": {"status": "succeeded", "version": 1}}
        await stores.database["images"].insert_many(
            {"_id": i, "sha256": h, "user_id": "u", "cells": cells}
            for i, h in zip(ids, hashes, strict=True)
        )
        results = [{"version": 1, "value": row.astype("<f2").tobytes()} for row in vectors]
        await stores.database["blobs.files"].insert_many(
            {"metadata": {"sha256": h, "results": {"embedding": result}}}
            for h, result in zip(hashes, results, strict=True)
        )
        await stores.database["labels"].insert_many(
            {"image_id": i, "task": TASK, "value": f"kind{k}", "key_id": "k", "at": now}
            for i, k in zip(ids, kinds, strict=True)
        )
    return vectors.astype(np.float32)


async def _measure_training(stores: Stores, images: int) -> tuple[TrainedModel, list[Row]]:
    """Time reading, training and measuring, beside scikit-learn alone on the same arrays."""
    began = time.perf_counter()
    examples = await read_examples(stores.database, TASK, 1, images)
    read = time.perf_counter() - began
    trained = await asyncio.to_thread(train_model, examples, 10, None)
    ours = time.perf_counter() - began
    began = time.perf_counter()
    plain = LogisticRegression(C=INVERSE_REGULARIZATION, max_iter=MOST_ITERATIONS)
    await asyncio.to_thread(plain.fit, examples.vectors, examples.values)
    limit = time.perf_counter() - began
    alone = "scikit-learn on all of the same arrays, in memory"
    return trained, [
        Row(f"training on {images:,} images", ours, "s", limit, alone, TRAINED),
        Row("reading them from MongoDB", read, "s", detail=True),
    ]


async def _promote(stores: Stores, trained: TrainedModel) -> LiveModels:
    lease = stores.lease(LEARNER)
    await lease.hold()
    version = await stores.models.begin(TASK, "bench", 1)
    await stores.models.complete(lease, TASK, version, trained, None)
    model = await stores.models.promote(TASK, version)
    return {TASK: (model, await stores.models.weights(model))}


def _measure_worker(vectors: Floats, live: LiveModels) -> Row:
    """Time what a worker adds to a chunk of images, by the processor."""
    chunk = {str(n): row.astype("<f2").tobytes() for n, row in enumerate(vectors[:CHUNK])}
    best = float("inf")
    for _ in range(200):
        began = time.process_time()
        for predictions in predict_all(chunk, live).values():
            stored(predictions)
        best = min(best, time.process_time() - began)
    name = f"prediction in the worker, an image of a chunk of {CHUNK}"
    return Row(name, 1000 * best / CHUNK, "ms", target=figure_at_most(0.1))


async def _measure_again(
    stores: Stores, settings: StoreSettings, live: LiveModels, images: int
) -> list[Row]:
    model, weights = live[TASK]
    plain = await _timed(lambda: _predict_plainly(stores, weights))
    ranges = await stores.predictions.plan_ranges()
    seconds = {}
    for version, processes in ((2, 1), (3, 2)):
        newer = {TASK: (_as_version(model, version), weights)}
        calls = [(settings, first, last, newer) for first, last in ranges]
        async with Cluster(LearnerSettings(learning_processes=processes)) as cluster:
            await cluster.run_all(_nothing, [()] * processes)  # It has started.
            seconds[processes] = await _timed(
                lambda cluster=cluster, calls=calls: cluster.run_all(  # type: ignore[misc]
                    remote_calls.predict_range, calls
                )
            )
    limit = "plain predictions and bulk writes, in one process"
    one, two = seconds[1], seconds[2]
    return [
        Row(f"{images:,} images predicted again, one process", one, "s", plain, limit, AGAIN),
        Row("two processes of Dask, times as fast as one", one / two, "×", 1.0, "", SCALED),
        Row("all predictions fresh, two processes", two, "s", target=figure_at_most(60)),
    ]


def _as_version(model: Model, version: int) -> Model:
    return msgspec.structs.replace(model, version=version, status=ModelStatus.LIVE)


def _nothing() -> None:
    """Do nothing, in a process that has to be there for it."""


async def _timed(call: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


async def _predict_plainly(stores: Stores, weights: LinearModel) -> None:
    """Read all images and embeddings, predict, and write: what cannot be left out."""
    images = stores.database["images"].find({}, {"sha256": 1}).batch_size(1_000)
    batch = []
    async for image in images:
        batch.append(image)
        if len(batch) == 1_000:
            await _write_plainly(stores, batch, weights)
            batch = []
    if batch:
        await _write_plainly(stores, batch, weights)


async def _write_plainly(
    stores: Stores, batch: list[dict[str, object]], weights: LinearModel
) -> None:
    hashes = [image["sha256"] for image in batch]
    found = await (
        stores.database["blobs.files"]
        .find({"metadata.sha256": {"$in": hashes}}, {"metadata": 1})
        .to_list(None)
    )
    values = [file["metadata"]["results"]["embedding"]["value"] for file in found]
    predicted = weights.predict(unit_vectors(values))
    of_hash = dict(zip((file["metadata"]["sha256"] for file in found), predicted, strict=True))
    writes = []
    for image in batch:
        value, probability = of_hash[image["sha256"]]
        made = {"task": TASK, "value": value, "probability": probability, "version": 1}
        writes.append(UpdateOne({"_id": image["_id"]}, {"$set": {"predictions": [made]}}))
    await stores.database["images"].bulk_write(writes, ordered=False)
