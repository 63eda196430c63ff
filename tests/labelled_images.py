"""Labelled images with embeddings, as documents: for tests of what reads them."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from bson import ObjectId

from domain.learning.linear_model import EMBEDDING_LENGTH
from storage.clock import new_id
from storage.mongo.client import DURABLE, Database

Floats = npt.NDArray[np.float32]


def draw_vectors(kinds: Sequence[int], seed: int = 0, noise: float = 0.5) -> Floats:
    """Draw vectors of kinds that are easy to tell apart; none is below 0, as of an embedding."""
    random, directions = np.random.default_rng(seed), np.random.default_rng(99)
    middles = directions.random((10, EMBEDDING_LENGTH))
    drawn = middles[list(kinds)] + noise * random.random((len(kinds), EMBEDDING_LENGTH))
    return drawn.astype(np.float32)


async def add_images(
    database: Database,
    vectors: Floats,
    labels: Sequence[str | None] = (),
    *,
    task: str = "kind",
    user_id: str = "labelled",
    **fields: Any,
) -> list[str]:
    """Add an image for each vector, with its label if it has one; return their IDs."""
    images, files, given = list[Any](), list[Any](), list[Any]()
    now = datetime.now(UTC)
    for number, vector in enumerate(vectors):
        image_id, value = new_id(), vector.astype("<f2").tobytes()
        sha256 = hashlib.sha256(image_id.encode()).hexdigest()
        cell = {"status": "succeeded", "version": 1}
        images.append(
            {
                "_id": image_id,
                "sha256": sha256,
                "user_id": user_id,
                "key_id": "admin",
                "job_id": "none",
                "index": number,
                "filename": f"{number}.jpg",
                "format": "jpeg",
                "size_bytes": 1,
                "status": "succeeded",
                "cells": {"embedding": cell},
                "duplicate_of": None,
                "uploaded_at": now,
                "finished_at": now,
                "gps": "keep",
                **fields,
            }
        )
        results = {"embedding": {"version": 1, "value": value, "warnings": []}}
        metadata = {"sha256": sha256, "format": "jpeg", "results": results}
        files.append({"_id": ObjectId(), "length": 1, "chunkSize": 1, "metadata": metadata})
        if number < len(labels) and (label := labels[number]) is not None:
            given.append(
                {
                    "image_id": image_id,
                    "task": task,
                    "value": label,
                    "user_id": user_id,
                    "key_id": "admin",
                    "at": now,
                }
            )
    for name, documents in (("images", images), ("blobs.files", files), ("labels", given)):
        if documents:
            collection = database.get_collection(name, write_concern=DURABLE)
            await collection.insert_many(documents)
    return [image["_id"] for image in images]
