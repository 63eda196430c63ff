"""The client of MongoDB, and the types of what it gives."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import msgspec
from motor.motor_asyncio import (
    AsyncIOMotorClient,
    AsyncIOMotorClientSession,
    AsyncIOMotorCollection,
    AsyncIOMotorDatabase,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from storage.mongo.elections import await_commits_of_primaries
from storage.mongo.server_clock import ServerClock
from storage.mongo.threads import limit_calls
from storage.settings import StoreSettings

Session = AsyncIOMotorClientSession
Document = dict[str, Any]
Client = AsyncIOMotorClient[Document]
Database = AsyncIOMotorDatabase[Document]
Collection = AsyncIOMotorCollection[Document]
Struct = TypeVar("Struct", bound=msgspec.Struct)
Item = TypeVar("Item")

# Tickets, and all that a client is notified of, survive any crash.
DURABLE = WriteConcern("majority", j=True)
COMMITTED = ReadConcern("majority")


def connect_mongo(settings: StoreSettings, clock: ServerClock | None = None) -> Client:
    """Make a client. It connects with the first call, and keeps the clock set.

    Writes wait for the primary alone unless a caller asks for :data:`DURABLE`. The oplog of a
    replica set is one sequence, so a durable write makes all writes before it durable too.
    """
    limit_calls(settings.store_timeout_seconds)
    await_commits_of_primaries()
    return AsyncIOMotorClient(
        settings.mongodb_url,
        appname="minilab",
        tz_aware=True,
        w=1,
        retryWrites=True,
        # A server that is silent for the sum of these two is known to be away. A stream of answers
        # would need a second connection that measures its delay, and twice the commands.
        serverMonitoringMode="poll",
        heartbeatFrequencyMS=1_500,
        connectTimeoutMS=3_000,
        event_listeners=[clock or ServerClock()],
        # It also limits the wait for a primary, and is longer than an election (12 s by default).
        timeoutMS=int(settings.store_timeout_seconds * 1000),
    )


def read_struct(document: Document, kind: type[Struct]) -> Struct:
    """Read the fields of a struct from a document; its ``id`` is the document's ``_id``."""
    return msgspec.convert({**document, "id": document["_id"]}, kind)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Cut items into lists of a size, as ``itertools.batched`` of Python 3.12 does."""
    source = iter(items)
    while batch := list(islice(source, size)):
        yield batch


async def read_clock(database: Database) -> datetime:
    """Read MongoDB's clock, which all processes follow; UTC."""
    hello = await database.command("hello", codec_options=database.codec_options)
    now: datetime = hello["localTime"]
    return now
