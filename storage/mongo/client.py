"""The database: its collections, their indexes, and how it is reached."""

from datetime import datetime
from typing import Any

import pymongo.database
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.mongo.deadlines import limit_calls
from storage.settings import StoreSettings

Session = AsyncIOMotorClientSession
"""What ties writes into one transaction."""

Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]
PlainDatabase = pymongo.database.Database[Document]
"""What PyMongo itself has, for use within one of Motor's threads."""

# A ticket, and whatever a client was told has happened, survives any crash.
DURABLE = WriteConcern("majority", j=True)
COMMITTED = ReadConcern("majority")


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
