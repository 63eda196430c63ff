"""Requests that are sent again: the same key gives the same answer, for a day.

Times are those of MongoDB's clock, so that processes whose clocks differ agree on who holds a
key and on when it is free again.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import msgspec
from pymongo import ASCENDING, IndexModel, ReturnDocument, UpdateOne
from pymongo.client_session import ClientSession
from pymongo.errors import DuplicateKeyError

from domain.errors.requests import IdempotencyKeyInUse, IdempotencyTakenOver
from storage.clock import new_id
from storage.mongo.client import DURABLE, Client, Database, Document, Session
from storage.mongo.threads import PlainDatabase
from storage.mongo.transactions import run_transaction

# A request that died with its process blocks its key for no longer than this.
RUNNING_SECONDS = 60.0
IDEMPOTENCY_INDEXES = {
    "idempotency": [
        IndexModel([("expires_at", ASCENDING)], expireAfterSeconds=0),
        IndexModel([("answered.job_id", ASCENDING)], sparse=True),
    ],
}

Made = TypeVar("Made")
Creation = Callable[[Session | None], Awaitable[Made]]
"""Creates an object, within a transaction if one is given."""


class Attempt(msgspec.Struct, frozen=True):
    """The right to answer a key for the first time.

    Attributes:
        record_id: Owner, route and key together, hashed.
        token: This attempt's own.
        kept_seconds: How long its answer will be kept.
    """

    record_id: str
    token: str
    kept_seconds: float


class Answered(msgspec.Struct, frozen=True):
    """What a key was answered with.

    Attributes:
        fingerprint: What was asked, hashed.
        job_id: The job that was made, if it was one.
        status: HTTP status of the answer; None if the process died before it was kept.
        headers: Of the answer.
        body: Of the answer; what was made, where the answer itself holds a secret.
        token: Of the attempt that was answered.
    """

    fingerprint: str
    job_id: str = ""
    status: int | None = None
    headers: dict[str, str] = msgspec.field(default_factory=dict)
    body: bytes = b""
    token: str = ""


class Idempotency:
    """Remembers which keys were used, and what for.

    Args:
        client: For transactions.
        database: Holds everything.
        kept_seconds: How long an answer is kept.
    """

    def __init__(self, client: Client, database: Database, kept_seconds: float) -> None:
        self._client = client
        self._database = database
        self._records = database["idempotency"].with_options(write_concern=DURABLE)
        self._kept_seconds = kept_seconds

    async def begin(self, record_id: str) -> Attempt | Answered:
        """Take a key, or find what it was answered with.

        Args:
            record_id: Owner, route and key together, hashed.

        Raises:
            IdempotencyKeyInUse: The first request with this key is still running.
        """
        token = new_id()
        try:
            record = await self._take_if_free(record_id, token)
        except DuplicateKeyError:  # Another request was taking it in the same moment.
            record = await self._take_if_free(record_id, token)
        if record["token"] == token:
            return Attempt(record_id, token, self._kept_seconds)
        if record["answered"] is None:
            raise IdempotencyKeyInUse
        answered = msgspec.convert(record["answered"], Answered)
        return msgspec.structs.replace(answered, token=record["token"])

    async def find(self, record_id: str) -> Answered | None:
        """Find what a key was answered with, without taking it; None if it was not."""
        record = await self._records.find_one({"_id": record_id, "answered": {"$ne": None}})
        if record is None:
            return None
        answered = msgspec.convert(record["answered"], Answered)
        return msgspec.structs.replace(answered, token=record["token"])

    async def renew(self, attempt: Attempt) -> None:
        """Hold on to a key while its request runs."""
        await self._records.update_one(
            _running(attempt), [{"$set": {"expires_at": _in_seconds(RUNNING_SECONDS)}}]
        )

    async def abandon(self, attempt: Attempt) -> None:
        """Give a key back whose request ended without a ticket: it may be tried again."""
        await self._records.delete_one(_running(attempt))

    async def keep_answer(
        self, attempt: Attempt, status: int, headers: dict[str, str], body: bytes
    ) -> None:
        """Keep the very answer that was given."""
        answer = {"status": status, "headers": dict(headers), "body": body}
        await self._records.update_one(
            {"_id": attempt.record_id, "token": attempt.token, "answered": {"$ne": None}},
            {"$set": {f"answered.{name}": value for name, value in answer.items()}},
        )

    async def create(
        self, attempt: Attempt, fingerprint: str, write: Callable[[Session], Awaitable[Made]]
    ) -> Made:
        """Make something, and keep in the same transaction what the key was answered with.

        Args:
            attempt: The right to do so.
            fingerprint: What was asked, hashed.
            write: Makes it within the session; may be called several times.

        Returns:
            What was made.

        Raises:
            IdempotencyTakenOver: Another request took the key meanwhile; nothing was made.
        """

        async def write_and_answer(session: Session) -> Made:
            made = await write(session)
            answered = Answered(fingerprint, body=msgspec.json.encode(made))
            written = await self._database["idempotency"].update_one(
                *_answering(attempt, answered), session=session
            )
            if not written.modified_count:
                raise IdempotencyTakenOver
            return made

        return await run_transaction(self._client, write_and_answer)

    async def _take_if_free(self, record_id: str, token: str) -> Document:
        is_free = {"$lte": [{"$ifNull": ["$expires_at", "$$NOW"]}, "$$NOW"]}
        fresh = {
            "token": token,
            "expires_at": _in_seconds(RUNNING_SECONDS),
            "answered": None,
        }
        record: Document = await self._records.find_one_and_update(
            {"_id": record_id},
            [
                {
                    "$set": {
                        name: {"$cond": [is_free, value, f"${name}"]}
                        for name, value in fresh.items()
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        return record


def answer_keys(
    database: PlainDatabase,
    session: ClientSession,
    answered: Sequence[tuple[Attempt, Answered]],
) -> None:
    """Write, in the transaction that makes what was asked for, that keys are answered.

    Raises:
        IdempotencyTakenOver: A request was so slow that another one took its key.
    """
    if not answered:
        return
    writes = [UpdateOne(*_answering(attempt, answer)) for attempt, answer in answered]
    result = database["idempotency"].bulk_write(writes, ordered=False, session=session)
    if result.modified_count != len(writes):
        raise IdempotencyTakenOver


def _answering(attempt: Attempt, answer: Answered) -> tuple[Document, list[Document]]:
    """Make the query and the update that note an answer."""
    fields = {
        "answered": {"$literal": _document(answer)},
        "expires_at": _in_seconds(attempt.kept_seconds),
    }
    return _running(attempt), [{"$set": fields}]


def _running(attempt: Attempt) -> Document:
    return {"_id": attempt.record_id, "token": attempt.token, "answered": None}


def _in_seconds(seconds: float) -> Document:
    return {"$add": ["$$NOW", int(seconds * 1000)]}


def _document(answer: Answered) -> Document:
    document: Document = msgspec.to_builtins(answer, builtin_types=(bytes,))
    return document
