"""Images that have a histogram, without pictures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from bson import Binary, ObjectId

from storage.mongo.client import DURABLE
from storage.stores import Stores
from tests.image_documents import finished_image, insert_images

_SUCCEEDED = {"status": "succeeded", "version": 1, "error": None}


async def add_seen_images(
    stores: Stores,
    owners: Sequence[str],
    counts: npt.NDArray[np.int64],
    times: Sequence[datetime] | None = None,
) -> list[str]:
    """Add images as they are when the work on them is done, and nothing is counted.

    Args:
        stores: Where to.
        owners: The user of each.
        counts: The histogram of each, shape (images, 256).
        times: When each was uploaded, UTC; None: now.

    Returns:
        Their IDs.
    """
    if not owners:
        return []
    images = [
        finished_image(
            owner,
            times[number] if times else None,
            uncounted=True,
            cells={"histogram": _SUCCEEDED},
            stored_bytes=1000,
        )
        for number, owner in enumerate(owners)
    ]
    blobs: list[dict[str, Any]] = [
        {
            "_id": ObjectId(),
            "length": 1000,
            "metadata": {
                "sha256": image["sha256"],
                "images": 1,
                "results": {
                    "histogram": {"version": 1, "value": Binary(of.astype("<u4").tobytes())}
                },
            },
        }
        for image, of in zip(images, counts, strict=True)
    ]
    files = stores.database.get_collection("blobs.files", write_concern=DURABLE)
    await files.insert_many(blobs)
    await insert_images(stores.database, images)
    return [image["_id"] for image in images]
