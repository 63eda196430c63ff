"""Snapshots: several reads of the data as it was at one moment, without locks."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure

from storage.mongo.client import Client, Database, Session
from storage.mongo.threads import PlainDatabase, run_with_session

Result = TypeVar("Result")
SNAPSHOT_UNAVAILABLE = 246
MOST_TRIES = 20
RETRY_SECONDS = 0.05


async def read_snapshot(client: Client, read: Callable[[Session], Awaitable[Result]]) -> Result:
    """Read in a snapshot.

    ``read`` runs again if a collection or an index was created after the moment of the snapshot.
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
    """Read in a snapshot, all of it in one thread; see :func:`read_snapshot`.

    Raises:
        PyMongoError: MongoDB cannot be reached, or the time limit was over.
    """
    return await read_snapshot(client, lambda session: run_with_session(database, session, read))
