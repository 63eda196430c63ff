"""The database: its collections, their indexes, and how it is reached."""

from typing import Any

from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.settings import StoreSettings

Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]

# A ticket, and whatever a client was told has happened, survives any crash.
DURABLE = WriteConcern("majority", j=True)
COMMITTED = ReadConcern("majority")

IS_OPEN = {"due_at": {"$exists": True}}

INDEXES: dict[str, list[IndexModel]] = {
    # Blobs are GridFS files; the hash makes equal bytes one blob.
    "blobs.files": [IndexModel([("metadata.sha256", ASCENDING)], unique=True)],
    "blobs.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)],
    "variants.files": [IndexModel([("metadata.sha256", ASCENDING)])],
    "variants.chunks": [IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)],
    "images": [
        IndexModel([("job_id", ASCENDING), ("index", ASCENDING)]),
        # IDs are UUIDv7, so their order is the order of upload.
        IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("key_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("sha256", ASCENDING), ("user_id", ASCENDING)]),
        IndexModel([("due_at", ASCENDING)], partialFilterExpression={"due_at": {"$exists": True}}),
    ],
    "jobs": [
        IndexModel([("user_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("key_id", ASCENDING), ("_id", DESCENDING)]),
        IndexModel([("due_at", ASCENDING)], partialFilterExpression=IS_OPEN),
    ],
    "api_keys": [IndexModel([("hash", ASCENDING)], unique=True)],
    "workers": [IndexModel([("seen_at", ASCENDING)], expireAfterSeconds=3600)],
}


def connect_mongo(settings: StoreSettings) -> Client:
    """Make a client. Nothing is sent until the first call.

    Writes wait for the primary alone unless a caller asks for :data:`DURABLE`: on a replica
    set the oplog is one sequence, so the durable write that ends a unit of work makes every
    earlier one durable too.
    """
    return AsyncIOMotorClient(
        settings.mongodb_url,
        appname="minilab",
        tz_aware=True,
        w=1,
        retryWrites=True,
        serverSelectionTimeoutMS=5_000,
        connectTimeoutMS=5_000,
        timeoutMS=int(settings.store_timeout_seconds * 1000),
    )


async def ensure_indexes(database: Database) -> None:
    """Make collections and indexes that are missing. Safe to run from many processes."""
    for name, indexes in INDEXES.items():
        await database[name].create_indexes(indexes)
