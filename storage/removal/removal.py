"""Removes images from everything that stores or counts them, for deletes and expiry alike."""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import UpdateOne

from storage.access.upload_links import count_deleted
from storage.aggregates.contributions import bury_images
from storage.blobs.reference_counts import release_blobs
from storage.mongo.client import Database, Document, Session
from storage.outbox.outbox import add_image_deletions

DELETED = "deleted"
EXPIRED = "expired"


async def remove_images(database: Database, images: Sequence[Document], session: Session) -> None:
    """Delete images (whole documents), their part in every count, and blobs only they use."""
    ids = [image["_id"] for image in images]
    await database["images"].delete_many({"_id": {"$in": ids}}, session=session)
    await release_blobs(database, [image["sha256"] for image in images], session)
    await count_deleted(database, images, session)
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
