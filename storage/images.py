"""Reads of images and their results, and the delete that takes the last one's blob along."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from bson import ObjectId
from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo import ReturnDocument

from domain.errors import NotFound
from domain.keys import Scope
from domain.records import Image
from storage.blobs import insert_once, variant_documents
from storage.identifiers import utc_now
from storage.jobs import item_of, scope_query
from storage.mongo import COMMITTED, Client, Database, Document, run_transaction


class Blob(msgspec.Struct, frozen=True):
    """The bytes of equal images, and what is known of them.

    Attributes:
        file_id: GridFS ID.
        sha256: Hash of the bytes, as 64 hex digits.
        size_bytes: Their number.
        chunk_bytes: Size of the GridFS chunks.
        facts: ``format``, ``width``, ``height`` (as oriented), where known.
        results: By operation: ``{"version": n, "value": …}``.
    """

    file_id: ObjectId
    sha256: str
    size_bytes: int
    chunk_bytes: int
    facts: dict[str, Any]
    results: dict[str, dict[str, Any]]


class ImageFilter(msgspec.Struct, frozen=True):
    """Which images a list holds.

    Attributes:
        scope: What the caller may see.
        format: Only images of this format.
        camera_model: Only images taken with this camera.
        since: Only images uploaded at this time or later, UTC.
        until: Only images uploaded before this time, UTC.
        before: Only images older than this one.
    """

    scope: Scope
    format: str | None = None
    camera_model: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None


class Images:
    """Finds and deletes images.

    Args:
        client: For transactions.
        database: Holds everything.
    """

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._database = database
        self._images = database.get_collection("images", read_concern=COMMITTED)
        self._files = database["blobs.files"]

    async def get(self, image_id: str, scope: Scope) -> Image:
        """Read an image without its results.

        Raises:
            NotFound: There is none that the caller may see.
        """
        document = await self._images.find_one({"_id": image_id})
        if document is None or not scope.admits(document["user_id"], document["key_id"]):
            raise NotFound
        return _image(document)

    async def list_page(self, wanted: ImageFilter, limit: int) -> list[Image]:
        """List images, newest first."""
        query = scope_query(wanted.scope)
        if wanted.format:
            query["format"] = wanted.format
        if wanted.camera_model:
            query["camera_model"] = wanted.camera_model
        if wanted.since or wanted.until:
            bounds = {"$gte": wanted.since, "$lt": wanted.until}
            query["uploaded_at"] = {sign: time for sign, time in bounds.items() if time}
        if wanted.before:
            query["_id"] = {"$lt": wanted.before}
        found = self._images.find(query).sort("_id", -1).limit(limit)
        return [_image(document) async for document in found]

    async def blobs(self, hashes: Sequence[str]) -> dict[str, Blob]:
        """Read what is known of blobs.

        Returns:
            The blobs by hash; those that are gone are left out.
        """
        found = self._files.find({"metadata.sha256": {"$in": list(hashes)}})
        return {file["metadata"]["sha256"]: _blob(file) async for file in found}

    async def results_of(self, job_id: str, operation: str) -> dict[str, Any]:
        """Read one operation's results for all images of a job.

        Returns:
            The values by image ID; images without a result are left out.
        """
        found = self._images.find({"job_id": job_id}, {"sha256": 1})
        sha256_of = {image["_id"]: image["sha256"] async for image in found}
        blobs = await self.blobs(list(set(sha256_of.values())))
        return {
            image_id: blobs[sha256].results[operation]["value"]
            for image_id, sha256 in sha256_of.items()
            if sha256 in blobs and operation in blobs[sha256].results
        }

    async def keep_variant(self, sha256: str, file_id: str, media_type: str, data: bytes) -> None:
        """Keep a picture that was made on demand; keeping it twice changes nothing."""
        file, chunks = variant_documents(sha256, file_id, media_type, data, utc_now())
        await insert_once(self._database["variants.chunks"], chunks)
        await insert_once(self._database["variants.files"], [file])

    async def delete(self, image_id: str, scope: Scope) -> str:
        """Delete an image; its blob, variants and results go with the last one.

        Returns:
            The job that it came in with, to be settled.

        Raises:
            NotFound: There is none that the caller may see.
        """
        await self.get(image_id, scope)

        async def remove(session: AsyncIOMotorClientSession) -> str:
            image = await self._database["images"].find_one_and_delete(
                {"_id": image_id}, session=session
            )
            if image is None:
                raise NotFound
            await self._release_blob(image["sha256"], session)
            return str(image["job_id"])

        return await run_transaction(self._client, remove)

    async def _release_blob(self, sha256: str, session: AsyncIOMotorClientSession) -> None:
        database = self._database
        file: Document | None = await self._files.find_one_and_update(
            {"metadata.sha256": sha256},
            {"$inc": {"metadata.images": -1}},
            projection={"metadata.images": 1},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        if file is None or file["metadata"]["images"] > 0:
            return
        await self._files.delete_one({"_id": file["_id"]}, session=session)
        await database["blobs.chunks"].delete_many({"files_id": file["_id"]}, session=session)
        # Variants are named after their blob; the next letter after "/" ends the range.
        named = {"_id": {"$gte": f"{sha256}/", "$lt": f"{sha256}0"}}
        variants = database["variants.files"].find(named, {"_id": 1}, session=session)
        ids = [variant["_id"] async for variant in variants]
        await database["variants.files"].delete_many({"_id": {"$in": ids}}, session=session)
        await database["variants.chunks"].delete_many({"files_id": {"$in": ids}}, session=session)


def _image(document: Document) -> Image:
    return Image(
        id=document["_id"],
        job_id=document["job_id"],
        user_id=document["user_id"],
        key_id=document["key_id"],
        sha256=document["sha256"],
        filename=document["filename"],
        format=document["format"],
        size_bytes=document["size_bytes"],
        uploaded_at=document["uploaded_at"],
        item=item_of(document),
    )


def _blob(file: Document) -> Blob:
    metadata = file["metadata"]
    return Blob(
        file_id=file["_id"],
        sha256=metadata["sha256"],
        size_bytes=file["length"],
        chunk_bytes=file["chunkSize"],
        facts={name: metadata.get(name) for name in ("format", "width", "height")},
        results=metadata["results"],
    )
