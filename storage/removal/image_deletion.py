"""Deletes one image."""

import msgspec

from domain.errors.access import NotFound
from domain.jobs import JobChange
from domain.keys import Scope
from storage.catalog.images import Images
from storage.ledger.job_states import JobStates, JobUpdate
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.removal.removal import DELETED, note_in_jobs, remove_images


class Deleted(msgspec.Struct, frozen=True):
    """The effect of a delete, for those that must be notified.

    Attributes:
        was_open: Whether work on it had not ended: a worker may hold it.
        changes: The change of the job; empty if the job has expired.
    """

    job_id: str
    was_open: bool
    changes: list[JobChange]


class ImageDeletion:
    """Deletes images one at a time."""

    def __init__(self, client: Client, database: Database, states: JobStates) -> None:
        self._client = client
        self._database = database
        self._states = states
        self._catalog = Images(database)

    async def delete(self, image_id: str, scope: Scope) -> Deleted:
        """Delete an image; the last image of a blob takes blob, variants and results along.

        Duplicates of the image stay, and their ``duplicate_of`` still names it.

        Raises:
            NotFound: There is no such image in the scope.
            ImageExpired: There was one, and it has expired.
        """
        await self._catalog.get(image_id, scope)

        async def remove(session: Session) -> tuple[Document, list[JobUpdate]]:
            image = await self._database["images"].find_one({"_id": image_id}, session=session)
            if image is None:
                raise NotFound
            await remove_images(self._database, [image], session)
            await note_in_jobs(self._database, [image], DELETED, session)
            return image, await self._states.settle_within([image["job_id"]], session)

        image, updates = await run_transaction(self._client, remove)
        self._states.count_ended(updates)
        return Deleted(
            job_id=image["job_id"],
            was_open="due_at" in image,
            changes=[update.change for update in updates],
        )
