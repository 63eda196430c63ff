"""The database: its collections, their indexes, and how it is reached."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import pymongo.database
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.deadlines import limit_calls, run_in_thread
from storage.search_indexes import SEARCH_INDEXES
from storage.settings import StoreSettings
from storage.webhooks.indexes import MARKS, WEBHOOK_INDEXES

Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]
PlainDatabase = pymongo.database.Database[Document]
"""What PyMongo itself has, for use within one of Motor's threads."""
Result = TypeVar("Result")

# A ticket, and whatever a client was told has happened, survives any crash.
DURABLE = WriteConcern("majority", j=True)
COMMITTED = ReadConcern("majority")

MAX_TRANSACTION_SECONDS = 30.0
TRANSIENT = "TransientTransactionError"
UNKNOWN_COMMIT = "UnknownTransactionCommitResult"
PAUSE_SECONDS = 0.002
MAX_PAUSE_SECONDS = 0.1

USER_DELETION_KEPT_SECONDS = 30 * 24 * 3600
MEDIANS_KEPT_SECONDS = 30 * 24 * 3600
OPEN_JOBS = "open_jobs"
OPEN_DELETIONS = "open_deletions"
DEAD_LETTERS = "dead_letters"
IS_OPEN = {"due_at": {"$exists": True}}
IS_DEAD_LETTER = {"gave_up_at": {"$exists": True}}
UNCOUNTED = "uncounted"
IS_UNCOUNTED = {"uncounted": True}
IS_REMOVED = {"removed": True}
EXPIRES = {"expires_at": {"$type": "date"}}

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
        IndexModel([("sha256", ASCENDING), ("user_id", ASCENDING)]),
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
        *MARKS,
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
        *MARKS,
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


def connect_mongo(settings: StoreSettings) -> Client:
    """Make a client. Nothing is sent until the first call.

    Writes wait for the primary alone unless a caller asks for :data:`DURABLE`: on a replica
    set the oplog is one sequence, so the durable write that ends a unit of work makes every
    earlier one durable too.
    """
    limit_calls(settings.store_timeout_seconds)
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


async def read_clock(database: Database) -> datetime:
    """Read MongoDB's clock, the one that all processes agree on, in UTC."""
    hello = await database.command("hello", codec_options=database.codec_options)
    now: datetime = hello["localTime"]
    return now


async def run_transaction(
    client: Client, write: Callable[[AsyncIOMotorClientSession], Awaitable[Result]]
) -> Result:
    """Run a transaction durably, again and again while it meets others or a restart.

    Motor's ``with_transaction`` does the same for a fixed 120 seconds, however long one call
    may take; this gives up when the time of one call is over.

    Args:
        client: Holds the time limit.
        write: Does the writes with the session; may be called several times.

    Returns:
        What ``write`` returned last.

    Raises:
        PyMongoError: Nothing was written, or (rarely) the answer to the commit was lost.
    """
    async with await client.start_session() as session:
        return await run_transaction_in(session, client, write)


async def run_transaction_in(
    session: AsyncIOMotorClientSession,
    client: Client,
    write: Callable[[AsyncIOMotorClientSession], Awaitable[Result]],
) -> Result:
    """Run a transaction in a session that is there already; see :func:`run_transaction`."""
    patience = _Patience(client)
    while True:
        try:
            async with session.start_transaction(COMMITTED, DURABLE):
                result = await write(session)
                await _commit(session, patience)
        except PyMongoError as error:
            patience.check(error, TRANSIENT)
            await patience.pause()
        else:
            return result


async def run_transaction_in_thread(
    client: Client, write: Callable[[ClientSession], Result]
) -> Result:
    """Run a transaction as :func:`run_transaction` does, all its calls in one of Motor's threads.

    Through Motor each call waits for its turn in the event loop; on a busy one that takes longer
    than the call.

    Args:
        client: Holds the time limit, of each attempt as a whole.
        write: Does the writes with PyMongo itself; may be called several times.

    Returns:
        What ``write`` returned last.

    Raises:
        PyMongoError: Nothing was written, or (rarely) the answer to the commit was lost.
    """
    patience = _Patience(client)

    def attempt() -> Result:
        with (
            client.delegate.start_session() as session,
            session.start_transaction(COMMITTED, DURABLE),
        ):
            result = write(session)
            while True:
                try:
                    session.commit_transaction()
                except PyMongoError as error:
                    patience.check(error, UNKNOWN_COMMIT)
                else:
                    return result

    while True:
        try:
            return await run_in_thread(attempt)
        except PyMongoError as error:
            patience.check(error, TRANSIENT)
            await patience.pause()


class _Patience:
    """How long a transaction is tried, and with what pauses."""

    def __init__(self, client: Client) -> None:
        seconds = client.delegate.options.timeout or MAX_TRANSACTION_SECONDS
        self._deadline = time.monotonic() + seconds
        self._pause_seconds = 0.0

    def check(self, error: PyMongoError, label: str) -> None:
        """Raise an error that is not to be tried again, or not any more."""
        if not error.has_error_label(label) or time.monotonic() >= self._deadline:
            raise error

    async def pause(self) -> None:
        """Wait a while: who met another must not meet it again at once."""
        self._pause_seconds = min(self._pause_seconds + PAUSE_SECONDS, MAX_PAUSE_SECONDS)
        await asyncio.sleep(random.uniform(0, self._pause_seconds))  # noqa: S311


async def _commit(session: AsyncIOMotorClientSession, patience: _Patience) -> None:
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            patience.check(error, UNKNOWN_COMMIT)
        else:
            return


async def ensure_indexes(database: Database) -> None:
    """Make collections and indexes that are missing. Safe to run from many processes."""
    for name, indexes in INDEXES.items():
        await database[name].create_indexes(indexes)
