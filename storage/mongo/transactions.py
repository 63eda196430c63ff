"""Durable transactions that are tried again, on the event loop or in one thread."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from pymongo.client_session import ClientSession
from pymongo.errors import OperationFailure, PyMongoError, ServerSelectionTimeoutError

from storage.mongo.client import COMMITTED, DURABLE, Client, Session
from storage.mongo.threads import run_in_thread

Result = TypeVar("Result")

MAX_TRANSACTION_SECONDS = 30.0
# Labels that MongoDB gives to errors after which a transaction, or its commit, can be tried again.
TRANSIENT = "TransientTransactionError"
UNKNOWN_COMMIT = "UnknownTransactionCommitResult"
WRITE_CONFLICT = 112
PAUSE_SECONDS = 0.002
MAX_PAUSE_SECONDS = 0.1


async def run_transaction(client: Client, write: Callable[[Session], Awaitable[Result]]) -> Result:
    """Run a transaction, and try it again after a conflict or a restart of MongoDB.

    The client's time limit for one call is the limit for all attempts together.

    Returns:
        The value that ``write``, which may run several times, returned last.

    Raises:
        PyMongoError: Nothing was written or, rarely, the answer to the commit was lost.
    """
    async with await client.start_session() as session:
        return await run_transaction_in(session, client, write)


async def run_transaction_in(
    session: Session, client: Client, write: Callable[[Session], Awaitable[Result]]
) -> Result:
    """Run a transaction in an existing session; see :func:`run_transaction`."""
    attempts = _Attempts(client)
    while True:
        try:
            async with session.start_transaction(COMMITTED, DURABLE):
                result = await write(session)
                await _commit(session, attempts)
        except PyMongoError as error:
            attempts.check(error, TRANSIENT)
            await attempts.pause()
        else:
            return result


class Contested(Exception):
    """Another transaction writes a document that this one writes; nothing was written."""


async def run_transaction_in_thread(
    client: Client, write: Callable[[ClientSession], Result], *, is_patient: bool = True
) -> Result:
    """Run a transaction as :func:`run_transaction` does, with each attempt in one thread.

    The client's time limit for one call is the limit for each attempt.

    Args:
        is_patient: Whether it is tried again after a conflict with another transaction.

    Raises:
        Contested: There was a conflict, and it is not patient.
        PyMongoError: Nothing was written or, rarely, the answer to the commit was lost.
    """
    attempts = _Attempts(client)

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
                    attempts.check(error, UNKNOWN_COMMIT)
                else:
                    return result

    while True:
        try:
            return await run_in_thread(attempt)
        except PyMongoError as error:
            attempts.check(error, TRANSIENT)
            is_conflict = isinstance(error, OperationFailure) and error.code == WRITE_CONFLICT
            if is_conflict and not is_patient:
                raise Contested from error
            await attempts.pause()


class _Attempts:
    """The deadline of a transaction, and the pauses between its attempts."""

    def __init__(self, client: Client) -> None:
        seconds = client.delegate.options.timeout or MAX_TRANSACTION_SECONDS
        self._deadline = time.monotonic() + seconds
        self._pause_seconds = 0.0

    def check(self, error: PyMongoError, label: str) -> None:
        """Raise an error that cannot be tried again, or not within the deadline."""
        if isinstance(error, ServerSelectionTimeoutError):
            raise error  # This attempt has waited for a server for as long as it may.
        if not error.has_error_label(label) or time.monotonic() >= self._deadline:
            raise error

    async def pause(self) -> None:
        """Wait for a random time, so that transactions in conflict do not meet again."""
        self._pause_seconds = min(self._pause_seconds + PAUSE_SECONDS, MAX_PAUSE_SECONDS)
        await asyncio.sleep(random.uniform(0, self._pause_seconds))  # noqa: S311


async def _commit(session: Session, attempts: _Attempts) -> None:
    while True:
        try:
            await session.commit_transaction()
        except PyMongoError as error:
            attempts.check(error, UNKNOWN_COMMIT)
        else:
            return
