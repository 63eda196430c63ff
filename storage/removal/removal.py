"""The one way in which images go, whoever removes them: out of everything that counts them."""

from collections import defaultdict
from collections.abc import Sequence

from pymongo import UpdateOne

from storage.access.upload_links import count_deleted
from storage.aggregates.tombstones import bury_images
from storage.blobs.reference_counts import release_blobs
from storage.mongo.client import Database, Document, Session
from storage.outbox.outbox import add_image_deletions

DELETED = "deleted"
EXPIRED = "expired"


async def remove_images(database: Database, images: Sequence[Document], session: Session) -> None:
    """Remove images with their share in every count; blobs and variants go with the last one.

    Args:
        database: Holds everything.
        images: Their whole documents, read within the transaction.
        session: The transaction.
    """
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
    """Have jobs remember which of their items are gone, so that none is ever missing unnoticed.

    A job's tally leaves out what was deleted, and keeps what has expired: what it said of those
    stays true.

    Args:
        database: Holds everything.
        images: The documents of the images that go.
        how: :data:`DELETED` or :data:`EXPIRED`.
        session: The transaction that removes them.
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
