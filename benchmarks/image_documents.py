"""Image documents as the service writes them, for filling large collections."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

SIZE_BYTES = 7_000
SUCCEEDED = {"status": "succeeded", "version": 1, "error": None}


def image_document(
    image_id: str, user_id: str, sha256: str, at: datetime, operations: Iterable[str]
) -> dict[str, Any]:
    """Make the document of an image that has succeeded.

    Args:
        image_id: Its ID; its job gets the same one.
        user_id: The owner.
        sha256: The hash of its blob.
        at: Time of upload and end, UTC.
        operations: The operations that it asked for.
    """
    return {
        "_id": image_id,
        "job_id": image_id,
        "user_id": user_id,
        "key_id": "admin",
        "index": 0,
        "chunk": 0,
        "sha256": sha256,
        "size_bytes": SIZE_BYTES,
        "stored_bytes": SIZE_BYTES,
        "filename": "photo.jpg",
        "format": "jpeg",
        "uploaded_at": at,
        "finished_at": at,
        "duplicate_of": None,
        "gps": "keep",
        "status": "succeeded",
        "cells": dict.fromkeys(operations, SUCCEEDED),
        "attempts": 1,
        "hint": 0,
        "fence": 1,
        "error": None,
    }
