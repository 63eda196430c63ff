"""Transactions that are tried again, in one thread or on the event loop."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from motor.motor_asyncio import AsyncIOMotorClientSession
from pymongo.client_session import ClientSession
from pymongo.errors import PyMongoError

from storage.mongo.client import COMMITTED, DURABLE, Client
from storage.mongo.deadlines import run_in_thread

Result = TypeVar("Result")

MAX_TRANSACTION_SECONDS = 30.0

TRANSIENT = "TransientTransactionError"

UNKNOWN_COMMIT = "UnknownTransactionCommitResult"

PAUSE_SECONDS = 0.002

MAX_PAUSE_SECONDS = 0.1


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
