"""Results that the owner of an image had before, from an earlier image with the same bytes.

Other results of these bytes were computed for another owner. They must not appear sooner than new
results would, or they would reveal that another owner has the picture.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.claims import ClaimedImage
from domain.jobs import Status
from storage.mongo.client import Database, Document


class EarlierResults:
    """Finds the results that owners had before."""

    def __init__(self, database: Database) -> None:
        self._images = database["images"]

    async def find(self, images: Sequence[ClaimedImage]) -> dict[str, frozenset[str]]:
        """Find the open operations of images whose results their owners had before, by image ID.

        The owner is the user, or the link that an image came through, as in ``duplicate_of``.
        """
        wanted = {image.duplicate_of for image in images if image.duplicate_of}
        if not wanted:
            return {}
        found = self._images.find({"_id": {"$in": list(wanted)}}, {"cells": 1})
        had = {earlier["_id"]: _succeeded(earlier["cells"]) async for earlier in found}
        results: dict[str, frozenset[str]] = {}
        for image in images:
            if image.duplicate_of is None:
                continue
            of_image = had.get(image.duplicate_of, frozenset()) & set(image.operations)
            if len(of_image) < len(image.operations):
                of_image = await self._find_all(image) or of_image
            results[image.id] = of_image
        return results

    async def _find_all(self, image: ClaimedImage) -> frozenset[str]:
        """Look for any earlier image with all results; the earliest may have asked for fewer."""
        owner = {"link_id": image.link_id} if image.link_id else {"user_id": image.user_id}
        cells: Document = {
            f"cells.{name}.status": Status.SUCCEEDED.value for name in image.operations
        }
        found = await self._images.find_one({"sha256": image.sha256, **owner, **cells}, {"_id": 1})
        return frozenset(image.operations if found else ())


def _succeeded(cells: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(
        name for name, cell in cells.items() if cell["status"] == Status.SUCCEEDED.value
    )
