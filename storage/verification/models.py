"""Invariants of models, their files, trainings and predictions."""

import hashlib
from typing import Any

from domain.jobs import TERMINAL, Status
from domain.learning.models import USABLE, ModelStatus
from storage.learning.model_files import CHUNKS, FILE_NAMES, FILES, file_id_of
from storage.learning.models import MODELS
from storage.learning.trainings import TRAININGS
from storage.mongo.client import Document
from storage.verification.invariants import (
    Invariant,
    Look,
    differ,
    has,
    is_one_of,
    lookup,
    pipeline_invariant,
    where,
)

_ENDED = sorted(status.value for status in TERMINAL)
_IS_USABLE: Document = {"$in": ["$status", sorted(status.value for status in USABLE)]}
_OTHERS_LIVE = lookup(
    MODELS, "task", "task", {"$match": {"status": ModelStatus.LIVE.value}}, to="live"
)
_MODEL_OF_FILE: Document = {
    "$lookup": {
        "from": MODELS,
        "let": {"task": "$metadata.task", "version": "$metadata.version"},
        "pipeline": [
            {
                "$match": {
                    "$expr": {
                        "$and": [
                            {"$eq": ["$task", "$$task"]},
                            {"$eq": ["$version", "$$version"]},
                            _IS_USABLE,
                        ]
                    }
                }
            },
            {"$project": {"_id": 1}},
        ],
        "as": "model",
    }
}


async def _find_incomplete(look: Look) -> list[Any]:
    """Find models whose files are not complete, or are there though the model is not."""
    wrong = []
    models = look.database[MODELS].find({"_id": look.within}, session=look.session)
    async for model in models:
        is_usable = ModelStatus(model["status"]) in USABLE
        for name in FILE_NAMES:
            file_id = file_id_of(model["task"], model["version"], name)
            if await _is_whole(look, file_id) is not is_usable:
                wrong.append(model["_id"])
                break
    return wrong


async def _is_whole(look: Look, file_id: str) -> bool:
    file = await look.database[FILES].find_one({"_id": file_id}, session=look.session)
    chunks = look.database[CHUNKS].find({"files_id": file_id}, session=look.session).sort("n", 1)
    data = b"".join([chunk["data"] async for chunk in chunks])
    if file is None:
        return bool(data)
    expected: str = file["metadata"]["sha256"]
    return hashlib.sha256(data).hexdigest() == expected


async def _find_wrong_predictions(look: Look) -> list[Any]:
    """Find images with predictions that no model can have made."""
    models = look.database[MODELS].find({}, {"task": 1, "version": 1, "classes": 1})
    classes = {(one["task"], one["version"]): one.get("classes", []) async for one in models}
    found = look.database["images"].find(
        {"_id": look.within, "predictions.version": {"$gte": 1}},
        {"predictions": 1, "cells.embedding.status": 1},
        session=look.session,
    )
    wrong = []
    async for image in found:
        status = image.get("cells", {}).get("embedding", {}).get("status")
        tasks = [one["task"] for one in image["predictions"]]
        if (
            status != Status.SUCCEEDED.value
            or len(set(tasks)) < len(tasks)
            or not all(_is_possible(one, classes) for one in image["predictions"])
        ):
            wrong.append(image["_id"])
    return wrong


def _is_possible(prediction: Document, classes: dict[tuple[str, int], list[str]]) -> bool:
    made_by = (prediction["task"], prediction["version"])
    return prediction["value"] in classes.get(made_by, ()) and 0 <= prediction["probability"] <= 1


OF_MODELS = [
    pipeline_invariant(
        "one_live_model",
        "At most one version of each task is live",
        MODELS,
        {"$match": {"status": ModelStatus.LIVE.value}},
        _OTHERS_LIVE,
        where({"$gt": [{"$size": "$live"}, 1]}),
    ),
    Invariant(
        "model_files",
        "Exactly the candidates, the live and the retired models have all their files, unchanged",
        MODELS,
        _find_incomplete,
        piece=20,
    ),
    pipeline_invariant(
        "files_of_models",
        "Each file of a model belongs to a complete one",
        FILES,
        _MODEL_OF_FILE,
        where({"$eq": ["$model", []]}),
    ),
    pipeline_invariant(
        "model_metrics",
        "Exactly the complete models have metrics, and a time of their end if they have ended",
        MODELS,
        where(
            differ(_IS_USABLE, has("$metrics")),
            differ(
                {"$eq": ["$status", ModelStatus.TRAINING.value]}, {"$not": [has("$finished_at")]}
            ),
        ),
    ),
    pipeline_invariant(
        "trainings",
        "Exactly the open trainings are due, and a failed one says why",
        TRAININGS,
        where(
            differ(is_one_of("$status", _ENDED), {"$not": [has("$due_at")]}),
            differ({"$eq": ["$status", Status.FAILED.value]}, has("$error")),
        ),
    ),
    Invariant(
        "predictions",
        "Each prediction is of an image with an embedding, and possible for its model",
        "images",
        _find_wrong_predictions,
    ),
]
