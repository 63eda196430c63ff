"""Indexes of blobs and variants, and inserts that may be repeated."""

from pymongo import ASCENDING, IndexModel
from pymongo.errors import BulkWriteError

from storage.mongo.client import DURABLE, Collection, Document
from storage.mongo.duplicates import check_duplicates
from storage.mongo.threads import PlainCollection

_CHUNKS = IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)
BLOB_INDEXES = {
    # Equal bytes are one blob.
    "blobs.files": [IndexModel([("metadata.sha256", ASCENDING)], unique=True)],
    "blobs.chunks": [_CHUNKS],
    "variants.chunks": [_CHUNKS],
    "variants.files": [IndexModel([("metadata.object", ASCENDING)], sparse=True)],
    "orphans": [IndexModel([("seen_at", ASCENDING)])],
}


async def insert_once(
    collection: Collection, documents: list[Document], *, durable: bool = True
) -> None:
    """Insert documents; those that exist from an earlier attempt are skipped.

    Documents that refer to them are written later, perhaps on another primary. Without a majority
    these could be lost and those not.

    Raises:
        BulkWriteError: A write failed for another reason than a duplicate.
    """
    if not documents:
        return
    if durable:
        collection = collection.with_options(write_concern=DURABLE)
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        check_duplicates(error)


def insert_once_in_thread(collection: PlainCollection, documents: list[Document]) -> None:
    """Insert documents as :func:`insert_once` does, in a thread; a later write makes them durable.

    Raises:
        BulkWriteError: A write failed for another reason than a duplicate.
    """
    try:
        if documents:
            collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        check_duplicates(error)
