"""Every index of every collection, and how they are made."""

from pymongo import ASCENDING, DESCENDING, IndexModel

from storage.acceptance.duplicates import DUPLICATE_INDEXES
from storage.access.api_keys import EXPIRES
from storage.aggregates.counted_images import IS_UNCOUNTED, UNCOUNTED
from storage.aggregates.tombstones import IS_REMOVED
from storage.catalog.search_indexes import SEARCH_INDEXES
from storage.histograms.medians import MEDIANS_KEPT_SECONDS
from storage.ledger.dead_letters import DEAD_LETTERS, IS_DEAD_LETTER
from storage.ledger.open_work import IS_OPEN, OPEN_JOBS
from storage.mongo.client import Database
from storage.outbox.pending_events import PENDING_EVENTS_INDEXES
from storage.removal.user_deletion import OPEN_DELETIONS, USER_DELETION_KEPT_SECONDS
from storage.webhooks.indexes import WEBHOOK_INDEXES

INDEXES: dict[str, list[IndexModel]] = {
    # Blobs are GridFS files; the hash makes equal bytes one blob.
    "blobs.files": [IndexModel([("metadata.sha256", ASCENDING)], unique=True)],
    "blobs.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)],
    "variants.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)],
    "images": [
        IndexModel([("job_id", ASCENDING), ("index", ASCENDING)]),
        # IDs are UUIDv7, so their order is the order of upload.
        IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("key_id", ASCENDING), ("_id", DESCENDING)]),
        *DUPLICATE_INDEXES,
        IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN),
        IndexModel(
            [("_id", DESCENDING), ("gave_up_at", ASCENDING)],
            name=DEAD_LETTERS,
            partialFilterExpression=IS_DEAD_LETTER,
        ),
        *SEARCH_INDEXES,
        # What has ended, the longest ago first, then all else by its age.
        IndexModel(
            [("finished_at", ASCENDING), ("_id", ASCENDING)],
            name=UNCOUNTED,
            partialFilterExpression=IS_UNCOUNTED,
        ),
        *PENDING_EVENTS_INDEXES,
    ],
    # What images that are gone had added, until it is taken back.
    "contributions": [IndexModel([("removed", ASCENDING)], partialFilterExpression=IS_REMOVED)],
    "signatures": [
        IndexModel([("revision", ASCENDING)]),
        IndexModel(
            [("vanished_at", ASCENDING)],
            partialFilterExpression={"vanished_at": {"$exists": True}},
        ),
    ],
    "medians": [IndexModel([("computed_at", ASCENDING)], expireAfterSeconds=MEDIANS_KEPT_SECONDS)],
    "statistics": [
        # Only families that are ranked have the field.
        IndexModel(
            [("family", ASCENDING), ("count", DESCENDING), ("_id", ASCENDING)],
            partialFilterExpression={"family": {"$exists": True}},
        ),
    ],
    "jobs": [
        IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("key_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("due_at", ASCENDING)], name=OPEN_JOBS, partialFilterExpression=IS_OPEN),
        # The backlog of a user, oldest first.
        IndexModel([("user_id", ASCENDING), ("_id", ASCENDING)], partialFilterExpression=IS_OPEN),
        *PENDING_EVENTS_INDEXES,
    ],
    "api_keys": [
        IndexModel([("hash", ASCENDING)], unique=True),
        IndexModel([("expires_at", ASCENDING)], partialFilterExpression=EXPIRES),
    ],
    "upload_links": [IndexModel([("token_hash", ASCENDING)], unique=True)],
    "orphans": [IndexModel([("seen_at", ASCENDING)])],
    "idempotency": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("answered.job_id", ASCENDING)], sparse=True),
    ],
    "expired": [
        IndexModel([("expired_at", ASCENDING)], expireAfterSeconds=30 * 24 * 3600),
        IndexModel([("user_id", ASCENDING)]),
    ],
    "user_deletions": [
        # One at a time of a user and who asks for it.
        IndexModel(
            [("user_id", ASCENDING), ("key_id", ASCENDING)],
            unique=True,
            partialFilterExpression=IS_OPEN,
        ),
        IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN, name=OPEN_DELETIONS),
        IndexModel([("finished_at", ASCENDING)], expireAfterSeconds=USER_DELETION_KEPT_SECONDS),
    ],
    "workers": [IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=3600)],
    "deliverers": [IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=3600)],
    **WEBHOOK_INDEXES,
}


async def ensure_indexes(database: Database) -> None:
    """Make collections and indexes that are missing. Safe to run from many processes."""
    for name, indexes in INDEXES.items():
        await database[name].create_indexes(indexes)
