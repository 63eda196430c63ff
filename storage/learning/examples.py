"""Labelled images with their embeddings, read in a stream: what a model is trained on."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from domain.jobs import Status
from domain.learning.linear_model import EMBEDDING_LENGTH, Floats, unit_vectors
from storage.ledger.open_work import IS_OPEN
from storage.mongo.client import COMMITTED, Database, Document

LABELS = "labels"
EMBEDDING = "embedding"
_BATCH = 1_000
_READ_IMAGE = dict.fromkeys(["sha256", "user_id", "fingerprint", f"cells.{EMBEDDING}.status"], 1)
HAS_EMBEDDING = {f"cells.{EMBEDDING}.status": Status.SUCCEEDED.value}
"""The condition on images that show an embedding: a search finds only what an upload asked for."""


class Examples(NamedTuple):
    """Labelled images.

    Attributes:
        values: The label of each.
        groups: A name for the content of each; equal for equal bytes.
        fingerprints: Signed; None for images without one.
        vectors: Of unit length, of shape (images, 1280).
        users: The users that own the images.
        until: Time of the newest label, UTC; None without any.
    """

    values: list[str]
    hashes: list[str]
    fingerprints: list[int | None]
    vectors: Floats
    users: frozenset[str]
    until: datetime | None


async def read_examples(
    database: Database, task: str, embedding_version: int, most: int
) -> Examples:
    """Read the newest labelled images of a task that have an embedding of a version.

    Images of users whose deletion was requested are left out, and of several labels of one image
    the newest counts. In memory are the vectors, 5 KB each, and one batch of documents.

    Args:
        most: Most images, the newest ones.
    """
    leaving = await database["user_deletions"].distinct("user_id", dict(IS_OPEN))
    values, hashes = list[str](), list[str]()
    fingerprints = list[int | None]()
    users, until = set[str](), None
    vectors = np.empty((0, EMBEDDING_LENGTH), np.float32)
    async for labels in _newest_labels(database, task):
        images = await _find_images(database, list(labels), leaving)
        embeddings = await find_embeddings(
            database, {image["sha256"] for image in images.values()}, embedding_version
        )
        found = [
            (label, images[image_id])
            for image_id, label in labels.items()
            if image_id in images and images[image_id]["sha256"] in embeddings
        ][: most - len(values)]
        if not found:
            continue
        end = len(values) + len(found)
        if end > len(vectors):  # Grows by doubling, so that each row is copied once on average.
            size = min(most, max(2 * len(vectors), end))
            grown = np.empty((size, EMBEDDING_LENGTH), np.float32)
            grown[: len(values)] = vectors[: len(values)]
            vectors = grown
        vectors[len(values) : end] = unit_vectors([embeddings[i["sha256"]] for _, i in found])
        for label, image in found:
            values.append(label["value"])
            hashes.append(image["sha256"])
            fingerprints.append(image.get("fingerprint"))
            users.add(image["user_id"])
            until = label["at"] if until is None else max(until, label["at"])
        if len(values) == most:
            break
    used = vectors[: len(values)]
    return Examples(values, hashes, fingerprints, used, frozenset(users), until)


async def find_embeddings(
    database: Database, hashes: set[str], embedding_version: int
) -> dict[str, bytes]:
    """Find embeddings of a version by the hash of their blobs; those without one are left out."""
    field = f"metadata.results.{EMBEDDING}"
    files = database.get_collection("blobs.files", read_concern=COMMITTED)
    found = files.find(
        {"metadata.sha256": {"$in": list(hashes)}, f"{field}.version": embedding_version},
        {"metadata.sha256": 1, f"{field}.value": 1},
        batch_size=len(hashes) or 1,
    )
    return {
        file["metadata"]["sha256"]: file["metadata"]["results"][EMBEDDING]["value"]
        for file in await found.to_list(None)
    }


async def find_changed_tasks(database: Database) -> list[str]:
    """Find the tasks whose labels have changed since their last training, also by deletes."""
    changed = []
    for task in sorted(await database[LABELS].distinct("task")):
        last = await database["models"].find_one({"task": task}, sort=[("version", -1)])
        if last is None or last.get("labels_seen") != await see_labels(database, task):
            changed.append(task)
    return changed


async def see_labels(database: Database, task: str) -> Document:
    """Describe the labels of a task so that any change can be noticed."""
    grouped = {"_id": None, "labels": {"$sum": 1}, "until": {"$max": "$at"}}
    pipeline: list[Document] = [{"$match": {"task": task}}, {"$group": grouped}]
    found = await database[LABELS].aggregate(pipeline).to_list(1)
    return {"labels": found[0]["labels"], "until": found[0]["until"]} if found else {}


async def _newest_labels(database: Database, task: str) -> AsyncIterator[dict[str, Document]]:
    """Yield the newest label of each image in batches, newest images first."""
    labels = database.get_collection(LABELS, read_concern=COMMITTED)
    found = labels.find({"task": task}, {"image_id": 1, "value": 1, "at": 1})
    batch: dict[str, Document] = {}
    async for label in found.sort("image_id", -1).batch_size(_BATCH):
        image_id = label["image_id"]
        if image_id not in batch and len(batch) == _BATCH:
            yield batch
            batch = {}
        if image_id not in batch or label["at"] > batch[image_id]["at"]:
            batch[image_id] = label
    if batch:
        yield batch


async def _find_images(
    database: Database, image_ids: Sequence[str], leaving: Sequence[str]
) -> dict[str, Document]:
    images = database.get_collection("images", read_concern=COMMITTED)
    query: Document = {"_id": {"$in": list(image_ids)}, **HAS_EMBEDDING}
    if leaving:
        query["user_id"] = {"$nin": list(leaving)}
    found = await images.find(query, _READ_IMAGE, batch_size=len(image_ids)).to_list(None)
    return {image["_id"]: image for image in found}
