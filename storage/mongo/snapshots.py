"""Reads of several things as they were at one moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from storage.mongo.client import Client, Database, PlainDatabase
from storage.mongo.deadlines import run_in_thread

Result = TypeVar("Result")
SNAPSHOT_UNAVAILABLE = 246
MOST_TRIES = 20
RETRY_SECONDS = 0.05


async def read_snapshot(
    client: Client, read: Callable[[AsyncIOMotorClientSession], Awaitable[Result]]
) -> Result:
    """Read several things as they were at one moment, without a lock.

    Args:
        client: Holds the sessions.
        read: Reads with the session; is called again where the moment lies before a change of
            the collections themselves.

    Returns:
        What ``read`` returned.

    Raises:
        PyMongoError: MongoDB cannot be reached.
    """
    tries = 0
    while True:
        tries += 1
        async with await client.start_session(snapshot=True) as session:
            try:
                return await read(session)
            except OperationFailure as error:
                if error.code != SNAPSHOT_UNAVAILABLE or tries == MOST_TRIES:
                    raise
        await asyncio.sleep(RETRY_SECONDS)


async def read_snapshot_in_thread(
    client: Client, database: Database, read: Callable[[PlainDatabase, ClientSession], Result]
) -> Result:
    """Read several things as they were at one moment, all of it within one thread.

    Each call through Motor has to wait for the event loop, and holds it up with what it decodes.

    Args:
        client: Holds the sessions.
        database: Is read.
        read: Reads with PyMongo's own database and session; may be called again.

    Raises:
        PyMongoError: MongoDB cannot be reached, or the time limit of a call was over.
    """

    async def read_in_thread(session: AsyncIOMotorClientSession) -> Result:
        return await run_in_thread(lambda: read(database.delegate, session.delegate))

    return await read_snapshot(client, read_in_thread)
