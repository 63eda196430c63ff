"""Predictions of stored images: made again in ranges of IDs, counted, and compared with labels."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from pymongo import ASCENDING, DESCENDING, IndexModel, UpdateOne

from domain.learning.linear_model import Floats, LinearModel, unit_vectors
from domain.learning.models import ImagePrediction, Model
from storage.learning.examples import HAS_EMBEDDING, LABELS, find_embeddings
from storage.mongo.client import Database, Document

PREDICTIONS = "predictions"
RANGE_IMAGES = 5_000
_BATCH = 1_000
_IS_PREDICTED = {"partialFilterExpression": {f"{PREDICTIONS}.version": {"$gte": 1}}}
PREDICTION_INDEXES = {
    "images": [
        # For searches: an entry of a prediction has all three fields.
        IndexModel(
            [
                (f"{PREDICTIONS}.task", ASCENDING),
                (f"{PREDICTIONS}.value", ASCENDING),
                (f"{PREDICTIONS}.probability", ASCENDING),
            ],
            name="predicted",
            **_IS_PREDICTED,
        ),
        # For counts of stale ones.
        IndexModel(
            [(f"{PREDICTIONS}.task", ASCENDING), (f"{PREDICTIONS}.version", ASCENDING)],
            name="predicted_by",
            **_IS_PREDICTED,
        ),
        IndexModel(
            [("anomalous", ASCENDING), ("user_id", ASCENDING), ("_id", DESCENDING)],
            partialFilterExpression={"anomalous": True},
        ),
    ],
}

LiveModels = Mapping[str, tuple[Model, LinearModel]]
"""The live version of each task, with its weights."""


class Predictions:
    """Makes predictions of stored images, and says how good and how old they are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._images = database["images"]

    async def plan_ranges(self, size: int = RANGE_IMAGES) -> list[tuple[str, str]]:
        """Cut all images into ranges of IDs, first and last; reads the index only."""
        found = self._images.find({}, {"_id": 1}).sort("_id", 1).hint("_id_")
        ids = [image["_id"] async for image in found.batch_size(100_000)]
        return [
            (ids[start], ids[min(start + size, len(ids)) - 1]) for start in range(0, len(ids), size)
        ]

    async def predict_range(self, first: str, last: str, models: LiveModels) -> int:
        """Predict the images from ``first`` to ``last`` whose predictions are missing or stale.

        Returns:
            Number of images that were written. A second run writes none.
        """
        current = [
            {PREDICTIONS: {"$elemMatch": {"task": task, "version": model.version}}}
            for task, (model, _) in models.items()
        ]
        return await self._predict(
            {"_id": {"$gte": first, "$lte": last}, **HAS_EMBEDDING, "$nor": [{"$and": current}]},
            models,
        )

    async def predict_stale(self, models: LiveModels, most: int = RANGE_IMAGES) -> int:
        """Predict images again that a worker predicted with a version that is no longer live."""
        written = 0
        for task, (model, _) in models.items():
            for bound in ("$lt", "$gt"):
                stale = _made_by(task, {bound: model.version})
                written += await self._predict(HAS_EMBEDDING | stale, models, most)
        return written

    async def count_stale(self, live: Mapping[str, int]) -> dict[str, int]:
        """Count the images of each task whose prediction is not of its live version."""
        counts = {}
        for task, version in live.items():
            counts[task] = sum(
                [
                    await self._database["images"].count_documents(_made_by(task, {bound: version}))
                    for bound in ("$lt", "$gt")
                ]
            )
        return counts

    async def read_newest(self, embedding_version: int, most: int) -> tuple[list[str], Floats]:
        """Read the newest images that have an embedding: their IDs and their unit vectors."""
        found = self._images.find(dict(HAS_EMBEDDING), {"sha256": 1}).sort("_id", -1).limit(most)
        images = await found.to_list(None)
        ids, embeddings = list[str](), list[bytes]()
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            known = await find_embeddings(
                self._database, {image["sha256"] for image in batch}, embedding_version
            )
            for image in batch:
                if image["sha256"] in known:
                    ids.append(image["_id"])
                    embeddings.append(known[image["sha256"]])
        return ids, unit_vectors(embeddings)

    async def note_anomalies(self, looked_at: Sequence[str], anomalous: Sequence[str]) -> None:
        """Mark the anomalous ones among the images that were looked at, and unmark the others."""
        images = self._database["images"]
        wanted = set(anomalous)
        await images.update_many(
            {"_id": {"$in": list(anomalous)}, "anomalous": {"$ne": True}},
            {"$set": {"anomalous": True}},
        )
        found = images.find({"anomalous": True, "_id": {"$in": list(looked_at)}}, {"_id": 1})
        ordinary = [image["_id"] async for image in found if image["_id"] not in wanted]
        await images.update_many({"_id": {"$in": ordinary}}, {"$unset": {"anomalous": ""}})

    async def accuracy(self, model: Model, since: datetime) -> tuple[int, int]:
        """Compare labels with the predictions that a model made of images it was not trained on.

        Args:
            since: Only labels that were given at this time or later, UTC.

        Returns:
            Number of such labels, and of those that agree.
        """
        trained = model.trained_on
        after = max(since, trained.until) if trained else since
        pipeline: list[Document] = [
            {"$match": {"task": model.task, "at": {"$gt": after}}},
            {
                "$lookup": {
                    "from": "images",
                    "localField": "image_id",
                    "foreignField": "_id",
                    "pipeline": [{"$project": {PREDICTIONS: 1}}],
                    "as": "image",
                }
            },
            {"$unwind": "$image"},
            {"$unwind": f"$image.{PREDICTIONS}"},
            {
                "$match": {
                    f"image.{PREDICTIONS}.task": model.task,
                    f"image.{PREDICTIONS}.version": model.version,
                }
            },
            {
                "$group": {
                    "_id": None,
                    "labels": {"$sum": 1},
                    "right": {
                        "$sum": {
                            "$cond": [{"$eq": ["$value", f"$image.{PREDICTIONS}.value"]}, 1, 0]
                        }
                    },
                }
            },
        ]
        found = await self._database[LABELS].aggregate(pipeline).to_list(1)
        return (found[0]["labels"], found[0]["right"]) if found else (0, 0)

    async def _predict(self, query: Document, models: LiveModels, most: int = 0) -> int:
        """Predict the images of a query, a batch at a time; each is written once."""
        if not models:
            return 0
        versions = {model.embedding_version for model, _ in models.values()}
        written, batch = 0, list[Document]()
        found = self._images.find(query, {"sha256": 1, PREDICTIONS: 1}, limit=most)
        async for image in found.batch_size(_BATCH):
            batch.append(image)
            if len(batch) == _BATCH:
                written += await self._write(batch, models, versions)
                batch = []
        return written + (await self._write(batch, models, versions) if batch else 0)

    async def _write(
        self, images: Sequence[Document], models: LiveModels, versions: set[int]
    ) -> int:
        made: dict[str, list[ImagePrediction]] = defaultdict(list)
        for version in versions:
            hashes = {image["sha256"] for image in images}
            known = await find_embeddings(self._database, hashes, version)
            readers = {t: one for t, one in models.items() if one[0].embedding_version == version}
            found = await asyncio.to_thread(predict_all, known, readers)
            for sha256, predictions in found.items():
                made[sha256] += predictions
        writes = [
            UpdateOne({"_id": image["_id"]}, {"$set": {PREDICTIONS: stored(made[image["sha256"]])}})
            for image in images
            if image["sha256"] in made
        ]
        if writes:
            await self._database["images"].bulk_write(writes, ordered=False)
        return len(writes)


def predict_all(
    embeddings: Mapping[str, bytes], models: LiveModels
) -> dict[str, list[ImagePrediction]]:
    """Predict embeddings by the hash of their blob with each model."""
    made: dict[str, list[ImagePrediction]] = {sha256: [] for sha256 in embeddings}
    vectors = unit_vectors(list(embeddings.values()))
    for task, (model, weights) in sorted(models.items()):
        for sha256, found in zip(embeddings, weights.predict(vectors), strict=True):
            made[sha256].append(
                ImagePrediction(task, found.value, found.probability, model.version)
            )
    return made


def stored(predictions: Sequence[ImagePrediction]) -> list[Document]:
    """Make what is stored with an image."""
    return [msgspec.to_builtins(prediction) for prediction in predictions]


def _made_by(task: str, version: Document) -> Document:
    return {PREDICTIONS: {"$elemMatch": {"task": task, "version": version}}}
