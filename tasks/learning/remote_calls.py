"""The functions that run in the processes of the cluster: each opens the stores and closes them.

Their arguments and results travel between processes. Each can run again after its process died.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from domain.learning.linear_model import LinearModel
from domain.learning.models import Model, TrainedModel, Watched
from storage.clock import utc_now
from storage.learning.examples import read_examples
from storage.settings import StoreSettings, WorkRules
from storage.stores import Stores, open_stores
from tasks.learning.find_anomalies import find_anomalies
from tasks.learning.train_model import train_model
from tasks.learning.watch_model import watch_model

Result = TypeVar("Result")
MOST_COMPARED = 5_000
"""Newest images that are compared with what a model was trained on."""
MOST_SEARCHED = 20_000
"""Newest images among which anomalies are searched; their vectors need 100 MB."""
ACCURACY_DAYS = 7


def train(
    settings: StoreSettings,
    task: str,
    embedding_version: int,
    min_labels: int,
    max_images: int,
    live: LinearModel | None,
) -> TrainedModel:
    """Read the labelled images of a task, and train and measure a model.

    Raises:
        TooFewLabels: Too few images are labelled.
        PyMongoError: MongoDB cannot be reached.
    """

    async def read_and_train(stores: Stores) -> TrainedModel:
        examples = await read_examples(stores.database, task, embedding_version, max_images)
        return await asyncio.to_thread(train_model, examples, min_labels, live)

    return _with_stores(settings, read_and_train)


def predict_range(
    settings: StoreSettings,
    first: str,
    last: str,
    models: Mapping[str, tuple[Model, LinearModel]],
) -> int:
    """Predict the images of a range of IDs again; return the number that was written.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """
    return _with_stores(
        settings, lambda stores: stores.predictions.predict_range(first, last, models)
    )


def watch(settings: StoreSettings, model: Model) -> Watched:
    """Compare a live model with what has arrived.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """

    async def read_and_compare(stores: Stores) -> Watched:
        now = utc_now()
        since: datetime = now - timedelta(days=ACCURACY_DAYS)
        labelled, right = await stores.predictions.accuracy(model, since)
        _, vectors = await stores.predictions.read_newest(model.embedding_version, MOST_COMPARED)
        reference = await stores.models.reference(model)
        weights = await stores.models.weights(model)
        return await asyncio.to_thread(
            watch_model, now, reference, weights, vectors, labelled, right
        )

    return _with_stores(settings, read_and_compare)


def search_anomalies(settings: StoreSettings, embedding_version: int) -> int:
    """Mark the images that are unlike all others; return their number.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """

    async def read_and_search(stores: Stores) -> int:
        ids, vectors = await stores.predictions.read_newest(embedding_version, MOST_SEARCHED)
        found = await asyncio.to_thread(find_anomalies, vectors)
        anomalous = [image_id for image_id, one in zip(ids, found, strict=True) if one]
        await stores.predictions.note_anomalies(ids, anomalous)
        return len(anomalous)

    return _with_stores(settings, read_and_search)


def _with_stores(settings: StoreSettings, call: Callable[[Stores], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with open_stores(settings, WorkRules()) as stores:
            return await call(stores)

    return asyncio.run(run())
