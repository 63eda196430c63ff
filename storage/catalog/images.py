"""Reads of images and their results, and the delete that takes the last one's blob along."""

from collections.abc import Sequence
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClientSession

from domain.errors.access import NotFound
from domain.keys import Scope
from domain.records import GpsPolicy, Image
from storage.blobs.known_blobs import Blob, _blob
from storage.blobs.reads import insert_once
from storage.blobs.variants import variant_documents
from storage.catalog.jobs import item_of
from storage.catalog.tombstones import refuse_absent
from storage.clock import utc_now
from storage.ledger.job_states import JobStates, Settling
from storage.mongo.client import COMMITTED, Client, Database, Document
from storage.mongo.transactions import run_transaction
from storage.removal.image_deletion import Deleted
from storage.removal.removal import DELETED, note_in_jobs, remove_images


class Images:
    """Finds and deletes images.

    Args:
        client: For transactions.
        database: Holds everything.
        states: The jobs, which follow from their images.
    """

    def __init__(self, client: Client, database: Database, states: JobStates) -> None:
        self._client = client
        self._states = states
        self._database = database
        self._images = database.get_collection("images", read_concern=COMMITTED)
        self._files = database["blobs.files"]

    async def get(self, image_id: str, scope: Scope) -> Image:
        """Read an image without its results.

        Raises:
            NotFound: There is none that the caller may see.
            ImageExpired: There was one, and it is kept no longer.
        """
        document = await self._images.find_one({"_id": image_id})
        if document is None:
            await refuse_absent(self._database, image_id, scope)
        if not scope.admits(document["user_id"], document["key_id"]):
            raise NotFound
        return image_of(document)

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

    async def delete(self, image_id: str, scope: Scope) -> Deleted:
        """Delete an image; its blob, variants and results go with the last one.

        Duplicates of it stay as they are, and go on naming it.

        Raises:
            NotFound: There is none that the caller may see.
            ImageExpired: There was one, and it is kept no longer.
        """
        await self.get(image_id, scope)

        async def remove(session: AsyncIOMotorClientSession) -> tuple[Document, list[Settling]]:
            image = await self._database["images"].find_one({"_id": image_id}, session=session)
            if image is None:
                raise NotFound
            await remove_images(self._database, [image], session)
            await note_in_jobs(self._database, [image], DELETED, session)
            return image, await self._states.settle_within([image["job_id"]], session)

        image, settlings = await run_transaction(self._client, remove)
        self._states.count_ended(settlings)
        return Deleted(
            job_id=image["job_id"],
            was_open="due_at" in image,
            changes=[settling.change for settling in settlings],
        )


def image_of(document: Document) -> Image:
    """Read an image from its document."""
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
        finished_at=document.get("finished_at"),
        item=item_of(document),
        gps=GpsPolicy(document.get("gps", GpsPolicy.KEEP)),
        link_id=document.get("link_id"),
    )
