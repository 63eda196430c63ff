"""Removes images from everything that stores or counts them, for deletes and expiry alike."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec
from pymongo import UpdateOne

from domain.audit import AuditEntry
from domain.errors.access import NotFound
from domain.job_changes import JobChange
from domain.keys import Scope
from domain.labels import LABELS
from domain.tenants import split_owner
from storage.access.audit import AuditTrail, in_tenant
from storage.access.stored_bytes import give_back_bytes
from storage.access.upload_links import count_deleted
from storage.aggregates.contributions import bury_images
from storage.blobs.reference_counts import release_blobs
from storage.catalog.images import Images
from storage.ledger.job_states import JobStates, JobUpdate
from storage.mongo.client import Client, Database, Document, Session
from storage.mongo.transactions import run_transaction
from storage.outbox.outbox import add_image_deletions

DELETED = "deleted"
EXPIRED = "expired"


async def remove_images(database: Database, images: Sequence[Document], session: Session) -> None:
    """Delete images (whole documents), their labels and counts, and blobs only they use."""
    ids = [image["_id"] for image in images]
    await database["images"].delete_many({"_id": {"$in": ids}}, session=session)
    if labelled := [image["_id"] for image in images if LABELS in image]:
        await database[LABELS].delete_many({"image_id": {"$in": labelled}}, session=session)
    await release_blobs(database, [image["sha256"] for image in images], session)
    await count_deleted(database, images, session)
    await give_back_bytes(database, images, session)
    await bury_images(database, session, images)
    await add_image_deletions(database, images, session)


async def note_in_jobs(
    database: Database,
    images: Sequence[Document],
    how: str,
    session: Session,
) -> None:
    """Note in jobs which of their items are removed, so that a missing item is an error.

    The tally of a job no longer counts deleted items. It still counts expired ones.
    """
    indexes: dict[str, list[int]] = defaultdict(list)
    for image in images:
        indexes[image["job_id"]].append(image["index"])
    changed = {"$inc": {"version": 1}} if how == EXPIRED else {}  # A new tally is a new version.
    await database["jobs"].bulk_write(
        [
            UpdateOne({"_id": job_id}, {"$push": {how: {"$each": gone}}, **changed})
            for job_id, gone in indexes.items()
        ],
        ordered=False,
        session=session,
    )


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

    def __init__(
        self, client: Client, database: Database, states: JobStates, audit: AuditTrail
    ) -> None:
        self._client = client
        self._audit = audit
        self._database = database
        self._states = states
        self._catalog = Images(database)

    async def delete(self, image_id: str, scope: Scope, entry: AuditEntry | None = None) -> Deleted:
        """Delete an image; the last image of a blob takes blob, variants and results along.

        The entry is written in the same transaction.

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
            if entry is not None:
                tenant, _ = split_owner(image["user_id"])
                await self._audit.add(in_tenant(entry, tenant), session=session)
            return image, await self._states.settle_within([image["job_id"]], session)

        image, updates = await run_transaction(self._client, remove)
        self._states.count_ended(updates)
        return Deleted(
            job_id=image["job_id"],
            was_open="due_at" in image,
            changes=[update.change for update in updates],
        )
