"""Image documents as they are after the work, without the work."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any

from domain.fingerprints import band_keys
from storage.clock import first_id_at, new_id, utc_now
from storage.mongo.client import DURABLE, Database


def finished_image(
    user_id: str = "u1", uploaded_at: datetime | None = None, **facts: Any
) -> dict[str, Any]:
    """Make the document of an image that is done.

    Args:
        user_id: Whose it is.
        uploaded_at: UTC; now, where nothing is said.
        facts: Fields to set or to change; a ``fingerprint`` gets its bands.
    """
    image_id = new_id()
    if uploaded_at is not None:
        image_id = first_id_at(uploaded_at) + image_id[13:]
    if "fingerprint" in facts:
        facts["fingerprint_bands"] = band_keys(facts["fingerprint"])
    moment = uploaded_at or utc_now()
    return {
        "_id": image_id,
        "job_id": new_id(),
        "user_id": user_id,
        "key_id": "admin",
        "index": 0,
        "chunk": 0,
        "sha256": sha256(image_id.encode()).hexdigest(),
        "size_bytes": 1000,
        "filename": "a.jpg",
        "format": "jpeg",
        "uploaded_at": moment,
        "finished_at": moment,
        "duplicate_of": None,
        "status": "succeeded",
        "cells": {"metadata": {"status": "succeeded", "version": 1}},
        "attempts": 1,
        "hint": 0,
        "fence": 1,
        **facts,
    }


async def insert_images(database: Database, documents: Iterable[dict[str, Any]]) -> None:
    """Insert image documents so that every reader sees them."""
    images = database.get_collection("images", write_concern=DURABLE)
    await images.insert_many(list(documents))


async def give_up(database: Database, image_id: str) -> None:
    """Make a dead letter of an image that has ended."""
    error = {"code": "operation_failed", "detail": "It failed."}
    fields = {
        "status": "partial",
        "cells.faces": {"status": "failed", "error": error},
        "gave_up_at": utc_now(),
    }
    images = database["images"].with_options(write_concern=DURABLE)
    await images.update_one({"_id": image_id}, {"$set": fields})
