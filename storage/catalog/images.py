"""Reads of images and their results."""

from typing import Any

from domain.errors.access import NotFound
from domain.keys import Scope
from domain.records import Image
from storage.access.scope import refuse_absent
from storage.blobs.known_blobs import find_blobs
from storage.catalog.jobs import item_of
from storage.mongo.client import COMMITTED, Database, Document, read_struct


class Images:
    """Reads images."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._images = database.get_collection("images", read_concern=COMMITTED)
        self._files = database["blobs.files"]

    async def get(self, image_id: str, scope: Scope) -> Image:
        """Read an image without its results.

        Raises:
            NotFound: There is no such image in the scope.
            ImageExpired: There was one, and it has expired.
        """
        document = await self._images.find_one({"_id": image_id})
        if document is None:
            await refuse_absent(self._database, image_id, scope)
        if not scope.admits(document["user_id"], document["key_id"]):
            raise NotFound
        return image_of(document)

    async def has_had_variant(self, image: Image, variant: str) -> bool:
        """Return whether a variant was served of any image of this owner with the same bytes."""
        owner = {"link_id": image.link_id} if image.link_id else {"user_id": image.user_id}
        query = {"sha256": image.sha256, **owner, "variants": variant}
        # What was noted a moment ago may not be committed by a majority yet.
        return await self._database["images"].find_one(query, {"_id": 1}) is not None

    async def note_variant(self, image_id: str, variant: str) -> None:
        """Note that a variant is served of an image."""
        await self._images.update_one({"_id": image_id}, {"$addToSet": {"variants": variant}})

    async def results_of(self, job_id: str, operation: str) -> dict[str, Any]:
        """Read the results of one operation for a job by image ID; images may have none."""
        found = self._images.find({"job_id": job_id}, {"sha256": 1})
        sha256_of = {image["_id"]: image["sha256"] async for image in found}
        blobs = await find_blobs(self._files, list(set(sha256_of.values())))
        return {
            image_id: blobs[sha256].results[operation]["value"]
            for image_id, sha256 in sha256_of.items()
            if sha256 in blobs and operation in blobs[sha256].results
        }


def image_of(document: Document) -> Image:
    """Read an image from its document."""
    return read_struct({"finished_at": None, **document, "item": item_of(document)}, Image)
