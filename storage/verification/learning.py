"""Invariants of labels."""

from domain.labels import LABELS
from storage.mongo.client import Document
from storage.verification.invariants import differ, first_of, lookup, pipeline_invariant, where

_SHOWN: Document = {"$objectToArray": {"$first": "$image.shown"}}
_NAMED: Document = {"$in": ["$task", {"$map": {"input": _SHOWN, "in": "$$this.k"}}]}
_PAIRS: Document = {
    "$map": {"input": "$kept", "in": {"k": "$$this.task", "v": "$$this.value"}},
}

OF_LABELS = [
    pipeline_invariant(
        "label_image",
        "Each label belongs to an image of its user, which shows a label of its task",
        LABELS,
        lookup(
            "images",
            "image_id",
            "_id",
            {"$project": {"user_id": 1, "shown": {"$ifNull": [f"${LABELS}", {}]}}},
            to="image",
        ),
        where(
            {"$eq": ["$image", []]},
            differ("$user_id", first_of("image", "user_id")),
            {"$not": _NAMED},
        ),
    ),
    pipeline_invariant(
        "image_labels",
        "Each label that an image shows was set by a key",
        "images",
        {"$match": {LABELS: {"$exists": True}}},
        lookup(LABELS, "_id", "image_id", {"$project": {"task": 1, "value": 1}}, to="kept"),
        where({"$not": {"$setIsSubset": [{"$objectToArray": f"${LABELS}"}, _PAIRS]}}),
    ),
]
